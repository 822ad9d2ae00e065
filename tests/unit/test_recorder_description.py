"""From what was met on a page to a target's description and a bot; no browser is needed."""

import subprocess
import sys
from pathlib import Path

import pytest

from clerkwork.browser.recorder.describe import describe
from clerkwork.browser.recorder.walk import RecordedControl, RecordLookup, ReplayedPath, within_host
from clerkwork.browser.recorder.write import mark_verified, refuse_present, target_text, write
from clerkwork.errors import UsageError

PAYLOAD = {
    "number": "A-7",
    "due": "2026-11-03",
    "express": True,
    "lines": [{"code": "X", "pieces": 3}, {"code": "Y", "pieces": 4}],
    "note": "as ever",
}
PARTS = {
    "number": "A-7",
    "due": "2026-11-03",
    "express": "yes",
    "lines.0.code": "X",
    "lines.0.pieces": "3",
    "lines.1.code": "Y",
    "lines.1.pieces": "4",
    "note": "as ever",
}


def field(words: str, value: str, **facts) -> RecordedControl:
    return RecordedControl(kind="field", words=words, value=value, place="/new", **facts)


def button(words: str, place: str = "/new") -> RecordedControl:
    return RecordedControl(kind="button", words=words, place=place)


LOGIN = [
    RecordedControl(kind="field", words="User", value="clerk", place="/login"),
    RecordedControl(kind="field", words="Password", value="geheim", place="/login", secret=True),
    button("Log in", "/login"),
]
FORM = [
    button("Begin"),
    field("Reference", "A-7"),
    field("Due on", "03.11.2026"),
    field("Express", "yes"),
    button("More"),
    field("Article", "X", line=0),
    field("Pieces", "3", line=0),
    button("More"),
    field("Article", "Y", line=1),
]
COMPUTED = [field("Pieces", "4", line=1, computed=True), field("Page", "1", computed=True)]


def walked(before: list[RecordedControl], computed: list[RecordedControl]) -> ReplayedPath:
    return ReplayedPath(
        before=tuple(before),
        computed=tuple(computed),
        submit=("Save", "Confirm"),
        lookup=RecordLookup(address="/list?q={reference}", column="Reference", own="Number"),
    )


def test_recording_becomes_the_keys_of_a_target():
    """Values become fields by the sample; what the sample lacks on the form is said."""
    found = describe(walked([*LOGIN, *FORM], COMPUTED), PARTS, "number")
    assert (found.username, found.password, found.missing, found.keys) == (
        "clerk",
        "geheim",
        ("note",),
        {
            "login": {"user": "User", "password": "Password", "button": "Log in"},
            "search": {
                "address": "/list?q={reference}",
                "column": "Reference",
                "confirmation": "Number",
            },
            "form": {
                "reference": "number",
                "address": "/new",
                "open": ["Begin"],
                "fields": {
                    "number": "Reference",
                    "due": {"words": "Due on", "dates": "%d.%m.%Y"},
                    "express": "Express",
                },
                "lines": {
                    "item": "lines",
                    "add": "More",
                    "fields": {"code": "Article", "pieces": "Pieces"},
                },
                "submit": ["Save", "Confirm"],
                "confirmation": "Number",
            },
        },
    )


@pytest.mark.parametrize(
    ("met", "problem"),
    [
        (field("Cost centre", "4711"), "Cost centre was filled with '4711', which is not a value"),
        (field("Zyx", "5"), "shows '5', which the sample contains more than once"),
    ],
)
def test_field_whose_value_tells_no_part_is_refused(met, problem):
    """A bot that types the sample's values into every record would be worse than none."""
    parts = {"number": "A-7", "one": "5", "other": "5"}
    with pytest.raises(UsageError, match=problem):
        describe(walked([field("Reference", "A-7"), met], []), parts, "number")


def test_equal_values_are_told_by_what_their_fields_are_called():
    """Quantity and price may both be 5; the words on the page say which is which."""
    parts = {"number": "A-7", "unit_price": "5", "quantity": "5"}
    form = [field("Reference", "A-7"), field("Qty", "5"), field("Price each", "5")]
    keys = describe(walked(form, []), parts, "number").keys
    assert keys["form"]["fields"] == {
        "number": "Reference",
        "unit_price": "Price each",
        "quantity": "Qty",
    }


def test_password_is_in_no_file():
    """The target names a variable of the environment instead."""
    found = describe(walked([*LOGIN, *FORM], COMPUTED), PARTS, "number")
    text = target_text("suppliers", "http://host", found)
    assert ("geheim" in text, "${CLERKWORK_SUPPLIERS_PASSWORD}" in text) == (False, True)


def test_written_bot_passes_the_linter(tmp_path):
    """What the recorder writes is held to the rules of everything else."""
    found = describe(walked([*LOGIN, *FORM], COMPUTED), PARTS, "number")
    (tmp_path / "bots").mkdir()
    (tmp_path / "bots" / "__init__.py").write_text('"""The bots."""\n', encoding="utf-8")
    write(tmp_path, "suppliers", "http://host", PAYLOAD, found)
    rules = ["--config", str(Path(__file__).parents[2] / "pyproject.toml"), "--no-cache"]
    checks = [["check", *rules, str(tmp_path)], ["format", "--check", *rules, str(tmp_path)]]
    done = [
        subprocess.run(
            [sys.executable, "-m", "ruff", *check], capture_output=True, text=True, check=False
        )
        for check in checks
    ]
    assert [(one.returncode, one.stdout) for one in done] == [
        (0, "All checks passed!\n"),
        (0, "3 files already formatted\n"),
    ]


def test_target_claims_a_replay_only_after_it(tmp_path):
    """The file of a recording that failed does not say that it is proved."""
    found = describe(walked([*LOGIN, *FORM], COMPUTED), PARTS, "number")
    file = write(tmp_path, "suppliers", "http://host", PAYLOAD, found)[0]
    before = file.read_text("utf-8")
    mark_verified(tmp_path, "suppliers")
    after = file.read_text("utf-8")
    heads = [text.partition("\n")[0] for text in (before, after)]
    assert (heads, before.splitlines()[1:] == after.splitlines()[1:]) == (
        [
            "# Recorded, NOT verified yet: no second sample has been entered with it and compared.",
            "# Recorded and verified: a second sample was entered with it and compared.",
        ],
        True,
    )


@pytest.mark.parametrize(
    ("name", "problem"), [("Vendor", "is not a valid name"), ("here", "exists")]
)
def test_nothing_is_overwritten(tmp_path, name, problem):
    """A name that is taken, or none, is refused before anybody begins to record."""
    (tmp_path / "bots" / "here").mkdir(parents=True)
    with pytest.raises(UsageError, match=problem):
        refuse_present(tmp_path, name)


@pytest.mark.parametrize(
    "place", ["/new", "/", "/list?ref=A-7", "/#po/model/purchase.purchase", "/app?a=1#/orders/new"]
)
def test_address_keeps_what_follows_its_host(place):
    """In a single-page application, the part after the # selects the page."""
    assert within_host(f"https://erp.example.org:8443{place}") == place
