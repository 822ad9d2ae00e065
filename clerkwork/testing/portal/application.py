"""The portal's pages: login, home, search, supplier list, order form, confirmation, order view."""

import secrets
import threading
import time
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from starlette.datastructures import FormData

from clerkwork import clock
from clerkwork.model.orders import PurchaseOrder
from clerkwork.testing.portal import records
from clerkwork.testing.portal.connections import hang_up
from clerkwork.testing.portal.faults import Fault, Faults, FaultSchedule, RequestKind
from clerkwork.testing.portal.forms import MAX_FIELDS, read_order
from clerkwork.testing.portal.texts import translate

HERE = Path(__file__).parent
COOKIE = "portal_session"
OFFERED_SUPPLIERS = 8


class _LoginNeeded(Exception):
    """The request has no valid session."""


class _AnswerLost(Exception):
    """The client gets no answer: its connection is closed."""


class _Failure(Exception):
    """The client gets an error page."""

    def __init__(self, status: int) -> None:
        self.status = status


class Office:
    """The state that all requests share: the database, the sessions and the faults.

    Attributes:
        database: The portal's SQLite file.
        password: Password of the user ``clerk``.
        schedule: The schedule of faults.
    """

    def __init__(self, database: Path, password: str, schedule: FaultSchedule) -> None:
        self.database = database
        self.password = password
        self.schedule = schedule
        self._sessions: set[str] = set()
        self._templates = Jinja2Templates(HERE / "templates")

    def log_in(self, user: str, password: str) -> str | None:
        """Return the token of a new session, or None if user or password is wrong."""
        if user != "clerk" or not secrets.compare_digest(password.encode(), self.password.encode()):
            return None
        token = secrets.token_urlsafe(24)
        self._sessions.add(token)
        return token

    def enter(self, request: Request, kind: RequestKind) -> Fault:
        """Draw a fault for *request* and apply it, or return it if it applies later.

        Raises:
            _LoginNeeded: The request has no valid session.
            _Failure: The fault is an error page.
            _AnswerLost: The fault is a lost answer.
        """
        fault = self.schedule.draw(kind)
        token = request.cookies.get(COOKIE, "")
        if fault is Fault.SLOW:
            time.sleep(self.schedule.faults.slow_ms / 1000)
        elif fault is Fault.ERROR_500:
            raise _Failure(500)
        elif fault is Fault.SESSION_EXPIRY:
            self._sessions.discard(token)
        elif fault is Fault.LOST_ANSWER and kind is not RequestKind.SUBMIT:
            raise _AnswerLost
        if kind is not RequestKind.LOGIN and token not in self._sessions:
            raise _LoginNeeded
        return fault

    def leave(self, request: Request) -> None:
        """End the session of *request*."""
        self._sessions.discard(request.cookies.get(COOKIE, ""))

    def commit(self, order: PurchaseOrder, fault: Fault) -> str:
        """Save *order*, apply *fault*, and return the confirmation number.

        It runs to its end even if the client disconnects meanwhile.
        """
        late_s = self.schedule.faults.late_commit_ms / 1000
        if fault is Fault.GATEWAY_TIMEOUT:
            threading.Timer(late_s, records.add, (self.database, order)).start()
            raise _Failure(504)
        if fault is Fault.LATE_COMMIT:
            time.sleep(late_s)
        confirmation = records.add(self.database, order)
        if fault is Fault.LOST_ANSWER:
            raise _AnswerLost
        if fault is Fault.ERROR_AFTER_COMMIT:
            raise _Failure(500)
        return confirmation

    def show(self, request: Request, name: str, status: int = 200, **facts: Any) -> HTMLResponse:
        """Return the page *name* in the reader's language."""
        language = request.query_params.get("lang") or request.cookies.get("lang") or "en"
        facts |= {"lang": language, "t": lambda text: translate(text, language)}
        page = self._templates.TemplateResponse(request, f"{name}.html", facts, status_code=status)
        page.set_cookie("lang", "zh" if language == "zh" else "en")
        return page


def create(database: Path, *, password: str, faults: Faults, seed: int) -> FastAPI:
    """Return the portal as an ASGI application; create *database* if it is missing."""
    records.prepare(database)
    office = Office(database, password, FaultSchedule(faults, seed))
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/static", StaticFiles(directory=HERE / "static"))
    _add_door(app, office)
    _add_reading(app, office)
    _add_ordering(app, office)
    _add_answers(app, office)
    return app


