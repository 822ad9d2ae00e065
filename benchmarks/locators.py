"""Measures how reliably fields are found after a page has changed; writes to docs/benchmarks.md.

Each page is recorded once in its original state. Then it is changed by one or by three mutations,
and every recorded field is searched for. The result is right (the same element), wrong (another
element) or stopped (an error that lists the candidates). Some mutations were held out while the
matching rules were developed; the later sets were written after the rules were finished.

Usage: python -m benchmarks.locators [--seeds N] [--triples N] [--only a,b] [--shown] [--write]
"""

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from playwright.sync_api import Error, Page, sync_playwright

from benchmarks import pages
from clerkwork.browser.locate.group_match import Wanted
from clerkwork.browser.locate.locate import LocatedField, find_fields, look
from clerkwork.browser.locate.scores import name_of
from clerkwork.browser.page.settle import settle, watch
from clerkwork.browser.process import executable
from clerkwork.errors import ApplicationException
from clerkwork.model.project.locators import Fingerprint
from clerkwork.testing.portal import Portal
from clerkwork.testing.tryton.install import Place
from clerkwork.testing.tryton.process import Tryton

HERE = Path(__file__).parent
REPORT = HERE.parent / "docs" / "benchmarks.md"
DEVELOPED = (
    "rename",
    "strip",
    "wrap",
    "reorder",
    "decorate",
    "synonym",
    "cut",
    "iframe",
    "late",
    "popup",
    "twin",
    "table",
    "retype",
    "reheading",
    "extra",
    "duplicate",
)
HELD_OUT = ("translate", "shadow", "custom", "unlabel", "stack", "unit", "hint", "editable")
LATER = (
    "split",
    "prefill",
    "aria",
    "legend",
    "disabled",
    "sticky",
    "rtl",
    "columns",
    "filter",
    "accelerator",
    "bystander",
    "number",
)
LATER_HELD_OUT = (
    "tooltip",
    "sameid",
    "icon",
    "nested",
    "floating",
    "bilingual",
    "help",
    "below",
    "tabs",
    "zoom",
    "companion",
    "archive",
)
THIRD = (
    "cssorder",
    "words",
    "chain",
    "element",
    "rerender",
    "hiddenforms",
    "partly",
    "numbers",
    "typeahead",
    "keyboard",
    "cookies",
    "delivery",
    "errors",
    "swapped",
    "trailing",
    "longer",
    "abbreviated",
    "sibling",
)
PANES = (
    "pane",
    "paneinpane",
    "sideways",
    "stickyhead",
    "stickypage",
    "panetwin",
    "virtual",
    "virtualtwin",
)
MARK = """([selector, key]) => {
  const look = root => {
    for (const element of root.querySelectorAll("*")) {
      const inner = element.shadowRoot || element.contentDocument;
      const found = element.matches(selector) && element.checkVisibility() ? element
        : inner && look(inner);
      if (found) return found;
    }
    return null;
  };
  const element = look(document);
  if (element) element.__truth = key;
  return Boolean(element);
}"""
TRUTHS = "() => window.__clerkworkFound.map(e => e.__truth || '')"
SCRIPTS = ("mutations_later.js", "mutations_third.js", "mutations_panes.js", "mutations.js")
ADDRESS = "http://page.invalid/"
TIMEOUT_S = 1.5


@dataclass
class Tally:
    """Numbers of fields by result: right, wrong, stopped."""

    counts: Counter[str] = field(default_factory=Counter)
    misses: Counter[str] = field(default_factory=Counter)

    def share(self, what: str) -> float:
        """Return the percentage of fields with the result *what*."""
        return 100 * self.counts[what] / max(1, self.counts.total())


@dataclass(frozen=True, kw_only=True)
class Case:
    """One page with the mutations to apply."""

    page: str
    mutations: tuple[str, ...]
    seed: int


