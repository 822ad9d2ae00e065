"""Damaged documents: each is read or rejected in one sentence, and the reader lives on."""

from pathlib import Path

import pytest

from benchmarks.mutated import LIMIT_MB, ended, endings, mutants
from clerkwork.documents import DocumentReader
from tests.fixtures_documents import SAMPLES

COUNT, SEED = 40, 7
NAME = "po-3001-northgate.pdf"


@pytest.mark.parametrize("kind", ["pdf", "picture"])
def test_every_damaged_document_is_read_or_rejected(kind: str, tmp_path: Path) -> None:
    """None of them crashes the child, hangs it, or ends in anything but one clear sentence."""
    found = list(endings(mutants(kind, COUNT, SEED), tmp_path))
    assert [one for one in found if one.how not in {"result", "DocumentRejected"}] == []
    assert {one.how for one in found} == {"result", "DocumentRejected"}
    rejected = [one for one in found if one.how == "DocumentRejected"]
    assert [one.said for one in rejected if not one.said.startswith(one.name)] == []
    assert [one for one in found if (one.growth_mb or 0) > LIMIT_MB] == []


def test_the_same_seed_makes_the_same_damage() -> None:
    """A failure can be looked at again."""
    first, again, other = (dict(mutants("pdf", 14, seed)) for seed in (1, 1, 2))
    assert (first == again, first == other) == (True, False)


def test_a_good_document_is_read_after_the_damaged_ones(
    reader: DocumentReader, tmp_path: Path
) -> None:
    """What one file broke in the reader is not there for the next."""
    for number, (name, data) in enumerate(mutants("pdf", 7, SEED)):
        file = tmp_path / str(number)
        file.write_bytes(data)
        ended(reader, file, name)
    assert reader.read(SAMPLES / NAME, NAME).doubtful() == []
