"""Every command on a scaffolded project, in this process."""

import json
from pathlib import Path

import pytest

from tests.fixtures_cli import LARGE, SMALL, Shell, call

WRONG = {
    "unknown command": ["bogus"],
    "unknown part": ["queue", "bogus"],
    "unknown option": ["runs", "--bogus"],
    "missing argument": ["run"],
    "missing value": ["logs", "--tail"],
    "number that is none": ["items", "show", "seven"],
    "number out of range": ["metrics", "--days", "0"],
    "state that is none": ["items", "--state", "lost"],
    "no such item": ["items", "show", "99"],
    "no such run": ["runs", "show", "item-99-1"],
    "no such workflow to run": ["run", "bogus", SMALL],
    "no such file to run": ["run", "expenses", "nowhere.json"],
    "payload that does not fit": ["run", "expenses", '{"number": "E-9"}'],
    "payload that is no JSON": ["run", "expenses", '{"number": '],
    "payload with a key twice": ["run", "expenses", SMALL[:-1] + ', "number": "E-2"}'],
    "payload that cannot be stored": ["run", "expenses", SMALL.replace("Train", "\\u0000")],
    "no such file to submit": ["submit", "expenses", "nowhere.xlsx"],
    "workflow without files": ["submit", "expenses", __file__],
    "no such workflow to measure": ["metrics", "--workflow", "bogus"],
    "no such schedule": ["schedule", "next", "bogus"],
    "workflow without schedule": ["schedule", "next", "expenses"],
    "no such queue": ["work", "--queues", "bogus"],
    "no decision": ["queue", "answer", "1"],
    "two decisions": ["queue", "answer", "1", "--reject", "--by-hand"],
    "value beside another decision": ["queue", "answer", "1", "--reject", "--set", "amount=1"],
    "value without a sign": ["queue", "answer", "1", "--set", "amount"],
    "value that the review has not": ["queue", "answer", "1", "--set", "price=1"],
    "port that is none": ["dev", "--port", "99999"],
}
ERP = "name: erp\nbase_url: http://127.0.0.1:9\n"
SUGGESTIONS = {
    "command": (["wrok"], "no command 'wrok'; did you mean `work`?"),
    "subcommand": (["targets", "resum", "erp"], "no command 'resum'; did you mean `resume`?"),
    "option": (["work", "--quueue", "a"], "no option '--quueue'; did you mean `--queues`?"),
    "nothing near": (["frobnicate"], "no command 'frobnicate'; `clerkwork --help` lists them"),
    "no option near": (["work", "--zzz"], "no option '--zzz'; `clerkwork work --help` lists them"),
}
LISTINGS = {
    "queue": ["queue", "--json"],
    "queue ls": ["queue", "ls", "--json"],
    "runs": ["runs", "--json"],
    "items": ["items", "--json"],
    "schedule": ["schedule", "--json"],
    "check": ["check", "--json"],
}


@pytest.mark.parametrize("arguments", WRONG.values(), ids=WRONG)
def test_wrong_arguments_end_with_2_and_one_sentence(read_only: Shell, arguments):
    """One line names the mistake; there is no traceback."""
    said = read_only(*arguments)
    lines = said.err.strip().split("\n")
    assert (said.status, len(lines), said.out, "Traceback" in said.err) == (2, 1, "", False), said


@pytest.mark.parametrize(("arguments", "sentence"), SUGGESTIONS.values(), ids=SUGGESTIONS)
def test_a_typing_mistake_gets_a_suggestion(arguments: list[str], sentence: str):
    """The nearest command or option is suggested; without one, the help is named."""
    said = call(*arguments)
    assert (said.status, said.err) == (2, sentence + "\n")


def test_old_names_of_commands_still_work(read_only: Shell):
    """A script that uses the names of an earlier version gets the same answer."""
    old = [
        call("put", "--help"),
        read_only("targets", "stop", "x"),
        read_only("targets", "go", "x"),
    ]
    assert [(said.status, "no command" in said.err) for said in old] == [
        (0, False),
        (2, False),
        (2, False),
    ]