class Bench:
    """The recorded pages, and one browser page to mutate them in."""

    def __init__(self, page: Page, stills: dict[str, str]) -> None:
        self._page = page
        self._stills = stills
        self._shown = ""
        watch(page)
        page.route(ADDRESS, lambda route: route.fulfill(body=self._shown, content_type="text/html"))
        self.words = yaml.safe_load((HERE / "pages.yaml").read_text(encoding="utf-8"))
        parts = [HERE / name for name in SCRIPTS]
        self._script = "\n".join(part.read_text(encoding="utf-8") for part in parts)
        self.recorded: dict[str, dict[str, Fingerprint]] = {}
        for name in stills:
            self.recorded[name] = self._record(name)

    def run(self, case: Case) -> Iterator[tuple[str, str, str]]:
        """Yield the key, result and reason of each field; nothing if a mutation does not apply."""
        self._open(case.page)
        self._page.evaluate(f"() => {{ {self._script} }}")
        words = {key: facts[1:] for key, facts in self.words[case.page].items()}
        try:
            self._page.evaluate("a => window.__bench(...a)", [case.mutations, case.seed, words])
        except Error as error:
            if "Error: " not in error.message and "TypeError" not in error.message:
                raise
            return
        settle(self._page)
        recorded = self.recorded[case.page]
        wanted = [
            Wanted(words=name_of(seen), recorded=seen, row=0 if seen.header else None)
            for seen in recorded.values()
        ]
        answers = find_fields(self._page, wanted, timeout_s=TIMEOUT_S)
        if any(
            map(_gone, answers)
        ):  # search again for elements that were replaced, as when filling a form
            answers = find_fields(self._page, wanted, timeout_s=TIMEOUT_S)
        for key, answer in zip(recorded, answers, strict=True):
            yield key, *_judge(key, answer)

    def _open(self, name: str) -> None:
        self._shown = self._stills[name]
        self._page.goto(ADDRESS, wait_until="load")
        for key, facts in self.words[name].items():
            if not self._page.evaluate(MARK, [facts[0], key]):
                raise SystemExit(f"benchmarks/pages.yaml: {name} shows no {key} ({facts[0]})")

    def _record(self, name: str) -> dict[str, Fingerprint]:
        self._open(name)
        frames, fields = look(self._page)
        truths = [frame.evaluate(TRUTHS) for frame in frames]
        return {
            truths[one.frame][one.place]: one.seen for one in fields if truths[one.frame][one.place]
        }


def _gone(answer: LocatedField | ApplicationException) -> bool:
    return isinstance(answer, LocatedField) and not answer.element.evaluate("e => e.isConnected")


def _judge(key: str, answer: LocatedField | ApplicationException) -> tuple[str, str]:
    if isinstance(answer, ApplicationException):
        return "stopped", str(answer)[:300]
    if _gone(answer):
        return "stopped", "what was found is no longer there"
    truth = answer.element.evaluate("e => e.__truth || ''")
    seen = answer.seen.model_dump_json(exclude_defaults=True)
    why = f"{answer.found_by} {answer.score:.1f}: {seen}"
    return ("right" if truth == key else "wrong"), f"took {truth or 'another'} by {why[:400]}"


def singles(names: Iterable[str], seeds: range, held: Iterable[str]) -> list[Case]:
    """Return one case for each page, mutation and seed."""
    return [
        Case(page=name, mutations=(mutation,), seed=seed)
        for name in names
        for mutation in held
        for seed in seeds
    ]


def triples(names: list[str], count: int, held: list[str], first: int) -> list[Case]:
    """Return *count* cases of three different mutations, drawn with a fixed seed."""
    draw = random.Random(first)  # noqa: S311 - a repeatable draw is wanted
    return [
        Case(
            page=draw.choice(names),
            mutations=tuple(draw.sample(held, 3)),
            seed=draw.randrange(10**6),
        )
        for _ in range(count)
    ]


