"""Files that nobody should send: each is rejected with its reason, within the limits of opening."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.mutated import LIMIT_MB, LIMIT_S, ended
from clerkwork.config.settings import DocumentSettings
from clerkwork.documents import DocumentReader
from clerkwork.errors import DocumentRejected
from tests.bad_documents import BAD, STRANGE
from tests.fixtures_documents import SAMPLES

GOOD = "po-3001-northgate.pdf"
CUT = {"cut.pdf": GOOD, "cut.jpg": "scan-3004-kestrel.jpg"}


@pytest.fixture(scope="module")
def opener(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DocumentReader]:
    settings = DocumentSettings(engine="none", page_timeout_s=LIMIT_S)
    reader = DocumentReader(settings, tmp_path_factory.mktemp("evidence"))
    yield reader
    reader.close()


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_rejected_with_its_problem_and_a_remedy(
    name: str, opener: DocumentReader, tmp_path: Path
) -> None:
    """One sentence with the file's name; the type comes from its bytes, not from its name."""
    make, problem = BAD[name]
    file = tmp_path / "stored"
    file.write_bytes(make())
    with pytest.raises(DocumentRejected) as caught:
        opener.read(file, name)
    assert str(caught.value).startswith(name)
    assert problem in str(caught.value)
    assert caught.value.remedy.endswith(".")
    ending = ended(opener, file, name)
    assert ending.cpu_s < LIMIT_S
    assert ending.growth_mb is not None
    assert ending.growth_mb <= LIMIT_MB


@pytest.mark.parametrize("name", STRANGE)
def test_a_strange_file_ends_within_the_limits(
    name: str, opener: DocumentReader, tmp_path: Path
) -> None:
    """Read or rejected, never anything else; a good document is read after it."""
    file = tmp_path / "stored"
    file.write_bytes(STRANGE[name]())
    ending = ended(opener, file, name)
    assert ending.how in {"result", "DocumentRejected"}
    assert ending.cpu_s < LIMIT_S
    assert (ending.growth_mb or 0) <= LIMIT_MB
    assert opener.read(SAMPLES / GOOD, GOOD).doubtful() == []


@pytest.mark.parametrize("name", CUT)
def test_a_file_that_ends_too_early_is_rejected(
    name: str, opener: DocumentReader, tmp_path: Path
) -> None:
    """The rest of the document would be missing without anybody knowing."""
    file = tmp_path / "stored"
    file.write_bytes((SAMPLES / CUT[name]).read_bytes()[:9000])
    with pytest.raises(DocumentRejected, match=f"{name}: is a broken or incomplete"):
        opener.probe(file, name)