def test_no_project_is_an_error_with_a_remedy(tmp_path, monkeypatch):
    """Outside every project a command names the three ways to one."""
    monkeypatch.chdir(tmp_path)
    said = call("queue")
    remedies = [part in said.err for part in ("--project DIR", "clerkwork new DIR", str(tmp_path))]
    assert (said.status, remedies) == (2, [True, True, True])


def test_a_folder_that_is_no_project_is_an_error(tmp_path):
    """`--project` names the folder it was given when that is no project."""
    said = call("--project", tmp_path, "queue")
    assert (said.status, str(tmp_path) in said.err) == (2, True)


def test_the_project_is_found_from_a_folder_in_it(read_only: Shell, monkeypatch):
    """A command works anywhere below the project's folder."""
    monkeypatch.chdir(read_only.root / "bots" / "expenses")
    assert call("items", "--json").data == read_only("items", "--json").data


@pytest.mark.parametrize("arguments", LISTINGS.values(), ids=LISTINGS)
def test_listings_print_json(read_only: Shell, arguments):
    """Every listing prints a JSON array when it is asked to."""
    said = read_only(*arguments)
    assert (said.status, type(said.data)) == (0, list)


def test_a_listing_in_a_pipe_is_plain(read_only: Shell):
    """Without a terminal a listing is a line per row, parted by tabs, with a heading."""
    lines = read_only("items").out.strip().split("\n")
    assert [line.split("\t")[:5] for line in lines] == [
        ["item", "workflow", "reference", "state", "outcome"],
        ["2", "expenses", "E-2", "in_review", ""],
        ["1", "expenses", "E-1", "done", "by_bot"],
    ]


def test_items_are_found_by_state(read_only: Shell):
    """`items --state` lists the items in that state only."""
    found = read_only("items", "--state", "done", "--json").data
    assert [item["reference"] for item in found] == ["E-1"]


def test_an_item_shows_payload_and_result(read_only: Shell):
    """`items show` holds what came in and what the bot made of it."""
    found = read_only("items", "show", 1, "--json").data
    assert (found["payload"], found["result"]) == (
        {"number": "E-1", "purpose": "Train", "amount": 42.5},
        {"text": "E-1 Train: 42.50"},
    )


def test_the_queue_says_why_a_person_is_asked(read_only: Shell):
    """An open review has its number, its reason as a sentence, and its instants."""
    (review,) = read_only("queue", "--json").data
    assert (
        review["number"],
        review["code"],
        review["reason"],
        review["due"] > review["created"],
    ) == (
        1,
        "over_limit",
        "900.0 is over the limit.",
        True,
    )


def test_a_review_shows_each_value_and_the_doubtful_one(read_only: Shell):
    """`queue show` names the paths that `answer --set` takes."""
    found = read_only("queue", "show", 1, "--json").data
    assert [(field["path"], field["value"], field["doubtful"]) for field in found["fields"]] == [
        ("number", "E-2", False),
        ("purpose", "Dinner", False),
        ("amount", "900.0", True),
    ]


def test_a_corrected_item_goes_on_with_the_next_worker(worked: Shell):
    """The bot goes on where it stopped, with what the person left; 0 says that it is done."""
    assert worked("queue", "answer", 1, "--set", "amount=90", "--note", "typing slip").status == 0
    said = worked("run", "expenses", LARGE, "--json")
    (item,) = said.data
    assert (said.status, item["outcome"], item["result"]) == (
        0,
        "assisted",
        {"text": "E-2 Dinner: 90.00"},
    )


def test_a_value_that_does_not_fit_is_not_saved(worked: Shell):
    """A wrong value is named, and the review stays open."""
    said = worked("queue", "answer", 1, "--set", "amount=much")
    left = [review["number"] for review in worked("queue", "--json").data]
    assert (said.status, said.err.startswith("amount: "), left) == (1, True, [1])


def test_a_rejected_item_is_a_failure(worked: Shell):
    """`run` of an item that a person rejected ends with 1 and works on nothing."""
    assert worked("queue", "answer", 1, "--reject", "--note", "private dinner").status == 0
    said = worked("run", "expenses", LARGE, "--json")
    assert (said.status, [item["state"] for item in said.data]) == (1, ["rejected"])


