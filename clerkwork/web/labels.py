"""Names of states, outcomes, decisions, reasons and events for people."""

import re

from clerkwork.errors import fill
from clerkwork.insight.kpi import Kpi
from clerkwork.insight.metrics import KpiFigure
from clerkwork.intake.rejection_note import chinese, chinese_reason
from clerkwork.model.work.field_types import DATE_EXPECTED
from clerkwork.web.i18n import N_, gettext, language

STATES = {
    "waiting": N_("Waiting"),
    "running": N_("Running"),
    "postponed": N_("Postponed"),
    "in_review": N_("In review"),
    "done": N_("Done"),
    "rejected": N_("Rejected"),
    "returned": N_("Returned"),
    "cancelled": N_("Cancelled"),
    "expired": N_("Expired"),
}
OUTCOMES = {
    "by_bot": N_("By the bot alone"),
    "assisted": N_("By the bot, with a person"),
    "by_hand": N_("By hand"),
    "rejected": N_("Rejected"),
    "returned": N_("Returned"),
    "cancelled": N_("Cancelled"),
    "expired": N_("Expired"),
}
DECISIONS = {
    "correct": N_("Corrected"),
    "return": N_("Returned to the sender"),
    "by_hand": N_("Done by hand"),
    "reject": N_("Rejected"),
}
PLANNED = {
    "started": N_("Started"),
    "ran": N_("Ran"),
    "late": N_("Ran late"),
    "skipped": N_("Skipped"),
    "merged": N_("Merged"),
    "blocked": N_("Blocked"),
}
KINDS = {
    "item_added": N_("Item added"),
    "item_merged": N_("Submitted again"),
    "item_changed": N_("Changed by a person"),
    "deadline": N_("Deadline"),
    "run_started": N_("Run started"),
    "step_started": N_("Step started"),
    "step_done": N_("Step done"),
    "effect_intent": N_("Effect: intent"),
    "effect_found": N_("Effect: found"),
    "effect_sent": N_("Effect: sent"),
    "effect_confirmed": N_("Effect: confirmed"),
    "review_opened": N_("Sent to a person"),
    "review_answered": N_("Person decided"),
    "exception": N_("Exception"),
    "postponed": N_("Postponed"),
    "taken_over": N_("Taken over"),
    "run_ended": N_("Run ended"),
    "note": N_("Note"),
    "evidence": N_("Evidence"),
    "attached": N_("File attached"),
    "healed": N_("Field found on a changed page"),
    "file_taken": N_("File taken"),
    "file_rejected": N_("File rejected"),
    "planned_run": N_("Planned run"),
    "drift": N_("Threshold raised"),
    "target": N_("Target"),
}
CODES = {
    "begun_elsewhere": N_("Unfinished record in the target"),
    "bad_row": N_("Row cannot be read"),
    "breaker_open": N_("Target fails, no items for a while"),
    "bot_error": N_("The bot failed"),
    "browser_crashed": N_("Browser failed"),
    "browser_failed": N_("Browser failed"),
    "browser_missing": N_("Browser failed"),
    "child_cpu": N_("Child process took too long"),
    "child_failed": N_("Child process failed"),
    "child_died": N_("Child process died"),
    "child_timeout": N_("Child process took too long"),
    "child_memory": N_("Child process used too much memory"),
    "confirmed_but_missing": N_("Confirmed but missing"),
    "document_rejected": N_("Document cannot be read"),
    "duplicate_document": N_("Document received before"),
    "broke_off": N_("Interrupted repeatedly"),
    "disk_full": N_("Disk nearly full"),
    "effect_busy": N_("Another item is entering it"),
    "effect_unknown": N_("May be in the target already"),
    "egress_refused": N_("Address not allowed"),
    "end_failed": N_("The attempt could not be ended"),
    "entered_by_other_step": N_("May be entered already"),
    "entered_differently": N_("Entered differently"),
    "entered_with_other_content": N_("Entered with other content"),
    "file_not_kept": N_("File cannot be kept"),
    "found_another": N_("Lookup found another record"),
    "found_twice": N_("Found twice"),
    "group_busy": N_("Its group is running"),
    "held": N_("Held for a batch"),
    "invalid_payload": N_("Data does not fit"),
    "known_after_backup": N_("Changed after the backup"),
    "known_otherwise": N_("Submitted before with other content"),
    "locator_ambiguous": N_("Field is not unique"),
    "log_unwritable": N_("Log cannot be written"),
    "login_busy": N_("All login sessions are in use"),
    "login_failed": N_("Login failed"),
    "low_confidence": N_("Low confidence"),
    "mailbox_failed": N_("Mailbox cannot be read"),
    "missing_field": N_("A required value was not found"),
    "no_confirmation": N_("Not confirmed by the target"),
    "not_an_order": N_("Not a purchase order"),
    "no_intake": N_("Intake is stopped"),
    "not_storable": N_("Result cannot be stored"),
    "unknown_FIELD": N_("Unknown value"),
    "not_before": N_("Scheduled for later"),
    "not_verified": N_("Not confirmed by the target"),
    "overdue": N_("Overdue"),
    "review_missing": N_("Its review was missing"),
    "ocr_failed": N_("Text recognition failed"),
    "ocr_missing": N_("Text recognition failed"),
    "over_limit": N_("Over the limit"),
    "page_covered": N_("Page is covered"),
    "page_timeout": N_("Took too long"),
    "page_unexpected": N_("Page is not as expected"),
    "quiet_period": N_("Waits until the target has settled"),
    "read_back_mismatch": N_("Form shows other values"),
    "recorder_failed": N_("Recording failed"),
    "repeat_refused": N_("Answer lost, not sent again"),
    "restored": N_("Waits after a restore"),
    "replay_differs": N_("Replay shows other values"),
    "sample": N_("Sample"),
    "session_lost": N_("Target system failed"),
    "sum_mismatch": N_("Sums do not add up"),
    "sums_refused": N_("Corrected sums do not add up"),
    "target_error": N_("Target system failed"),
    "target_frozen": N_("Target is frozen"),
    "target_held": N_("Target paused"),
    "target_unreachable": N_("Target cannot be reached"),
    "timeout": N_("Took longer than its time limit"),
    "unknown_currency": N_("Unknown currency"),
    "too_long": N_("Longer than the field allows"),
    "unknown_supplier": N_("Unknown supplier"),
    "worker_died": N_("Worker died repeatedly"),
    "worker_ended": N_("Worker ended"),
    "workflow_gone": N_("Its workflow is missing"),
}
MOVES = {
    "cancel": N_("Cancel the item"),
    "expire": N_("Close it as expired"),
    "edit": N_("Change its data"),
    "requeue": N_("Work on it again"),
}
MOVE_NOTES = {
    "cancel": N_("No bot works on it any more; a running item ends at its next step."),
    "expire": N_("Nobody worked on it in time; no bot works on it any more."),
    "edit": N_("The item starts again with the changed data; its open review is withdrawn."),
    "requeue": N_(
        "A waiting item continues now; any other item starts again, or after a finished step."
    ),
}
# How a run ends, where that is no state of its item.
ENDS = STATES | {
    "waits for a person": N_("Waits for a person"),
    "postponed": N_("Postponed"),
}
# What to write, by the beginning of pydantic's message; its reasons say it in the parser's words.
NUMBER, WHOLE = N_("Write a number, such as 1234.50."), N_("Write a whole number, such as 12.")
PLAIN = {
    "Input should be a valid datetime": N_("Write date and time, such as 2026-11-30 14:30."),
    "Input should be a valid date": DATE_EXPECTED,
    "Datetimes provided to dates": DATE_EXPECTED,
    "Input should be in a valid time format": N_("Write the time as HH:MM, such as 14:30."),
    "Input should be a valid decimal": NUMBER,
    "Input should be a valid number": NUMBER,
    "Input should be a finite number": NUMBER,
    "Input should be a valid integer": WHOLE,
    "Unable to parse input string as an integer": WHOLE,
    "Input should be a valid boolean": N_("Choose yes or no."),
}
CHOOSE = N_("Choose one of: {options}.")
LISTED, LISTED_OPTION = re.compile(r"Input should be (['\d-].*)", re.DOTALL), r"'[^']*'|-?\d+"
SENTENCES = ("problem", "remedy")  # facts that are sentences of the toolkit
OWN_FACTS = {"decision": DECISIONS, "end": ENDS, "state": STATES, "outcome": OUTCOMES}
SOURCES = {
    "file": N_("File"),
    "name": N_("Name"),
    "sheet": N_("Sheet"),
    "mail": N_("Mail"),
    "not_taken": N_("Not taken from this mail"),
    "row": N_("Row"),
    "rows": N_("Rows"),
    "raw": N_("As in the source"),
    "values": N_("As in the source"),
    "workflow": N_("Workflow"),
    "schedule": N_("Schedule"),
    "item": N_("Item"),
    "sha256": N_("Content address"),
}


