"""Closing a client's connection without an answer, which a web framework does not offer."""

import asyncio
from typing import ClassVar

from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol


class KnownConnections(H11Protocol):
    """An HTTP protocol that remembers its open connections by the client's address."""

    open: ClassVar[dict[tuple[str, int], asyncio.Transport]] = {}

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Remember the connection."""
        super().connection_made(transport)
        self.open[transport.get_extra_info("peername")] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        if self.client is not None:
            self.open.pop(self.client, None)
        super().connection_lost(exc)


def hang_up(request: Request) -> None:
    """Close the connection of *request*, so that its answer is lost."""
    client = request.client
    if client and (transport := KnownConnections.open.get((client.host, client.port))):
        transport.abort()
