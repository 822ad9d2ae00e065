"""Makes the screenshots of the documentation.

Usage: ``python tools/make_pictures.py http://127.0.0.1:8700``, while the demo is running. The
review is one of the demo; it is opened but not claimed. The metrics are of three weeks of invented
items, because the demo has run for minutes only.
"""

import os
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, ViewportSize, sync_playwright

from clerkwork import clock
from clerkwork.app import open_app
from clerkwork.browser.process.executable import find
from clerkwork.testing.filled_store import Filler
from clerkwork.web.console import create_console, make_server

HOME = Path(__file__).resolve().parent.parent
FOLDER = HOME / "docs" / "pictures"
ITEMS = 1500
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
        with _filled_console() as filled:
            _take(page, f"{filled}/metrics?days=30", "metrics.png")
        browser.close()


@contextmanager
def _filled_console() -> Iterator[str]:
    """Serve the console of a project with invented items, and yield its address."""
    os.environ.setdefault("CLERKWORK_PORTAL_PASSWORD", "portal-demo")
    with tempfile.TemporaryDirectory() as folder, socket.socket() as listener:
        root = Path(folder)
        for part in ("bots", "workflows", "config"):
            shutil.copytree(HOME / part, root / part)
        app = open_app(root)
        Filler(store=app.store, evidence=app.evidence, now=clock.now()).fill(ITEMS)
        listener.bind(("127.0.0.1", 0))
        listener.listen()  # a page that asks early waits instead of being refused
        server = make_server(create_console(app), "127.0.0.1", 0)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
            app.close()


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
