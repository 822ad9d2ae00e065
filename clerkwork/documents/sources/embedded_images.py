"""The pictures on a page of a PDF."""

import pypdfium2 as pdfium
from pypdfium2 import raw

HOLDING = frozenset({raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_FORM})
DEPTH = 3


def pictures_on(page: pdfium.PdfPage) -> list[pdfium.PdfObject]:
    """Return the pictures on a page, those inside its forms too.

    Most pages have none, which is found without an object for each of a thousand pieces of text.
    """
    every = range(raw.FPDFPage_CountObjects(page.raw))
    kinds = {raw.FPDFPageObj_GetType(raw.FPDFPage_GetObject(page.raw, place)) for place in every}
    if not kinds & HOLDING:
        return []
    return list(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=DEPTH))
