"""Checks of every request: posts from the console's own pages only, and security headers."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SAFE_METHODS = frozenset({"GET", "HEAD"})
SIGNED = "/hooks/"  # sent by other systems, which prove who they are in another way
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class GuardMiddleware:
    """Refuses posts from other sites, and sets security headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve or refuse one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        ours = scope["method"] in SAFE_METHODS or scope["path"].startswith(SIGNED)
        if ours or same_site(Headers(scope=scope), scope["scheme"]):
            await self.app(scope, receive, send_guarded)
        else:
            refusal = PlainTextResponse(
                "Refused: this request came from another site. / 已拒绝：请求来自其他网站。",
                status_code=403,
            )
            await refusal(scope, receive, send_guarded)


def same_site(headers: Headers, scheme: str) -> bool:
    """Return whether one of the console's own pages sent the request.

    Browsers say so in ``Sec-Fetch-Site``, older ones in ``Origin``; a request with neither was not
    sent by a page of the console.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return headers.get("origin") == f"{scheme}://{headers.get('host', '')}"
