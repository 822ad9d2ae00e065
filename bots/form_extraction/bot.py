"""The rules of form extraction: when a document needs a review, and why.

The toolkit reads the document, with a confidence and a reason for each field. This bot decides
whether a person is asked. All questions about one document are asked at once.
"""

from typing import Any

from pydantic import ValidationError

from clerkwork import Document, Extraction, FieldEvidence, PurchaseOrder, Run, bot

ORDERS = ("purchase_order", "invoice")
NOT_AN_ORDER = "{name} does not look like an order or an invoice."
MISSING_FIELD = "Not everything that an order needs was found in {name}: {missing}."
SUM_MISMATCH = "The amounts in {name} do not add up."
LOW_CONFIDENCE = "{count} fields of {name} were not read with certainty."


@bot(queue="ocr")
def form_extraction(document: Document, run: Run) -> PurchaseOrder:
    """Read an order or invoice into a purchase order."""
    extraction = run.read_document(document)
    shown = nested(extraction.fields)
    doubtful = extraction.doubtful()
    order, wrong = validated(shown)
    if order is None:
        code, message = _why_incomplete(extraction)
        return run.ask(
            PurchaseOrder,
            code,
            message,
            shown=shown,
            fields=list(dict.fromkeys([*wrong, *doubtful])),
            evidence=extraction,
            name=document.name,
            missing=", ".join(wrong),
        )
    gaps = order.gaps()
    return run.check(
        order,
        not gaps and not doubtful,
        "sum_mismatch" if gaps else "low_confidence",
        SUM_MISMATCH if gaps else LOW_CONFIDENCE,
        fields=list(dict.fromkeys([*gaps, *doubtful])),
        evidence=extraction,
        name=document.name,
        count=len(doubtful),
    )


def nested(fields: list[FieldEvidence]) -> dict[str, Any]:
    """Return the extracted values as the JSON data of an order, without the empty ones."""
    shown: dict[str, Any] = {}
    for field in fields:
        if field.path.split(".")[0] not in PurchaseOrder.model_fields:
            continue  # a field of another template
        if not field.path.startswith("lines."):
            shown |= {field.path: field.value} if field.value else {}
            continue
        _, index, name = field.path.split(".")
        lines = shown.setdefault("lines", [])
        lines += [{} for _ in range(int(index) + 1 - len(lines))]
        if field.value:
            lines[int(index)][name] = field.value
    return shown


def validated(shown: dict[str, Any]) -> tuple[PurchaseOrder | None, list[str]]:
    """Return the order, or None and the paths of the invalid or missing fields."""
    try:
        return PurchaseOrder.model_validate(shown), []
    except ValidationError as error:
        paths = [".".join(map(str, problem["loc"])) for problem in error.errors()]
        return None, list(dict.fromkeys(paths))


def _why_incomplete(extraction: Extraction) -> tuple[str, str]:
    found = extraction.values()
    if extraction.kind not in ORDERS and "number" not in found and "total" not in found:
        return "not_an_order", NOT_AN_ORDER
    return "missing_field", MISSING_FIELD
