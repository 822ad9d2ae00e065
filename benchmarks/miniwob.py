"""Solves MiniWoB++ forms with one script for all tasks, guided only by the task's sentence.

The script searches the sentence for the labels of the page's fields, next to the values that are
bold or in quotation marks. With --write, the table is written to docs/benchmarks.md.

Usage: python -m benchmarks.miniwob [--seeds N] [--write]
"""

import argparse
import re
import sys

from playwright.sync_api import Error, Page, sync_playwright

from benchmarks import pages
from benchmarks.locators import write_table
from clerkwork.browser.locate.group_match import Wanted
from clerkwork.browser.locate.locate import find_button, find_field
from clerkwork.browser.page.controls import FoundEntry
from clerkwork.browser.process import executable
from clerkwork.errors import ApplicationException

TASKS = ("multi-layouts", "multi-orderings", "login-user-popup")
SUBMIT = ("Submit", "Login", "Log in", "Search", "Go", "OK", "Send", "Save")
REFUSE = ("Cancel", "Close", "No thanks", "Not now", "×")
# What a sentence calls a value when it does not use the word of a form.
SPOKEN = {"movies": "genre", "directed by": "director", "from year": "year"}


def asked(page: Page) -> dict[str, str]:
    """Return the values in the task's sentence, by the labels that it uses for them."""
    query = page.locator("#query")
    text = " ".join(query.inner_text().split())
    if quoted := re.findall(r'(\w+) "([^"]*)"', text):
        return dict(quoted)
    found = {}
    for value in query.locator("b").all_inner_texts():
        before, _, after = text.partition(value)
        names = [name for words, name in SPOKEN.items() if before.endswith(f"{words} ")]
        names += [name for words, name in SPOKEN.items() if after.startswith(f" {words}")]
        found[names[0]] = value
        text = before + " " * len(value) + after
    return found


def solve(page: Page) -> None:
    """Fill the form by its labels and submit it; dismiss pop-ups instead of following them."""
    values = asked(page)
    for _ in range(4):
        try:
            for words, text in values.items():
                field = _field(page, words)
                if field.value() != text:
                    field.fill(text)
            if all(_field(page, words).value() == text for words, text in values.items()):
                break
        except (ApplicationException, Error):
            find_button(page, *REFUSE, timeout_s=5).click()
    find_button(page, *SUBMIT, timeout_s=5).click()


def _field(page: Page, words: str) -> FoundEntry:
    found = find_field(page, Wanted(words=words), timeout_s=5)
    return FoundEntry(page, found.element, found)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Run every task with every seed, and print the number of solved ones."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seeds", type=int, default=100)
    options.add_argument("--write", action="store_true")
    chosen = options.parse_args()
    pages.install()
    with pages.served(pages.MINIWOB) as address, sync_playwright() as playwright:
        found = executable.find("", lambda: playwright.chromium.executable_path)
        page = playwright.chromium.launch(executable_path=found.path).new_page()
        page.set_default_timeout(10_000)
        rows = ["| task | solved |", "|---|---|"]
        for task in TASKS:
            page.goto(f"{address}/miniwob/{task}.html")
            page.evaluate("core.EPISODE_MAX_TIME = 60000")
            good = sum(_solved(page, task, seed) for seed in range(chosen.seeds))
            rows.append(f"| {task} | {good} of {chosen.seeds} |")
            _say(rows[-1])
    if chosen.write:
        write_table("miniwob", rows)


def _solved(page: Page, task: str, seed: int) -> bool:
    page.evaluate("seed => { Math.seedrandom(String(seed)); core.startEpisodeReal(); }", seed)
    try:
        solve(page)
    except (ApplicationException, Error) as error:
        _say(f"{task} seed {seed}: {str(error)[:300]}")
        page.evaluate("core.endEpisode(-1)")
        return False
    return bool(page.evaluate("WOB_RAW_REWARD_GLOBAL") == 1)


if __name__ == "__main__":
    main()
