"""Sources and readers of a project: each is found or named with what is wrong, and all are used."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest

from clerkwork.config.secrets import known_secrets
from clerkwork.config.settings import Settings
from clerkwork.errors import ApplicationException
from clerkwork.intake.contract import OpenSource, Source
from clerkwork.intake.extensions import find_extensions, shipped
from clerkwork.intake.intake import Intake
from clerkwork.model.project.sources import SecretVariable, SourceKeys
from clerkwork.model.project.workflows import Workflow

SOURCE = """\
from clerkwork.intake.contract import Source
from clerkwork.model.project.sources import SourceKeys

SOURCE = Source(key="{key}", keys=SourceKeys, summary="A source.")
"""
READER = """\
from clerkwork.intake.contract import FileReader, OpenReader

READER = FileReader(name="{name}", summary="a reader", open=OpenReader)
"""
Write = Callable[[str, str], None]


class FetchKeys(SourceKeys):
    """Keys of a source that fills the inbox."""

    fills_inbox: ClassVar[bool] = True
    token_variable: SecretVariable = "TEST_TOKEN"


@pytest.fixture
def write(tmp_path: Path) -> Iterator[Write]:
    path = list(sys.path)

    def write(name: str, text: str) -> None:
        file = tmp_path / "extensions" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")

    yield write
    sys.path[:] = path
    for name in [name for name in sys.modules if name.split(".")[0] == "extensions"]:
        del sys.modules[name]


def test_project_without_extensions_has_those_of_the_toolkit(tmp_path: Path) -> None:
    """All projects without extensions read workflows with the same model."""
    assert find_extensions(tmp_path) == shipped()


def test_sources_and_readers_of_a_project_are_found(write: Write, tmp_path: Path) -> None:
    """A file that begins with an underscore is a helper."""
    write("sources/sftp.py", SOURCE.format(key="sftp"))
    write("sources/_helper.py", "1/0")
    write("readers/table.py", READER.format(name="table"))
    found = find_extensions(tmp_path)
    assert (
        sorted(set(found.sources) - set(shipped().sources)),
        sorted(set(found.readers) - set(shipped().readers)),
        set(found.workflow.model_fields) - set(shipped().workflow.model_fields),
        found.problems,
    ) == (["sftp"], ["table"], {"sftp"}, [])


@pytest.mark.parametrize(
    ("file", "text", "problem"),
    [
        ("sources/a.py", "", "declares no SOURCE; add `SOURCE = Source(...)`"),
        ("readers/a.py", "", "declares no READER; add `READER = FileReader(...)`"),
        ("sources/a.py", SOURCE.format(key="mail"), "the source `mail` exists already"),
        ("sources/a.py", SOURCE.format(key="steps"), "`steps` is a key of every workflow"),
        ("readers/a.py", READER.format(name="workbook"), "the reader `workbook` exists already"),
        ("readers/a.py", READER.format(name="folder"), "`folder` is a key of every folder"),
        ("sources/a.py", "\nimport no_such_thing\n", "cannot be imported, correct it: Module"),
    ],
)
def test_extension_that_cannot_be_used_is_named_with_its_file(
    write: Write, tmp_path: Path, file: str, text: str, problem: str
) -> None:
    """The others are used all the same."""
    write(file, text)
    found = find_extensions(tmp_path)
    assert [(each.file, each.problem.startswith(problem)) for each in found.problems] == [
        (f"extensions/{file}", True)
    ]
    assert (found.sources, found.readers) == (shipped().sources, shipped().readers)


@pytest.fixture
def looks() -> list[str]:
    return []


@pytest.fixture
def intake(tmp_path: Path, looks: list[str]) -> Intake:
    """Return an intake with a source that only notes looks, and one that fills the inbox."""

    class Noting(OpenSource):
        def look(self, plan: Workflow) -> int:
            looks.append(f"direct {plan.name}")
            return 2

        def left(self, plan: Workflow) -> str:
            return f"one of {plan.name} is left"

    class Fetching(Noting):
        def look(self, plan: Workflow) -> int:
            looks.append(f"fetch {plan.name}")
            raise ApplicationException("down", "It does not answer.")

    made = {
        "direct": Source(key="direct", keys=SourceKeys, summary="", open=Noting),
        "fetch": Source(key="fetch", keys=FetchKeys, summary="", open=Fetching),
    }
    steps = [{"bot": "enter"}]
    plan = Workflow(name="work", title="Work", steps=steps).model_copy(
        update={"direct": SourceKeys(), "fetch": FetchKeys()}
    )
    return Intake(
        tmp_path,
        Settings(),
        replace(shipped(), sources=made),
        {"work": plan},
        store=None,
        engine=None,
        documents=None,
    )


def test_failing_source_keeps_no_other_from_being_looked_at(
    intake: Intake, looks: list[str]
) -> None:
    """Sources that fill the inbox come first; the failure is raised after all were looked at."""
    with pytest.raises(ApplicationException, match="It does not answer"):
        intake.look("work")
    assert looks == ["fetch work", "direct work"]


def test_what_each_source_left_is_one_sentence(intake: Intake) -> None:
    """The reason of a planned run names all of it."""
    assert intake.left("work") == "one of work is left; one of work is left"


def test_secret_of_a_source_is_known_by_the_type_of_its_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The log masks a key of the secret type under any name."""
    monkeypatch.setenv("TEST_TOKEN", "hidden")
    plan = Workflow(name="work", title="Work", steps=[{"bot": "enter"}])
    assert known_secrets([plan.model_copy(update={"fetch": FetchKeys()})]) == ["hidden"]
