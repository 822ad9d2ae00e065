"""Files that bots make: kept once, found at the item, deleted as its pictures are."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from clerkwork import ApplicationException, Attachment, Run, bot, clock
from clerkwork.config.settings import RetentionSettings
from clerkwork.engine.tidying import Tidying
from clerkwork.model.bots import Bot
from clerkwork.model.events import Kind
from clerkwork.model.items import ItemState
from clerkwork.store import events
from tests.fixtures_engine import MakeBench, Number

TEXT = b"number,amount\nA-1,3\n"
KEPT = Attachment(name="list.csv", sha256=hashlib.sha256(TEXT).hexdigest(), size=len(TEXT))


def attaching(failures: list[bool], content: bytes | Path = TEXT) -> Bot:
    @bot()
    def listing(value: Number, run: Run) -> Attachment:
        """Make a list."""
        kept = run.attach("list.csv", content)

        def later() -> None:
            if failures.pop():
                raise ApplicationException("down", "The system is down.")

        run.step("later", later)
        return kept

    return listing


def test_a_file_is_attached_once_however_often_the_run_begins(make_bench: MakeBench) -> None:
    """The kept result of the step is returned, and the log speaks of one file."""
    bench = make_bench(attaching([False, True]))
    item_id = bench.put("A-1")
    bench.start_worker()
    item = bench.until(item_id, ItemState.DONE)
    with bench.store.read() as db:
        files = events.attached(db, item_id)
    assert (item.attempt, item.result, files, KEPT.below(bench.engine.evidence).read_bytes()) == (
        2,
        KEPT.model_dump(),
        [KEPT],
        TEXT,
    )


def test_equal_files_are_one_on_the_disk(make_bench: MakeBench, tmp_path: Path) -> None:
    """Two items with one content, given as a file, share it."""
    source = tmp_path / "made.csv"
    source.write_bytes(TEXT)
    bench = make_bench(attaching([False, False], source))
    numbers = [bench.put("A-1"), bench.put("A-2")]
    bench.start_worker()
    states = {bench.until(item_id).state for item_id in numbers}
    kept = [file for file in bench.engine.evidence.rglob("*") if file.is_file()]
    assert (states, kept) == ({ItemState.DONE}, [KEPT.below(bench.engine.evidence)])


def test_a_file_that_cannot_be_read_is_an_application_exception(
    make_bench: MakeBench, tmp_path: Path
) -> None:
    """It is tried again, then goes to a person under a name."""
    bench = make_bench(attaching([], tmp_path / "missing.csv"))
    item_id = bench.put("A-1")
    bench.start_worker()
    assert bench.until(item_id, ItemState.IN_REVIEW).reason_code == "file_not_kept"


def test_files_go_with_the_pictures_of_their_item(make_bench: MakeBench) -> None:
    """After the days of a successful item the file is deleted and not listed any more."""
    bench = make_bench(attaching([False]))
    item_id = bench.put("A-1")
    bench.start_worker()
    bench.until(item_id, ItemState.DONE)
    tidying = Tidying(
        engine=bench.engine,
        settings=RetentionSettings(success_days=1),
        evidence=bench.engine.evidence,
        logs=bench.logs,
    )
    found = []
    for days in (0, 2):
        tidying.run(clock.now() + timedelta(days=days))
        with bench.store.read() as db:
            listed = len(events.attached(db, item_id))
            told = [event.kind for event in events.after(db, 0, item_id=item_id)]
        found.append((listed, KEPT.below(bench.engine.evidence).exists(), Kind.ATTACHED in told))
    assert found == [(1, True, True), (0, False, True)]


@pytest.mark.parametrize(
    ("name", "file"),
    [("a.CSV", "ab12.csv"), ("../../etc/x.sh;rm", "ab12"), ("none", "ab12"), (".profile", "ab12")],
)
def test_a_name_never_leads_out_of_the_folder(name: str, file: str) -> None:
    """Only a plain suffix of it becomes part of a path."""
    found = Attachment(name=name, sha256="ab12", size=1).below(Path("evidence"))
    assert found == Path("evidence/ab", file)
