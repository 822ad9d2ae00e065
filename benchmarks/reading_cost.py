"""Measures the cost of a page: processor time against plain tesseract, and the child's memory."""

import os
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.engines import say
from clerkwork.config.settings import DocumentSettings
from clerkwork.documents import DocumentReader
from clerkwork.processes import family
from tools.measure_receipts import any_receipt

TICK = os.sysconf("SC_CLK_TCK")
PAGES, DIGITAL_PAGES = 6, 12
Row = dict[str, Any]


def rows(
    data: Path, settings: DocumentSettings, evidence: Path, row: Callable[..., Row]
) -> Iterator[tuple[str, Row]]:
    """Yield the ratios of processor time for scanned and digital pages, and the memory."""
    reader = DocumentReader(settings, evidence)  # no cache: every page is read again
    receipts = DocumentReader(settings, evidence, templates=[any_receipt()])
    scans = {
        "receipt": (sorted((data / "sroie" / "img").iterdir())[:PAGES], receipts.read),
        "form": (sorted((data / "funsd" / "images").iterdir())[:PAGES], reader.read),
    }
    for name, (files, read) in scans.items():
        read(files[0], files[0].name)  # loads the models
        ratios = {"eng": [], settings.languages: []}
        for file in files:
            ours = _cpu_of_children(lambda file=file, read=read: read(file, file.name))
            for languages, each in ratios.items():
                theirs = _tesseract(file, languages)
                each.append(ours / theirs)
                say(f"  {file.name}: ours {ours:.1f} s, tesseract {languages} {theirs:.1f} s")
        figure = ", ".join(
            f"{statistics.median(each):.1f} ({lang})" for lang, each in ratios.items()
        )
        met = statistics.median(ratios["eng"]) <= 3.5
        how = f"processor time, median of {len(files)} pages, second engine included"
        yield f"cost of a scanned {name}", row(figure, "≤ 3.5", met, how)
    receipts.close()
    yield from digital(data, settings, evidence, row)
    peak = max(_peak_mb(pid) for pid in family(os.getpid())[1:])
    yield (
        "memory of the child",
        row(f"{peak} MB", "≤ 900 MB", peak <= 900, "highest, models loaded"),
    )
    reader.close()


def digital(
    data: Path, settings: DocumentSettings, evidence: Path, row: Callable[..., Row]
) -> Iterator[tuple[str, Row]]:
    """Yield the ratio of processor time for pages with a text layer."""
    reader = DocumentReader(settings, evidence)
    first, *files = sorted((data / "synth").glob("*.pdf"))[: DIGITAL_PAGES + 1]
    reader.read(first, first.name)  # starts the child
    ratios = []
    for file in files:
        ours = _cpu_of_children(lambda file=file: reader.read(file, file.name))
        theirs = _tesseract(file.with_suffix(".jpg"), settings.languages)
        ratios.append(theirs / ours)
        say(f"  {file.name}: ours {ours:.3f} s, tesseract {theirs:.1f} s")
    share = statistics.median(ratios)
    how = f"of tesseract (eng+chi_sim) on its scan, median of {len(files)}; no picture asked for"
    reader.close()
    yield "cost of a digital page", row(f"1/{share:.0f}", "≤ 1/40", share >= 40, how)


def _cpu_of_children(act: Callable[[], Any]) -> float:
    before = _used_s()
    act()
    return _used_s() - before


def _used_s() -> float:
    """Return the processor time of all children and their ended children, in seconds."""
    used = 0.0
    for pid in family(os.getpid())[1:]:
        used += time.clock_gettime(~pid << 3 | 2)  # the kernel's number for a process's clock
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        used += sum(map(int, fields[13:15])) / TICK  # of those that have ended
    return used


def _tesseract(picture: Path, languages: str) -> float:
    """Return the processor time of tesseract with one thread, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = ["tesseract", str(picture), "-", "-l", languages]
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    subprocess.run(command, env=environment, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _peak_mb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024
