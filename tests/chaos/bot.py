"""The campaign's bot, and the screen over HTTP that its page functions work on."""

import http.client
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel

from clerkwork import ApplicationException, Receipt, Run, bot
from clerkwork.model.project.targets import Target
from tests.chaos import seams
from tests.chaos.target import monotonic_ms

TIMEOUT_S = 20


class Order(BaseModel):
    """An order of a few lines."""

    number: str
    lines: list[str]


class HttpScreen:
    """What a page function needs of a screen, without a browser."""

    def __init__(self, address: str, on_message: Callable[[str, Any], Any]) -> None:
        self._address = address
        self._on_message = on_message

    def about_to_submit(self) -> None:
        seams.reach("before the fence")
        self._on_message("about_to_submit", None)
        seams.reach("about to post")

    def ask(self, method: str, path: str, body: str | None = None) -> Any:
        """Return the target's answer."""
        connection = http.client.HTTPConnection(self._address, timeout=TIMEOUT_S)
        try:
            headers = {"X-Sent-Ms": str(monotonic_ms())}
            connection.request(method, path, body and body.encode(), headers)
            if body is not None:
                seams.reach("posted")
            return json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException) as error:
            raise ApplicationException("no_answer", "The target did not answer.") from error
        finally:
            connection.close()


class HttpBrowser:
    """Calls a page function in this process."""

    def call(
        self,
        target: Target,
        function: Callable[..., Any],
        *arguments: Any,
        on_message: Callable[[str, Any], Any],
        **_: object,
    ) -> Any:
        return function(HttpScreen(target.base_url, on_message), *arguments)

    def close(self) -> None:
        pass


class NoReader:
    """A worker without documents."""

    def read(self, *_: object) -> Any:
        raise AssertionError("no document is read in the campaign")

    def close(self) -> None:
        pass


def find(screen: HttpScreen, order: Order) -> list[Receipt]:
    """Look the order up."""
    bodies = screen.ask("GET", f"/orders/{quote(order.number)}")
    return [
        Receipt(
            confirmation=order.number,
            reference=order.number,
            differences=[] if Order.model_validate_json(body) == order else ["lines differ"],
        )
        for body in bodies
    ]


def enter(screen: HttpScreen, order: Order) -> Receipt:
    """Enter the order."""
    screen.about_to_submit()
    answer = screen.ask("POST", "/orders", order.model_dump_json())
    seams.reach("answered")
    return Receipt(confirmation=answer["number"], reference=order.number)


@bot(target="erp")
def entering(order: Order, run: Run) -> Receipt:
    """Price an order, enter it, and file the receipt."""
    run.step("price", len, order.lines)
    receipt = run.effect("enter", order, key="number", find=find, do=enter)
    run.step("file", str, receipt.confirmation)
    return receipt
