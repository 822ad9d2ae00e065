"""Reading a recording and telling its parts; no browser is needed."""

import pytest

from clerkwork.browser.recorder.plan import plan_recording
from clerkwork.browser.recorder.sample import day_format, parts_of, shows_value
from clerkwork.browser.recorder.script import Act, read_script
from clerkwork.errors import UsageError
from tests import recordings


def script(*lines: str) -> str:
    return "\n".join(["def run(playwright):", *[f"    {line}" for line in lines]])


def read(*lines: str) -> list[Act]:
    return read_script(script(*lines), "recorded.py")


def test_only_the_last_choice_of_a_list_that_is_typed_into_counts():
    """Letters typed in a list are recorded one by one; pressed again, they would choose another."""
    acts = read(
        'page.get_by_label("Currency").click()',
        'page.get_by_label("Currency").select_option("SGD")',
        'page.get_by_label("Currency").press("E")',
        'page.get_by_label("Currency").select_option("EUR")',
        'page.get_by_label("Currency").press("Tab")',
    )
    assert [(act.kind, act.text) for act in acts] == [("choose", "EUR")]


def test_text_that_was_typed_twice_into_a_field_counts_once():
    """A correction on the way is not the person's last word."""
    acts = read('page.get_by_label("Tax").fill("4")', 'page.get_by_label("Tax").fill("5.00")')
    assert [act.text for act in acts] == ["5.00"]


def test_enter_is_kept_because_it_sends_a_form():
    """Other keys move about; this one does something."""
    acts = read('page.locator("#q").fill("A")', 'page.locator("#q").press("Enter")')
    assert [act.kind for act in acts] == ["fill", "press"]


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("page.evaluate('1')", "recorded.py:2: `page.evaluate('1')`"),
        ("import os", "recorded.py:2: `import os`"),
        ("page.get_by_label(open('x').read()).click()", "recorded.py:2: "),
        ("with page.expect_popup() as popup: pass", "recorded.py:2: `with page.expect_popup()"),
        ("(", "recorded.py:2: this is not a script"),
    ],
)
def test_script_that_does_anything_else_is_refused_by_its_line(line, named):
    """The script is read and never run; what is not understood is not skipped."""
    with pytest.raises(UsageError) as caught:
        read(line)
    assert str(caught.value).startswith(named)


@pytest.mark.parametrize(
    ("shown", "value", "same"),
    [
        ("1,250.00", "1250", True),
        ("11/03/2026", "2026-11-03", True),
        ("2026年11月03日", "2026-11-03", True),
        ("Kest", "Kestrel", False),
        ("10", "10.5", False),
        ("", "0", False),
    ],
)
def test_value_is_known_however_the_page_writes_it(shown, value, same):
    """Numbers and days are compared as such, everything else as text."""
    assert shows_value(shown, value) is same


def test_day_keeps_the_way_it_was_written():
    """The target's description says how the page wants a day."""
    assert day_format("03.11.2026", "2026-11-03") == "%d.%m.%Y"


def test_recording_is_cut_where_the_record_is_stored():
    """The reference is the value typed a second time, for the lookup."""
    parts = parts_of(recordings.FIRST)
    plan = plan_recording(
        read_script(recordings.portal_script("http://host"), "recorded.py"), parts
    )
    assert (
        plan.reference,
        plan.before[-1].text,
        [act.kind for act in plan.after],
        plan.search,
    ) == ("number", "5.00", ["click", "click", "fill", "click", "click"], 2)


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (['page.get_by_label("Tax").fill("9")'], "enters no values of the sample"),
        (
            [
                'page.get_by_label("Order number").fill("PO-REC-1")',
                'page.get_by_label("Tax").fill("5.00")',
                'page.get_by_role("button", name="Save").click()',
            ],
            "ends without a lookup",
        ),
    ],
)
def test_recording_that_proves_nothing_is_refused(lines, problem):
    """What was entered has to be the sample, and has to be found again."""
    with pytest.raises(UsageError, match=problem):
        plan_recording(read(*lines), parts_of(recordings.FIRST))


def test_lines_that_are_written_in_one_form_are_for_a_person_to_describe():
    """As Tryton's web client records them: a pop-up whose fields serve every line."""
    product = 'page.get_by_role("textbox", name="Product:", exact=True)'
    lines = [
        line
        for entry in recordings.FIRST["lines"]
        for line in (
            f'{product}.fill("{entry["code"]}")',
            'page.get_by_role("button", name="Add and New").click()',
        )
    ]
    search = 'page.get_by_role("combobox", name="Search").fill("PO-REC-1")'
    with pytest.raises(UsageError, match=r"lines 3 and 5 of the recording .* `entry: single`"):
        plan_recording(
            read('page.get_by_label("Reference:").fill("PO-REC-1")', *lines, search),
            parts_of(recordings.FIRST),
        )
