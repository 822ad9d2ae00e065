"""Pages for the locator benchmark: portal, Tryton, MiniWoB++, Django's admin, and handmade ones.

Tryton and the two packages are installed when needed and not kept in the repository. The handmade
pages have structures that the real ones lack: repeated sections, frames, shadow roots, and so on.
"""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Page

from clerkwork.browser.locate.group_match import Wanted
from clerkwork.browser.locate.locate import find_button, find_field
from clerkwork.browser.page.settle import settle, watch
from clerkwork.testing.portal import Portal
from clerkwork.testing.tryton.process import Tryton

ROOT = Path(__file__).parent.parent
LATE_S = 60.0
TRYTON = ROOT / "var" / "tryton"
MADE = Path(__file__).with_name("made")
PACKAGES = ROOT / "var" / "bench-packages"
NAMES = ("miniwob==1.1.0", "django==5.2.*", "asgiref>=3.8,<4", "sqlparse>=0.5,<1")
MINIWOB = PACKAGES / "miniwob" / "html"
_ADMIN = """
import django, sys
from django.conf import settings
settings.configure(SECRET_KEY="benchmark", ROOT_URLCONF="__main__", USE_I18N=False,
    ALLOWED_HOSTS=["*"],
    STATIC_URL="/static/", INSTALLED_APPS=["django.contrib." + name for name in
        ("admin", "auth", "contenttypes", "sessions", "messages")],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    MIDDLEWARE=[], TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True, "OPTIONS": {"context_processors": [
            "django.template.context_processors.request",
            "django.contrib.auth.context_processors.auth",
            "django.contrib.messages.context_processors.messages"]}}],
    SILENCED_SYSTEM_CHECKS=["admin"])
django.setup()
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import RequestFactory
from django.urls import path
urlpatterns = [path("admin/", admin.site.urls)]
call_command("migrate", verbosity=0)
user = User.objects.create_superuser("clerk")
request = RequestFactory().get("/admin/auth/user/1/change/")
request.user, request.session = user, {}
answer = admin.site._registry[User].change_view(request, str(user.pk)).render()
sys.stdout.buffer.write(answer.content)
"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def install() -> None:
    """Install the packages with the pages if they are missing."""
    if not MINIWOB.exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
        subprocess.run([*pip, "--target", str(PACKAGES), *NAMES], check=True)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve *folder* on a free port of this machine and return its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def admin_page() -> str:
    """Return the page of Django's admin for changing a user."""
    code = f"import sys; sys.path.insert(0, {str(PACKAGES)!r})\n{_ADMIN}"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return done.stdout.decode()


def snapshots(page: Page, folder: Path, portal: Portal, address: str) -> dict[str, str]:
    """Return each page's HTML without scripts, as shown by the browser when the page is idle."""
    page.goto(portal.url + "/login")
    page.locator("[name=username]").fill(portal.username)
    page.locator("[name=password]").fill(portal.password)
    page.locator("form#login button").click()
    page.locator("header nav").first.wait_for()
    found = {}
    page.goto(portal.url + "/orders/new")
    page.locator("form#order[aria-busy=false]").wait_for()
    page.locator("#add-line").click()
    found["portal"] = _still(page, portal.url)
    for name, path in (("airline_one", "flight/AA"), ("airline_two", "flight/Alaska-auto")):
        page.route("**/*.js", lambda route: route.abort())
        page.goto(f"{address}/{path}/index.html", wait_until="load")
        page.unroute("**/*.js")
        found[name] = _still(page, f"{address}/{path}/")
    (folder / "admin.html").write_text(admin_page(), encoding="utf-8")
    page.goto((folder / "admin.html").as_uri())
    found["admin"] = _still(page, address)
    for name, task in (("movies", "multi-orderings"), ("login", "login-user")):
        page.goto(f"{address}/miniwob/{task}.html")
        page.evaluate("() => { Math.seedrandom('7'); core.startEpisodeReal(); }")
        if name == "movies":
            page.evaluate(
                """() => { const rows = [...document.querySelectorAll('#area tr')];
                for (const word of ['Genre', 'Director', 'Year']) {
                  const row = rows.find(r => r.innerText.includes(word));
                  row.parentElement.append(row); } }"""
            )
        found[name] = _still(page, f"{address}/miniwob/")
    return found | made()


def tryton(page: Page, server: Tryton) -> str:
    """Return the form of Tryton's web client for a new purchase."""
    watch(page)
    page.goto(f"{server.url}/#po/model/purchase.purchase")
    find_field(page, Wanted(words="User name"), timeout_s=LATE_S).element.fill(server.username)
    find_button(page, "Login", timeout_s=LATE_S).click()
    page.locator("input[type=password]:visible").fill(server.password)
    find_button(page, "OK", timeout_s=LATE_S).click()
    settle(page)
    find_button(page, "New", timeout_s=LATE_S).click()
    find_field(page, Wanted(words="Purchase Date"), timeout_s=LATE_S)
    settle(page)
    return _still(page, f"{server.url}/")


def made() -> dict[str, str]:
    """Return the pages of the folder ``made``, each with a different structure."""
    return {file.stem: file.read_text(encoding="utf-8") for file in sorted(MADE.glob("*.html"))}


def _still(page: Page, address: str) -> str:
    return str(
        page.evaluate(
            """address => {
              const copy = document.documentElement.cloneNode(true);
              for (const part of copy.querySelectorAll("script, base, #sync-task-cover"))
                part.remove();
              const base = document.createElement("base");
              base.href = address;
              copy.querySelector("head").prepend(base);
              for (const part of copy.querySelectorAll("*"))
                for (const {name} of [...part.attributes])
                  if (name.startsWith("on")) part.removeAttribute(name);
              return "<!DOCTYPE html>" + copy.outerHTML;
            }""",
            address,
        )
    )
