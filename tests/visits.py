"""Functions that tests run on a page, in the browser's process; children import them from here."""

import contextlib
import os
import signal
from collections.abc import Sequence
from pathlib import Path

from clerkwork import ApplicationException, Screen
from clerkwork.browser.page.screen import PlaywrightScreen
from clerkwork.processes import family

FORM = """<title>form</title><input name="user" value="clerk">
<input type="password" value="portal-demo"><button>one</button><button>two</button>"""

MOVING = """<style>button{position:fixed;width:90px;height:40px;left:20px}</style>
<button id=save style="top:20px">Save</button><button id=other style="top:200px">Discard</button>
<script>
window.clicked = "";
addEventListener("pointermove", () => {
  if (window.moved) return;
  window.moved = true;
  HOW
});
document.querySelectorAll("button").forEach(
  one => one.addEventListener("click", () => { window.clicked += one.textContent; }));
</script>"""


def title_of_first_page(screen: Screen) -> str:
    screen.page.goto(screen.base_url + "/login")
    return screen.page.locator("h1").inner_text()


def hang(screen: Screen) -> None:
    """Block the page for ever; no time-out of Playwright's ends this."""
    screen.page.set_default_timeout(0)
    screen.page.evaluate("() => { while (true); }")


def eat_memory(screen: Screen) -> None:
    screen.log("eating")
    screen.page.evaluate(
        """async () => { window.kept = [];
        while (true) { window.kept.push(new Uint8Array(2e7).fill(7));
          await new Promise(done => setTimeout(done, 1)); } }"""
    )


def fill_heap(screen: Screen) -> None:
    screen.page.goto("about:blank")
    screen.page.evaluate("() => { const kept = []; while (true) kept.push([kept.length]); }")


def crash_page(screen: Screen) -> None:
    screen.page.goto("about:blank")
    _kill_those_with("--type=renderer")
    screen.page.locator("h1").inner_text()


def crash_browser(screen: Screen) -> None:
    screen.page.goto("about:blank")
    _kill_those_with("--headless")
    screen.page.locator("h1").inner_text()


def kill_own_process(screen: Screen) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def want_missing(screen: Screen) -> None:
    _form(screen)
    screen.page.locator("#confirm-button").click(timeout=300)


def want_ambiguous(screen: Screen) -> None:
    _form(screen)
    screen.page.locator("button").click(timeout=20_000)


def slow_page(screen: Screen) -> None:
    screen.page.goto(screen.base_url + "/login")
    screen.page.goto(screen.base_url + "/", timeout=200)


def foreign_host(screen: Screen) -> None:
    screen.page.goto("http://nowhere.invalid/orders?number=PO-1")


def picture_of_field(screen: Screen, kind: str) -> None:
    """Keep a picture of nothing but a blue input field of this type."""
    screen.page.set_content(
        "<style>body{margin:0} input{width:100vw;height:100vh;border:0;background:blue}</style>"
        f"<input type={kind}>"
    )
    screen.keep("field")


def own_error(screen: Screen) -> None:
    _form(screen)
    raise ApplicationException("of_its_own", "The {thing} is wrong.", thing="form")


def bug(screen: Screen) -> None:
    raise KeyError("lines")


def cookies(screen: Screen, name: str) -> list[str]:
    """Set a cookie of this name and return the names of those that were there before."""
    screen.page.goto(screen.base_url + "/login")
    before = sorted(cookie["name"] for cookie in screen.page.context.cookies())
    address = {"name": name, "value": "1", "url": screen.base_url}
    screen.page.context.add_cookies([address])
    return before


def send_once(screen: Screen) -> str:
    """Submit a form once, on a connection that was used before; return where it led to."""
    screen.page.goto(screen.base_url + "/login")
    screen.about_to_submit()
    screen.page.locator("[name=username]").fill(screen.username)
    screen.page.locator("[name=password]").fill(screen.password)
    screen.page.locator("form#login button").click()
    screen.page.locator("header nav, body.neterror").first.wait_for(state="attached")
    return str(screen.page.url)


def _form(screen: Screen) -> None:
    screen.page.set_content(FORM)


def _kill_those_with(word: str) -> None:
    for pid in family(os.getpid())[1:]:
        with contextlib.suppress(OSError):
            if word in Path(f"/proc/{pid}/cmdline").read_text():
                os.kill(pid, signal.SIGKILL)


def picture_of_secret(screen: Screen, secret: str, hidden: bool) -> None:
    """Keep a picture of a page that shows *secret* in a field, a text, a shadow root, a dialog."""
    screen.page.set_content(
        "<p>Account</p><p><b></b></p><input name=code><div></div><dialog><p></p></dialog>"
    )
    screen.page.evaluate(
        """secret => {
          document.querySelector("b").textContent = secret;
          document.querySelector("input").value = secret;
          document.querySelector("dialog p").textContent = secret;
          document.querySelector("div").attachShadow({mode: "open"}).innerHTML = `<i>${secret}</i>`;
          document.querySelector("dialog").showModal();
        }""",
        secret,
    )
    if hidden:
        screen.hide([secret])  # type: ignore[attr-defined]  # dynamic
    screen.keep("secret")


def click_while_moving(screen: Screen, how: str) -> str:
    """Click *Save* on a page that moves when the mouse comes; return which button was clicked."""
    screen.page.set_content(MOVING.replace("HOW", how))
    screen.button("Save").click()
    return str(screen.page.evaluate("window.clicked"))


def click_one_of(screen: PlaywrightScreen, words: str, buttons: Sequence[str]) -> str:
    """Click the button called *words* on a page with these; return which one was clicked."""
    shown = "".join(f"<button onclick='said = this.textContent'>{one}</button>" for one in buttons)
    screen.page.set_content(f"<script>said = ''</script>{shown}")
    screen.click(words)
    return str(screen.page.evaluate("said"))
