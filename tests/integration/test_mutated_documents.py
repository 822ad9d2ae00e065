"""Damaged documents: each is read or rejected in one sentence, and the reader lives on."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from clerkwork.documents import DocumentReader
from tests.fixtures_documents import SAMPLES

COUNT, SEED, PATIENCE_S = 40, 7, 60.0
NAME = "po-3001-northgate.pdf"


def load_tool() -> ModuleType:
    file = SAMPLES.parent.parent / "tools" / "mutate_documents.py"
    spec = importlib.util.spec_from_file_location("mutate_documents", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclass looks itself up there
    spec.loader.exec_module(module)
    return module


TOOL = load_tool()


@pytest.mark.parametrize("kind", ["pdf", "picture"])
def test_every_damaged_document_is_read_or_rejected(kind: str, tmp_path: Path) -> None:
    """None of them crashes the child, hangs it, or ends in anything but one clear sentence."""
    found = list(TOOL.endings(kind, COUNT, SEED, tmp_path, PATIENCE_S))
    assert [one for one in found if one.how not in {"result", "DocumentRejected"}] == []
    assert {one.how for one in found} == {"result", "DocumentRejected"}
    rejected = [one for one in found if one.how == "DocumentRejected"]
    assert [one.said for one in rejected if not one.said.startswith(one.name)] == []


def test_the_same_seed_makes_the_same_damage() -> None:
    """A failure can be looked at again."""
    first, again, other = (dict(TOOL.mutants("pdf", 14, seed)) for seed in (1, 1, 2))
    assert (first == again, first == other) == (True, False)


def test_a_good_document_is_read_after_the_damaged_ones(
    reader: DocumentReader, tmp_path: Path
) -> None:
    """What one file broke in the reader is not there for the next."""
    for number, (name, data) in enumerate(TOOL.mutants("pdf", 7, SEED)):
        file = tmp_path / str(number)
        file.write_bytes(data)
        TOOL.ended(reader, file, name)
    assert reader.read(SAMPLES / NAME, NAME).doubtful() == []
