"""Books expense claims: small ones automatically, large ones after a review by a person."""

from pydantic import BaseModel

from clerkwork import Run, bot

LIMIT = 100


class Claim(BaseModel):
    number: str
    purpose: str
    amount: float


class Booking(BaseModel):
    text: str


def book(claim: Claim) -> Booking:
    return Booking(text=f"{claim.number} {claim.purpose}: {claim.amount:.2f}")


@bot()
def expenses(claim: Claim, run: Run) -> Booking:
    """Book one expense claim."""
    small, doubt = claim.amount <= LIMIT, "{amount} is over the limit."
    claim = run.check(claim, small, "over_limit", doubt, fields=["amount"], amount=claim.amount)
    return run.step("book", book, claim)