def measure(bench: Bench, cases: list[Case], *, shown: bool) -> Tally:
    """Run *cases* and count the results of all fields."""
    tally = Tally()
    for case in cases:
        for key, outcome, why in bench.run(case):
            tally.counts[outcome] += 1
            if outcome == "right":
                continue
            names = "+".join(case.mutations)
            tally.misses[f"{outcome} {names}" if len(case.mutations) == 1 else outcome] += 1
            if shown:
                _say(f"{outcome:8}{case.page} {names} seed {case.seed} {key}: {why}")
    return tally


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Run the benchmark with the options of the command line."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seeds", type=int, default=2)
    options.add_argument("--first", type=int, default=101, help="the first seed")
    options.add_argument("--triples", type=int, default=60)
    options.add_argument("--only", default="")
    options.add_argument("--pages", default="")
    options.add_argument("--held-out", action="store_true")
    options.add_argument("--shown", action="store_true")
    options.add_argument("--write", action="store_true")
    chosen = options.parse_args()
    pages.install()
    with (
        tempfile.TemporaryDirectory() as folder,
        Portal(Path(folder) / "portal.db") as portal,
        Tryton(Place(pages.TRYTON), Path(folder)) as erp,
        pages.served(pages.MINIWOB) as address,
        sync_playwright() as playwright,
    ):
        found = executable.find("", lambda: playwright.chromium.executable_path)
        browser = playwright.chromium.launch(executable_path=found.path)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        stills = pages.snapshots(page, Path(folder), portal, address)
        stills["tryton"] = pages.tryton(page, erp)
        if chosen.pages:
            stills = {name: stills[name] for name in chosen.pages.split(",")}
        bench = Bench(page, stills)
        rows = _rows(bench, chosen)
        browser.close()
    _say("\n".join(rows))
    if chosen.write:
        write_table("locators", rows)


def _rows(bench: Bench, chosen: argparse.Namespace) -> list[str]:
    names = list(bench.recorded)
    sets = {"chosen": chosen.only.split(",")} if chosen.only else _sets(held_out=chosen.held_out)
    rows = [
        "| mutations | at once | fields | right | wrong | stopped | what was missed |",
        "|---|---|---|---|---|---|---|",
    ]
    seeds = range(chosen.first, chosen.first + chosen.seeds)
    for title, part in sets.items():
        rows.append(_row(title, 1, measure(bench, singles(names, seeds, part), shown=chosen.shown)))
    earlier = [name for title, part in sets.items() if "later" not in title for name in part]
    every = [name for part in sets.values() for name in part]
    drawn = {"the first two sets": earlier, "all sets": every}
    for title, part in drawn.items() if len(every) > 2 else ():
        cases = triples(names, chosen.triples, part, chosen.first)
        rows.append(_row(title, 3, measure(bench, cases, shown=chosen.shown)))
    return rows


def _sets(*, held_out: bool) -> dict[str, Sequence[str]]:
    sets: dict[str, Sequence[str]] = {"developed with": DEVELOPED, "later ones": LATER}
    if held_out:
        sets = {
            "developed with": DEVELOPED,
            "held out": HELD_OUT,
            "later ones": LATER,
            "later ones, held out": LATER_HELD_OUT,
            "the third set": THIRD,
            "panes that scroll": PANES,
        }
    return sets


def _row(title: str, at_once: int, tally: Tally) -> str:
    total = tally.counts.total()
    shares = " | ".join(f"{tally.share(what):.2f} %" for what in ("right", "wrong", "stopped"))
    missed = ", ".join(f"{what} ({count})" for what, count in tally.misses.most_common(6))
    return f"| {title} | {at_once} | {total} | {shares} | {missed or '-'} |"


def write_table(name: str, rows: list[str]) -> None:
    """Write *rows* between the markers *name* in docs/benchmarks.md."""
    text = REPORT.read_text(encoding="utf-8")
    start, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    before, _, rest = text.partition(start)
    _, _, after = rest.partition(end)
    body = "\n".join([start, *rows, end])
    REPORT.write_text(before + body + after, encoding="utf-8")


if __name__ == "__main__":
    main()
