"""The console as an ASGI application: guards, languages, pages and error pages."""

from collections.abc import Callable
from types import ModuleType

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from clerkwork.discover import catalog_files, load_model, modules_in
from clerkwork.errors import ConfigError, StoreLost
from clerkwork.review.queue import ReviewGone
from clerkwork.web import i18n, pages
from clerkwork.web.guard import GuardMiddleware
from clerkwork.web.page_context import FOLDER, Desk, Nav, Project, make_desk

LOOPBACK = ("127.0.0.1", "localhost")


def create_console(
    project: Project, *, model_of: Callable[[str], type[BaseModel]] = load_model
) -> FastAPI:
    """Return the console of *project* as an ASGI application.

    Args:
        project: An open project.
        model_of: Returns the model class for the dotted name in a review.
    """
    i18n.load_catalogues(catalog_files(project.root))
    console = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    desk = console.state.desk = make_desk(project, model_of)
    for module in page_modules():
        console.include_router(module.router)
        if isinstance(module.NAV, Nav):
            desk.navigation.append(module.NAV)
    desk.navigation.sort(key=lambda entry: entry.order)
    console.mount("/static", StaticFiles(directory=FOLDER / "static"))
    _handle_errors(console, desk)
    console.add_middleware(i18n.LanguageMiddleware)
    console.add_middleware(GuardMiddleware)
    console.add_middleware(TrustedHostMiddleware, allowed_hosts=list(LOOPBACK))
    return console


def page_modules() -> list[ModuleType]:
    """Return the module of every page: each file in ``pages`` is one."""
    return modules_in(pages)


def make_server(console: FastAPI, host: str, port: int) -> uvicorn.Server:
    """Return a server for *console*, not yet started; ``should_exit = True`` stops it.

    Raises:
        ConfigError: *host* is not a loopback address: the console has no login yet.
    """
    if host not in LOOPBACK:
        raise ConfigError(
            "setting console.host", f"{host!r} is not loopback; write one of {', '.join(LOOPBACK)}"
        )
    return uvicorn.Server(
        uvicorn.Config(
            console,
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=2,
        )
    )


def _handle_errors(console: FastAPI, desk: Desk) -> None:
    def problem_page(request: Request, status: int, kind: str) -> Response:
        return desk.page(request, "problem", status=status, kind=kind, status_code=status)

    def refused(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 400
        return problem_page(request, status, "missing" if status == 404 else "refused")

    def unreadable(request: Request, _error: Exception) -> Response:
        return problem_page(request, 422, "refused")

    def gone(request: Request, _error: Exception) -> Response:
        return problem_page(request, 404, "missing")

    def lost(request: Request, _error: Exception) -> Response:
        return problem_page(request, 503, "lost")

    def failed(request: Request, _error: Exception) -> Response:
        return problem_page(request, 500, "failed")

    console.add_exception_handler(HTTPException, refused)
    console.add_exception_handler(RequestValidationError, unreadable)
    console.add_exception_handler(ReviewGone, gone)
    console.add_exception_handler(StoreLost, lost)
    console.add_exception_handler(Exception, failed)