def test_a_rejection_needs_a_note(worked: Shell):
    """Nobody ends an item's way without a reason."""
    said = worked("queue", "answer", 1, "--reject")
    assert (said.status, "reason" in said.err) == (1, True)


def test_the_first_answer_counts(worked: Shell):
    """A second answer is refused and says so."""
    assert worked("queue", "answer", 1, "--by-hand").status == 0
    said = worked("queue", "answer", 1, "--by-hand")
    assert (said.status, "answered" in said.err) == (1, True)


def test_a_claimed_review_names_its_holder(worked: Shell, monkeypatch):
    """A second claim is refused with the name of the holder."""
    assert worked("queue", "claim", 1).status == 0
    monkeypatch.setenv("CLERKWORK_CONSOLE__USER", "bea")
    said = worked("queue", "claim", 1)
    assert (said.status, "local" in said.err) == (2, True)


def test_a_json_file_is_run_like_json(worked: Shell):
    """An item's payload may stand in a file."""
    file = worked.root / "item.json"
    file.write_text(SMALL.replace("E-1", "E-3"), "utf-8")
    said = worked("run", "expenses", file, "--json")
    assert (said.status, said.data[0]["result"]) == (0, {"text": "E-3 Train: 42.50"})


def test_a_run_shows_its_steps(worked: Shell):
    """Each step is a line with its name while the run goes on."""
    said = worked("run", "expenses", SMALL.replace("E-1", "E-4"))
    assert [part in said.out for part in ("E-4 was added.", "expenses: book done")] == [True, True]


def test_a_file_that_is_not_text_is_one_sentence(worked: Shell):
    """A payload in another encoding is refused, not a traceback."""
    file = worked.root / "item.json"
    file.write_bytes(SMALL.encode("utf-16"))
    said = worked("run", "expenses", file)
    assert (said.status, said.err.count("\n"), "item.json" in said.err) == (2, 1, True)


def test_logs_hold_every_step_of_an_item(read_only: Shell):
    """The log of an item is one JSON object per line, in the order of their numbers."""
    lines = [json.loads(line) for line in read_only("logs", 1, "--json").out.splitlines()]
    assert [line["kind"] for line in lines] == [
        "item_added",
        "run_started",
        "step_started",
        "step_done",
        "step_started",
        "step_done",
        "run_ended",
    ]


def test_logs_of_a_run_are_those_of_its_show(read_only: Shell):
    """`logs RUN` and `runs show RUN` are two ways to the same events."""
    lines = [json.loads(line) for line in read_only("logs", "item-1-1", "--json").out.splitlines()]
    assert lines == read_only("runs", "show", "item-1-1", "--json").data


def test_the_tail_of_the_log_is_its_end(read_only: Shell):
    """`--tail` keeps the last lines."""
    whole = read_only("logs", "--json").out.splitlines()
    assert read_only("logs", "--json", "--tail", 2).out.splitlines() == whole[-2:]


def test_metrics_count_what_people_touched(read_only: Shell):
    """One item alone and one sent to a person are a rate of one half, each with its items."""
    found = read_only("metrics", "--json", "--days", 1).data
    assert (found["figures"]["rate"]["value"], found["causes"], found["states"]) == (
        0.5,
        [{"code": "over_limit", "items": 1, "share": 1.0}],
        {"done": 1, "in_review": 1},
    )


def test_metrics_for_people_are_percentages(read_only: Shell):
    """The listing shows the rate as people say it."""
    lines = read_only("metrics").out.splitlines()
    assert "rate\t50.0%\t1\tshare\tAutomation rate" in lines


def test_check_names_file_and_line_of_each_problem(worked: Shell):
    """Two mistakes in two files are two lines, and the status is 2."""
    workflow = worked.root / "workflows" / "expenses.yaml"
    workflow.write_text(workflow.read_text("utf-8").replace("bot: expenses", "bot: expanses"))
    _write_target(worked.root, "name: erp\nbase_ulr: x\n")
    said = worked("check")
    places = sorted({line.split(": ")[0] for line in said.out.splitlines()})
    assert (said.status, places) == (
        2,
        [
            "config/targets/erp/target.yaml:1",
            "config/targets/erp/target.yaml:2",
            "workflows/expenses.yaml:6",
        ],
    )


