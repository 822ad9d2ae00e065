"""Makes the pictures of the documentation from the console of a running project.

Usage: ``python tools/make_pictures.py http://127.0.0.1:8700``, while the demo is up. It only
looks: the review in the picture is peeked at and not claimed.
"""

import sys
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, ViewportSize, sync_playwright

from clerkwork.browser.executable import find

HOME = Path(__file__).resolve().parent.parent
FOLDER = HOME / "docs" / "pictures"
SIZE: ViewportSize = {"width": 1366, "height": 800}


def main(address: str) -> None:
    """Write ``review.png`` and ``metrics.png``, in English and in light colours."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        found = find("", lambda: playwright.chromium.executable_path)
        browser = playwright.chromium.launch(
            executable_path=found.path, args=["--no-sandbox", "--force-color-profile=srgb"]
        )
        page = browser.new_page(viewport=SIZE, color_scheme="light", locale="en-US")
        _take(page, address + review_of_a_document(page, address), "review.png")
        _take(page, f"{address}/metrics?days=30", "metrics.png")
        browser.close()


def review_of_a_document(page: Page, address: str) -> str:
    """Return the path of the open review with the most boxes on its page picture."""
    page.goto(f"{address}/queue")
    links = [link.get_attribute("href") or "" for link in page.locator("[data-row] a").all()]
    paths = [f"{urlsplit(link).path}?peek=1" for link in links]
    if not paths:
        raise SystemExit("No review is open; run the demo first.")

    def boxes(path: str) -> int:
        page.goto(address + path)
        wanting = page.locator("input[data-doubtful]").count()
        return page.locator("rect[data-box]").count() * (1 <= wanting <= 4)

    return max(paths, key=boxes)


def _take(page: Page, url: str, name: str) -> None:
    page.goto(url)
    page.wait_for_load_state("networkidle")
    page.wait_for_function("[...document.images].every(image => image.complete)")
    page.wait_for_timeout(300)
    page.screenshot(path=FOLDER / name)
    print(FOLDER / name)


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/") if len(sys.argv) > 1 else "http://127.0.0.1:8700")
