"""What bots raise: a code, a sentence and its facts."""

import pickle

import pytest

from clerkwork import ApplicationException, BusinessException


@pytest.mark.parametrize("kind", [ApplicationException, BusinessException])
def test_fact_may_be_called_code(kind):
    """It appears in the sentence and does not replace the exception's code."""
    error = kind("unknown_item", "There is no {code} in {place}.", code="A-4", place="Leeds")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - made here
    assert (again.code, again.message, str(again)) == (
        "unknown_item",
        "There is no A-4 in {place}.",
        "There is no A-4 in Leeds.",
    )