def test_check_of_a_sound_project_is_silent_about_problems(read_only: Shell):
    """No problems are status 0."""
    said = read_only("check")
    assert (said.status, said.out) == (0, "No problems found.\n")


def test_a_broken_project_is_not_worked_on(worked: Shell):
    """A command that works on items first refuses what `check` would name."""
    (worked.root / "workflows" / "broken.yaml").write_text("name: [\n")
    said = worked("run", "expenses", SMALL)
    assert (said.status, said.err.startswith("workflows/broken.yaml:")) == (2, True)


def test_an_unexpected_error_keeps_its_traceback_in_a_file(worked: Shell):
    """A person reads one sentence; the traceback is where the sentence says."""
    settings = worked.root / "config" / "default.toml"
    settings.unlink()
    settings.mkdir()
    said = worked("items")
    kept = (worked.root / "logs" / "errors.log").read_text("utf-8")
    assert (said.status, said.err.count("\n"), str(worked.root / "logs") in said.err) == (
        1,
        1,
        True,
    )
    assert "IsADirectoryError" in kept


def test_no_secret_is_in_an_unexpected_error(worked: Shell, monkeypatch):
    """Neither the sentence nor the kept traceback shows the secret of a target."""
    _write_target(worked.root, f"{ERP}password: ${{ERP_PASSWORD}}\n")
    monkeypatch.setenv("ERP_PASSWORD", worked.root.parent.name)  # stands in every path here
    settings = worked.root / "config" / "default.toml"
    settings.unlink()
    settings.mkdir()
    said = worked("items")
    kept = (worked.root / "logs" / "errors.log").read_text("utf-8")
    assert [worked.root.parent.name in text for text in (said.err, kept)] == [False, False]


def test_doctor_of_a_project_looks_at_everything(read_only: Shell):
    """A worker that is not there and that nothing waits for is a warning and no failure."""
    found = {row["check"]: row["state"] for row in read_only("doctor", "--json").data}
    assert (set(found), found["workers"], found["store"], found["sqlite"]) == (
        {
            *("python", "sqlite", "tesseract", "ocr engines", "chromium"),
            *("project files", "store", "workers", "disk", "logs", "waiting", "backup"),
        },
        "warn",
        "ok",
        "ok",
    )


def test_doctor_names_the_remedy_of_what_is_missing(read_only: Shell, monkeypatch):
    """Without tesseract and browser it fails, and says what to install or correct."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("CLERKWORK_BROWSER__EXECUTABLE", "/nowhere/chromium")
    said = read_only("doctor", "--json")
    remedies = {row["check"]: row["remedy"] for row in said.data if row["state"] == "fail"}
    assert (said.status, set(remedies)) == (1, {"tesseract", "chromium"})
    assert remedies["tesseract"].startswith("apt-get install tesseract-ocr")
    assert "browser.executable" in remedies["chromium"]


def test_doctor_says_when_a_target_does_not_answer(worked: Shell):
    """A target whose port is closed is a failure that names its file."""
    _write_target(worked.root, ERP)
    rows = {row["check"]: row for row in worked("doctor", "--json").data}
    remedy = "start it, or correct base_url in config/targets/erp/target.yaml"
    assert (rows["target erp"]["state"], rows["target erp"]["remedy"]) == ("fail", remedy)


def test_new_refuses_a_folder_that_holds_something(tmp_path):
    """Nothing is ever overwritten."""
    (tmp_path / "mine.txt").write_text("mine")
    said = call("new", tmp_path)
    assert (said.status, [file.name for file in tmp_path.iterdir()]) == (2, ["mine.txt"])


def test_new_names_the_project_like_its_folder(tmp_path):
    """The project's name is one that packaging tools accept."""
    assert call("new", tmp_path / "Our Bots (2)").status == 0
    text = (tmp_path / "Our Bots (2)" / "pyproject.toml").read_text("utf-8")
    assert 'name = "our-bots-2"' in text


def _write_target(root: Path, text: str) -> None:
    folder = root / "config" / "targets" / "erp"
    folder.mkdir()
    (folder / "target.yaml").write_text(text)