def title(table: dict[str, str], value: str | None) -> str:
    """Return the translated title of *value* in *table*; without a title, the words of *value*."""
    if value is None:
        return ""
    return gettext(table.get(value) or value.replace("_", " ").capitalize())


def said(message: str, facts: dict[str, object]) -> str:
    """Return a message in the reader's language, with its facts filled in after translation.

    Facts that are the toolkit's own words, such as a decision, are translated too.
    """
    own = {
        name: title(table, str(facts[name])) for name, table in OWN_FACTS.items() if name in facts
    }
    if language.get() == "zh":
        own |= {name: chinese(str(facts[name])) for name in SENTENCES if name in facts}
    return fill(gettext(message), facts | own)


def kpi_title(kpi: Kpi) -> str:
    """Return the title of a KPI, in the reader's language."""
    return kpi.title_zh if language.get() == "zh" else kpi.title


def kpi_in_window(kpi: Kpi) -> str:
    """Return the title of a KPI with the days that its window covers."""
    text = gettext("%(title)s, %(n)s days") if kpi.window_days > 1 else gettext("%(title)s, today")
    return text % {"title": kpi_title(kpi), "n": kpi.window_days}


def kpi_detail(figure: KpiFigure) -> str:
    """Return the sentence below a KPI's figure, in the reader's language."""
    detail = figure.kpi.detail_zh if language.get() == "zh" else figure.kpi.detail
    return fill(detail, {"items": f"{figure.items:,}", "of": f"{figure.of:,}"})


