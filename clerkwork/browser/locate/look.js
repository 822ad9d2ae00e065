// What is known of one frame while it is searched; each search starts with nothing.

/** @typedef {import("./dom.js").PageElement} PageElement */

/**
 * The edges of a rectangle in the view, in pixels.
 *
 * @typedef {{left: number, top: number, right: number, bottom: number}} Box
 */

/**
 * What the layout says of an element.
 *
 * @typedef {object} Layout
 * @property {boolean} clips It cuts off what reaches beyond it.
 * @property {boolean} fixed It stays where it is when the page is scrolled.
 * @property {string} position Its CSS position.
 * @property {boolean} rtl Its lines run from right to left.
 * @property {boolean} hidden It is clipped to nothing.
 * @property {boolean} shut It clips and has no size, so that nothing in it is shown.
 */

/**
 * A visible text in one block and line.
 *
 * @typedef {object} TextRun
 * @property {PageElement} block The nearest block around it.
 * @property {PageElement} parent The element that it is in.
 * @property {string} text
 * @property {string} sign The tooltip of a sign without words, or "".
 * @property {number} at How many fields come before it.
 * @property {boolean} heading Whether it is in a heading.
 * @property {Box} box
 * @property {number} owner The only field in its block, or -1.
 */

/**
 * A heading and the part of the page that it names.
 *
 * @typedef {object} Heading
 * @property {PageElement} heading
 * @property {PageElement | null} scope The smallest element around it that has fields.
 * @property {string} text
 */

/**
 * A visible field.
 *
 * @typedef {object} SeenField
 * @property {PageElement} element
 * @property {Heading[]} headings Those that name a part of the page around it, the nearest last.
 */

/**
 * @typedef {object} Look
 * @property {Map<Element, Layout>} layouts
 * @property {Map<Element, [number, number]>} moved Scroll positions to put back.
 * @property {SeenField[]} fields In the order of the document.
 * @property {TextRun[]} texts In the order of the document.
 * @property {TextRun | null} run The text that the next one may continue.
 * @property {Heading[]} headings
 * @property {string[]} inherited The headings around this frame.
 * @property {Map<Element, number>} inside How many fields an element has.
 * @property {DOMRect[]} boxes Those of the fields.
 * @property {Element[]} grids Numbered by their place in this list.
 * @property {Set<Element | null>} filled The lines of grids that have fields.
 * @property {Map<string, number>} shared How many fields have a text in their block.
 * @property {Map<Element, number>} numbers Of the elements around fields.
 */

/**
 * Returns a look at a frame of which nothing is known.
 *
 * @returns {Look}
 */
export function newLook() {
  return {
    layouts: new Map(), moved: new Map(), fields: [], texts: [], run: null, headings: [],
    inherited: [], inside: new Map(), boxes: [], grids: [], filled: new Set(), shared: new Map(),
    numbers: new Map(),
  };
}