async def _form(request: Request) -> FormData:
    return await request.form(max_fields=MAX_FIELDS)


Form = Annotated[FormData, Depends(_form)]


def _add_door(app: FastAPI, office: Office) -> None:
    @app.get("/login")
    def login_page(request: Request, ended: bool = False) -> Response:
        return office.show(request, "login", ended=ended)

    @app.post("/login")
    def login(request: Request, form: Form) -> Response:
        office.enter(request, RequestKind.LOGIN)
        token = office.log_in(str(form.get("username", "")), str(form.get("password", "")))
        if token is None:
            return office.show(request, "login", status=401, wrong=True)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(COOKIE, token, httponly=True, samesite="lax")
        return answer

    @app.post("/logout")
    def logout(request: Request) -> Response:
        office.leave(request)
        return RedirectResponse("/login", 303)

    @app.post("/test/faults", status_code=204)
    def switch(faults: Faults) -> Response:
        office.schedule.switch(faults)
        return Response(status_code=204)


def _add_reading(app: FastAPI, office: Office) -> None:
    @app.get("/")
    def home(request: Request) -> Response:
        office.enter(request, RequestKind.PAGE)
        count, recent = records.search(office.database, "", 1)
        return office.show(request, "home", count=count, recent=recent[:5])

    @app.get("/orders")
    def orders(request: Request, reference: str = "", page: int = 1) -> Response:
        office.enter(request, RequestKind.PAGE)
        count, found = records.search(office.database, reference, page)
        more = count > page * records.PAGE_SIZE
        facts: dict[str, Any] = {"reference": reference, "count": count, "found": found}
        return office.show(request, "orders", **facts, next_page=page + 1 if more else None)

    @app.get("/orders/{confirmation}/confirmation")
    def confirmation_page(request: Request, confirmation: str) -> Response:
        office.enter(request, RequestKind.PAGE)
        return office.show(request, "confirmation", confirmation=confirmation)

    @app.get("/api/suppliers")
    def suppliers(request: Request, q: str) -> list[str]:
        office.enter(request, RequestKind.API)
        found = [name for name in records.SUPPLIERS if q.strip().lower() in name.lower()]
        return found[:OFFERED_SUPPLIERS]

    @app.get("/api/defaults")
    def defaults(request: Request) -> dict[str, str]:
        office.enter(request, RequestKind.API)
        return {"order_date": clock.now().date().isoformat(), "currency": "USD"}


def _add_ordering(app: FastAPI, office: Office) -> None:
    @app.get("/orders/new")
    def form_page(request: Request) -> Response:
        office.enter(request, RequestKind.PAGE)
        return office.show(request, "order_form", currencies=records.CURRENCIES)

    @app.post("/orders")
    def submit(request: Request, form: Form) -> Response:
        fault = office.enter(request, RequestKind.SUBMIT)
        order, problems = read_order(form)
        if order is None:
            return office.show(request, "refused", status=422, problems=problems)
        confirmation = office.commit(order, fault)
        return RedirectResponse(f"/orders/{confirmation}/confirmation", 303)

    @app.get("/orders/{confirmation}")  # after /orders/new, which it would swallow
    def order_page(request: Request, confirmation: str) -> Response:
        office.enter(request, RequestKind.PAGE)
        entered = records.get(office.database, confirmation)
        if entered is None:
            raise _Failure(404)
        return office.show(request, "order", entered=entered)


def _add_answers(app: FastAPI, office: Office) -> None:
    @app.exception_handler(_LoginNeeded)
    async def to_login(request: Request, _: Exception) -> Response:
        if request.url.path.startswith("/api/"):
            return JSONResponse({"problem": "log in"}, 401)
        return RedirectResponse("/login?ended=true", 303)

    @app.exception_handler(_AnswerLost)
    async def to_nobody(request: Request, _: Exception) -> Response:
        hang_up(request)
        return Response()

    @app.exception_handler(_Failure)
    async def to_error_page(request: Request, error: Exception) -> Response:
        status = error.status if isinstance(error, _Failure) else 500
        return office.show(request, "error", status=status, code=status)
