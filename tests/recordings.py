"""A recording of Playwright's recorder, as a person made it in the portal, and what was entered."""

from pathlib import Path
from typing import Any

FIRST: dict[str, Any] = {
    "number": "PO-REC-1",
    "order_date": "2026-11-03",
    "supplier": "Kestrel Industrial Parts Inc",
    "currency": "EUR",
    "lines": [
        {
            "code": "A-1",
            "description": "Paper A4",
            "quantity": "10",
            "unit_price": "2.50",
            "amount": "25.00",
        },
        {
            "code": "B-2",
            "description": "Ink",
            "quantity": "3",
            "unit_price": "7.25",
            "amount": "21.75",
        },
    ],
    "tax": "5.00",
    "total": "51.75",
}
SECOND: dict[str, Any] = {
    "number": "PO-REC-2",
    "order_date": "2026-12-01",
    "supplier": "Lakeside Packaging Ltd",
    "currency": "USD",
    "lines": [
        {
            "code": f"C-{number}",
            "description": f"Box {number}",
            "quantity": f"{number}",
            "unit_price": "4.00",
            "amount": f"{4 * number}.00",
        }
        for number in (1, 2, 3)
    ],
    "tax": "0.00",
    "total": "24.00",
}


def portal_script(url: str) -> str:
    """Return the recording, made on the portal at *url*; its passing clicks and keys included."""
    text = Path(__file__).with_name("portal_recording.txt").read_text(encoding="utf-8")
    return text.replace("PORTAL", url)