def problem(message: str) -> str:
    """Return the problem with a value, in the reader's language.

    Pydantic's reason for an unreadable value becomes one sentence about what to write. Other
    messages contain numbers; the catalogue has ``{n}`` in their place.
    """
    for start, plain in PLAIN.items():
        if message.startswith(start):
            return gettext(plain)
    if listed := LISTED.match(message):
        options = [text.strip("'") for text in re.findall(LISTED_OPTION, listed[1])]
        return fill(gettext(CHOOSE), {"options": ", ".join(map(gettext, options))})
    numbers = re.findall(r"\d+", message)
    text = gettext(re.sub(r"\d+", "{n}", message))
    for number in numbers:
        text = text.replace("{n}", number, 1)
    return text


def planned_reason(reason: str) -> str:
    """Return why a planned run ended as it did, in the reader's language."""
    return chinese_reason(reason) if language.get() == "zh" else reason


# Messages that pydantic and the models write; they are translated where they are shown.
N_("Write a date that exists as YYYY-MM-DD, such as 2026-11-30.")
N_("Write the reason first: the sender of this item reads it.")
N_("This review is answered already; your answer was not saved.")
N_("The item was closed or changed in the meantime; your answer was not saved.")
N_("This field contradicts another one; open the form again.")
N_("Write the reason first.")
N_(
    "Nothing was changed: the item's state does not allow it, the data is the same, or its record "
    "may already be in the target."
)
N_("Field required")
N_("Input should be greater than {n}")
N_("Input should be greater than or equal to {n}")
N_("Input should be less than {n}")
N_("Input should be less than or equal to {n}")
N_("Input should be a multiple of {n}")
N_("Decimal input should have no more than {n} decimal places")
N_("Decimal input should have no more than {n} digits in total")
N_("Decimal input should have no more than {n} digits before the decimal point")
N_("String should have at least {n} character")
N_("String should have at least {n} characters")
N_("String should have at most {n} character")
N_("String should have at most {n} characters")
N_("String should match pattern '^[A-Z]{{n}}$'")
N_("List should have at least {n} item after validation, not {n}")
N_("Order number")
N_("Order date")
N_("Supplier")
N_("Currency")
N_("Lines")
N_("Tax")
N_("Total")
N_("Code")
N_("Description")
N_("Quantity")
N_("Unit price")
N_("Amount")
