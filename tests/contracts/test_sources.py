"""What every source promises, run over every source that is found."""

import re
from pathlib import Path
from typing import Any

import pytest

from clerkwork.config.files.workflows import read_workflows
from clerkwork.config.settings import Settings
from clerkwork.intake.contract import Source
from clerkwork.intake.extensions import shipped
from clerkwork.intake.intake import Intake
from clerkwork.model.project.sources import InboxKeys, SourceKeys
from clerkwork.model.project.workflows import Step, Workflow

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "clerkwork" / "intake" / "sources"
SOURCES = shipped().sources
UNIT = re.compile(r"_(s|minutes|hours|days|kb|mb|percent)$")
WITHOUT_UNIT = {"port"}
WORKFLOW = "name: work\ntitle: Work\nschedule: {every_s: 60}\nsteps: [{bot: enter}]\n"


@pytest.fixture(params=sorted(SOURCES))
def source(request: pytest.FixtureRequest) -> Source[Any]:
    return SOURCES[request.param]


def required(source: Source[Any]) -> str:
    """Return YAML lines with a value for each key of *source* that has no default."""
    fields = shipped().workflow.model_fields[source.key].annotation.__args__[0].model_fields
    values = {str: "orders", int: "1", float: "1"}
    lines = [
        f"  {name}: {values.get(info.annotation, next(iter(shipped().readers)))}\n"
        for name, info in fields.items()
        if info.is_required()
    ]
    return f"{source.key}:\n" + "".join(lines)


def test_each_file_of_the_folder_is_a_source() -> None:
    """Helpers are elsewhere, so the folder lists the sources."""
    files = [file for file in FOLDER.glob("*.py") if not file.name.startswith("_")]
    assert len(files) == len(SOURCES)


def test_keys_of_a_source_are_described_and_have_units(source: Source[Any]) -> None:
    """A reader of the file sees what a number means."""
    fields = source.keys.model_fields
    silent = [name for name, info in fields.items() if not info.description]
    bare = [
        name
        for name, info in fields.items()
        if info.annotation in (int, float) and not UNIT.search(name) and name not in WITHOUT_UNIT
    ]
    assert (issubclass(source.keys, SourceKeys), bool(source.summary), silent, bare) == (
        *(True, True),
        *([], []),
    )


def test_unknown_key_of_a_source_is_named_with_file_and_line(
    source: Source[Any], tmp_path: Path
) -> None:
    """A typing slip is an error and not a silence."""
    (tmp_path / "workflows").mkdir()
    text = f"{WORKFLOW}{required(source)}  no_such_key: 1\n"
    (tmp_path / "workflows" / "work.yaml").write_text(text, "utf-8")
    _, (problem,) = read_workflows(tmp_path, shipped().workflow)
    line = len(text.splitlines())
    assert str(problem).startswith(f"workflows/work.yaml:{line}: unknown key `no_such_key`, known")


def test_source_is_read_from_a_workflow_file(source: Source[Any], tmp_path: Path) -> None:
    """The workflow has the keys of each source that its file names."""
    (tmp_path / "workflows").mkdir()
    others = [SOURCES["source"]] if source.keys.fills_inbox else []
    text = WORKFLOW + "".join(required(each) for each in [*others, source])
    if not source.keys.looked_at:
        text = text.replace("schedule: {every_s: 60}\n", "")
    (tmp_path / "workflows" / "work.yaml").write_text(text, "utf-8")
    found, problems = read_workflows(tmp_path, shipped().workflow)
    (plan, _file) = found["work"]
    assert (problems, source.keys_of(plan)) == ([], plan.sources[source.key])


def test_source_leaves_workflows_without_its_key_alone(source: Source[Any], tmp_path: Path) -> None:
    """A look at a workflow adds only what its own sources have."""
    plan = Workflow(name="work", title="Work", steps=[Step(bot="enter")])
    intake: Any = Intake(
        tmp_path,
        Settings(),
        shipped(),
        {"work": plan},
        store=None,
        engine=None,
        documents=None,
    )
    opened = intake._open.get(source.key)
    assert (opened is not None) == source.keys.looked_at
    assert (intake.look("work"), intake.left("work")) == (0, "")
    if opened is not None:
        assert opened.look(plan) == 0
    intake.interrupt()
    intake.close()


def test_reference_documents_the_keys_of_a_source(source: Source[Any]) -> None:
    """The page is made from the models."""
    text = (ROOT / "docs" / "reference" / "workflows.md").read_text("utf-8")
    wanted = [source.key, *(f"{source.key}.{name}" for name in source.keys.model_fields)]
    assert [key for key in wanted if f"| `{key}` |" not in text] == []


def test_one_source_is_read_from_files() -> None:
    """A workflow has one folder, which the sources that fetch files fill."""
    inboxes = [key for key, source in SOURCES.items() if issubclass(source.keys, InboxKeys)]
    assert inboxes == ["source"]
