"""How the console says things in both languages."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from clerkwork.config.times.fire_times import DueInstant
from clerkwork.discover import catalog_files
from clerkwork.engine.schedule.missed_runs import ClockFindings, decide
from clerkwork.model.work.events import Kind
from clerkwork.model.work.items import ItemState, Outcome
from clerkwork.model.work.reviews import Decision
from clerkwork.model.work.schedules import PlannedState
from clerkwork.web import formatting, i18n, keys, labels

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def chinese(tmp_path):
    """Read the catalogues and speak Chinese for one test."""
    i18n.load_catalogues(catalog_files(tmp_path))
    token = i18n.language.set("zh")
    yield
    i18n.language.reset(token)


@pytest.mark.parametrize(
    ("table", "kinds"),
    [
        (labels.STATES, ItemState),
        (labels.OUTCOMES, Outcome),
        (labels.DECISIONS, Decision),
        (labels.PLANNED, PlannedState),
        (labels.KINDS, Kind),
    ],
)
def test_every_state_and_kind_has_a_title(table, kinds):
    """Nothing that the engine can say is shown as a bare code."""
    assert set(table) == {kind.value for kind in kinds}


def test_code_that_nobody_named_reads_as_words():
    """A bot's own reason code needs no entry to be readable."""
    assert labels.title(labels.CODES, "too_many_lines") == "Too many lines"


def test_sentence_is_translated_before_its_facts(chinese):
    """The facts of the message are filled into the Chinese sentence, decisions translated."""
    facts = {"who": "li.wei", "decision": "correct"}
    assert labels.said("{who} decided: {decision}", facts) == "li.wei 的决定：已更正"


def test_sentence_without_a_translation_stays_english(chinese):
    """A missing entry is never an empty line."""
    assert labels.said("Odd: {what}.", {"what": "x"}) == "Odd: x."


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("Decimal input should have no more than 2 decimal places", "小数位数不能超过 2 位"),
        ("String should match pattern '^[A-Z]{3}$'", "请填写 3 个大写字母，例如 CNY"),
        ("Field required", "必填字段"),
    ],
)
def test_validation_messages_are_translated_with_their_numbers(chinese, message, said):
    """The catalogue holds one entry for every number."""
    assert labels.problem(message) == said


def test_fact_cannot_bring_placeholders_or_markup():
    """Backticks become code; everything else in a sentence is text."""
    assert str(formatting.prose("run `a<b` & go")) == "run <code>a&lt;b</code> &amp; go"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (42, "42 s"), (600, "10 min"), (7500, "2 h 5 min"), (200_000, "2 d")],
)
def test_durations_read_as_people_say_them(seconds, text):
    """Two units at most."""
    assert formatting.span(seconds) == text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"total": "1234.5", "currency": "CNY"}, "1,234.50 CNY"),
        ({"total": "7"}, "7.00"),
        ({"total": "many"}, ""),
        ({"total": "NaN"}, ""),
        ({}, ""),
    ],
)
def test_amount_is_shown_where_there_is_one(data, text):
    """Data without a total, or with an unreadable one, shows nothing."""
    assert formatting.amount(data) == text


def test_instants_are_shown_in_the_readers_zone():
    """The store keeps UTC, people read local time."""
    assert (
        formatting.stamp(datetime(2026, 11, 22, 16, 30, tzinfo=UTC), SHANGHAI) == "2026-11-23 00:30"
    )


def test_combinations_are_unique_on_each_page():
    """One key does one thing."""
    for sheet in keys.SHEETS.values():
        combos = [key.combo for key in (*sheet, *keys.EVERYWHERE)]
        assert len(combos) == len(set(combos))


def test_key_that_is_not_in_the_table_is_an_error():
    """A template cannot invent a shortcut."""
    with pytest.raises(KeyError):
        keys.combo("fly")


FIRST = "2026-03-02 00:00:00 UTC"


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        (
            "run_once",
            "并入 2026-03-02 02:00:00 UTC 的运行",
        ),
        (
            "skip",
            "当时没有进程运行，已错过；按 `missed: skip` 不再补运行",
        ),
    ],
)
def test_reason_of_missed_instants_is_said_in_chinese(chinese, policy, reason):
    """What a missed-run policy writes is no English where the console speaks Chinese."""
    found = ClockFindings(
        name="orders",
        missed=[DueInstant(instant=datetime(2026, 3, 2, tzinfo=UTC))],
        present=DueInstant(instant=datetime(2026, 3, 2, 2, tzinfo=UTC)),
        behind=timedelta(hours=1),
        prefix=f"all instants from {FIRST} on ",
    )
    verdicts = decide(found, policy=policy, tolerance=timedelta(minutes=1))

    assert labels.planned_reason(verdicts[0].reason) == f"自 {FIRST} 起的所有时刻：{reason}"


def test_run_that_waits_for_a_person_ends_so_in_chinese(chinese):
    """The end of a run that is no state of its item has a title too."""
    assert labels.said("{end}", {"end": "waits for a person"}) == "等待人工处理"
