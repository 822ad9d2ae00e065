"""The commands that show what blocks items: targets, and labels of workers."""

from tests.fixtures_cli import SMALL, Shell

TARGET = """
name: erp
base_url: http://127.0.0.1:9
username: clerk
limit: 2
freeze:
  - {{begin: "00:00", end: "00:00", first_day: 2020-01-01, last_day: {last}, reason: audit}}
"""


def with_target(shell: Shell, last: str = "2020-01-02") -> Shell:
    folder = shell.root / "config" / "targets" / "erp"
    folder.mkdir(parents=True)
    (folder / "target.yaml").write_text(TARGET.format(last=last))
    return shell


def test_a_target_is_paused_and_resumed_by_name(worked: Shell) -> None:
    """The listing shows who paused it and why; pausing or resuming twice is refused."""
    shell = with_target(worked)
    states = [shell("targets", "--json").data[0]]
    shell("targets", "pause", "erp", "--why", "month-end")
    states.append(shell("targets", "--json").data[0])
    again = shell("targets", "pause", "erp")
    shell("targets", "resume", "erp")
    states.append(shell("targets", "--json").data[0])
    too_often = shell("targets", "resume", "erp")
    assert [(row["state"], row["reason"]) for row in states] == [
        ("ready", ""),
        ("paused", "local paused the target erp: month-end"),
        ("ready", ""),
    ]
    assert (again.status, too_often.status) == (2, 2)


def test_a_target_is_paused_while_other_files_are_wrong(worked: Shell) -> None:
    """Each faulty file is named; the target can still be paused and resumed."""
    shell = with_target(worked)
    (shell.root / "workflows" / "wrong.yaml").write_text("a: [")
    (shell.root / "bots" / "wrong.py").write_text("import nothing_of_this_name\n")
    paused = shell("targets", "pause", "erp")
    resumed = shell("targets", "resume", "erp")
    assert (paused.status, resumed.status) == (0, 0)
    assert ["wrong.yaml" in paused.err, "wrong.py" in paused.err] == [True, True]


def test_a_frozen_target_is_shown_with_its_end(worked: Shell) -> None:
    """The row has the window's reason and the number of logins in use."""
    (row,) = with_target(worked, last="2199-01-01")("targets", "--json").data
    assert (row["state"], row["until"] > "2026", row["at_work"], row["limit"]) == (
        "frozen",
        True,
        0,
        2,
    )
    assert row["reason"].endswith(": audit")


def test_an_unknown_target_names_those_that_exist(worked: Shell) -> None:
    """One sentence, status 2."""
    said = with_target(worked)("targets", "pause", "sap")
    assert (said.status, "there is no target 'sap'; known: erp" in said.err) == (2, True)


def test_a_freeze_window_of_an_unknown_calendar_names_file_and_line(worked: Shell) -> None:
    """`check` reports it before an item is blocked for ever."""
    shell = with_target(worked)
    file = shell.root / "config" / "targets" / "erp" / "target.yaml"
    text = file.read_text().replace("reason: audit", "calendar: mars, only_on: workdays")
    file.write_text(text)
    said = shell("check")
    assert (said.status, "target.yaml:7: there is no calendar 'mars'" in said.out + said.err) == (
        2,
        True,
    )


def test_a_worker_without_the_label_is_refused(worked: Shell) -> None:
    """Neither `work` nor `run` waits for ever for a host with the label."""
    file = worked.root / "workflows" / "expenses.yaml"
    file.write_text(file.read_text() + "\nlabels: [windows]\n")
    work = worked("work", "--queues", "default")
    run = worked("run", "expenses", SMALL.replace("E-1", "E-3"))
    assert (work.status, run.status) == (2, 2)
    assert "needs a worker with the labels windows" in work.err
    assert "needs a worker with the labels windows" in run.err


def test_no_worker_is_alive_where_none_runs(worked: Shell) -> None:
    """A worker that ended by itself is not listed."""
    assert worked("workers", "--json").data == []
