// What the scripts keep in the pages that they run in, and what vendored libraries offer.

type PageElement = import("../../clerkwork/browser/locate/dom.js").PageElement;

interface Element {
  /** Of a frame: the headings around it, for the search in the frame. */
  __clerkworkHeadings?: string[];
}

interface Window {
  /** The elements of the last search, by their place in its answer. */
  __clerkworkFound: PageElement[];
  /** The choices that were read last. */
  __clerkworkOffered: PageElement[];
  /** The rows of tables that were read last. */
  __clerkworkRows: PageElement[];
  /** The field that takes what is typed next. */
  __clerkworkTyping?: PageElement;
  /** The guard of the last click. */
  __clerkworkAim?: { missed: boolean; done: () => void };
  __clerkworkSettled?: (limit: number) => Promise<boolean>;
  __clerkworkAsking?: () => boolean;
  /** Whether the messages of this document are watched. */
  __clerkworkTells?: boolean;
  /** Reports a message to Python. */
  __clerkworkTell: (line: string) => void;
}

/** The chart library, as far as the console uses it. */
declare const uPlot: {
  new (options: {
    width: number;
    height: number;
    tzDate: (at: number) => Date;
    scales: object;
    axes: { values?: (chart: unknown, at: number[]) => string[]; [key: string]: unknown }[];
    series: { value?: (chart: unknown, at: number | null) => string; [key: string]: unknown }[];
  }, data: unknown[], place: Element): unknown;
  tzDate: (date: Date, zone: string) => Date;
};
