"""The baseline of the web benchmark: careful scripts that find fields by label, without evidence.

They run in the same browser and on a fresh page, like the bot, so that only the entry differs.
"""

import time

from playwright.sync_api import Page, Request, expect

from clerkwork import PurchaseOrder, Receipt, Screen

QUIET_S = 0.15  # without a request for this long, the script considers the page ready
LONGEST_S = 60


def enter_in_portal(screen: Screen, order: PurchaseOrder) -> Receipt:
    """Enter *order* in the portal, field by field."""
    page: Page = screen.page
    page.goto(f"{screen.base_url}/orders/new")
    if page.get_by_label("Password").count():
        page.get_by_label("User").fill(screen.username)
        page.get_by_label("Password").fill(screen.password)
        page.get_by_role("button", name="Log in").click()
        page.goto(f"{screen.base_url}/orders/new")
    ready = page.locator("form#order[aria-busy=false]")
    ready.wait_for()
    page.get_by_label("Order number").fill(order.number)
    page.get_by_label("Order date").fill(order.order_date.isoformat())
    page.get_by_label("Supplier").fill(order.supplier)
    page.get_by_role("option", name=order.supplier, exact=True).click()
    page.get_by_label("Currency").select_option(order.currency)
    for at, line in enumerate(order.lines):
        if at:
            page.get_by_role("button", name="Add line").click()
        page.get_by_label("Code").nth(at).fill(line.code)
        page.get_by_label("Description").nth(at).fill(line.description)
        page.get_by_label("Quantity").nth(at).fill(str(line.quantity))
        page.get_by_label("Unit price").nth(at).fill(str(line.unit_price))
    page.get_by_label("Tax").fill(str(order.tax))
    ready.wait_for()
    page.get_by_role("button", name="Submit order").click()
    return Receipt(confirmation=page.locator("#confirmation").inner_text(), reference=order.number)


def enter_in_tryton(screen: Screen, order: PurchaseOrder) -> Receipt:
    """Enter *order* in Tryton; after each step, wait until no request is open for a while."""
    page: Page = screen.page
    quiet = _Quiet(page)
    page.goto(f"{screen.base_url}/#po/model/purchase.purchase")
    quiet.wait()
    if page.get_by_label("User name").count():
        page.get_by_label("User name").fill(screen.username)
        page.get_by_role("button", name="Login").click()
        page.locator("input[type=password]").fill(screen.password)
        page.get_by_role("button", name="OK").click()
        quiet.wait()
    page.get_by_role("button", name="New").first.click()
    quiet.wait()
    page.get_by_label("Reference:", exact=True).fill(order.number)
    _choose(page, quiet, "Party:", order.supplier, order.supplier)
    _type(page, quiet, "Purchase Date:", f"{order.order_date:%m/%d/%Y}")
    for at, line in enumerate(order.lines):
        if not at:
            page.get_by_role("button", name="New", disabled=False).last.click()
            quiet.wait()
        expect(page.get_by_label("Product:", exact=True)).to_have_value("")
        _choose(page, quiet, "Product:", line.code, f"[{line.code}]")
        _type(page, quiet, "Quantity:", str(line.quantity))
        _type(page, quiet, "Unit Price:", str(line.unit_price))
        _type(page, quiet, "Description", line.description)
        last = at == len(order.lines) - 1
        page.get_by_role("button", name="Add" if last else "Add and New", exact=True).click()
        quiet.wait()
    for name in ("Quote", "Confirm"):
        page.get_by_role("button", name=name, exact=True).click()
        quiet.wait()
    number = page.get_by_label("Number:", exact=True).input_value()
    return Receipt(confirmation=number, reference=order.number)


def _choose(page: Page, quiet: "_Quiet", label: str, text: str, shown: str) -> None:
    """Type into a field that offers records, and choose the one that shows *shown*."""
    page.get_by_label(label, exact=True).click()
    quiet.wait()
    page.keyboard.type(text)
    page.get_by_role("option").or_(page.locator(".ui-menu-item, .dropdown-menu li")).filter(
        has_text=shown, visible=True
    ).first.click()
    quiet.wait()


def _type(page: Page, quiet: "_Quiet", label: str, text: str) -> None:
    """Type into a labelled field that has a second input for display."""
    page.get_by_label(label, exact=True).first.click()
    quiet.wait()
    page.keyboard.press("Control+A")  # some are prefilled, such as the last price
    page.keyboard.type(text)
    page.keyboard.press("Tab")
    quiet.wait()


class _Quiet:
    """Detects when the page has had no open request for a while."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._open: set[Request] = set()
        self._last = time.monotonic()
        page.on("request", self._began)
        page.on("requestfinished", self._ended)
        page.on("requestfailed", self._ended)

    def wait(self) -> None:
        """Return when no request has been open for ``QUIET_S``."""
        start = self._last = time.monotonic()
        while self._open or time.monotonic() - self._last < QUIET_S:
            self._page.wait_for_timeout(10)
            if time.monotonic() - start > LONGEST_S:
                return

    def _began(self, request: Request) -> None:
        self._open.add(request)
        self._last = time.monotonic()

    def _ended(self, request: Request) -> None:
        self._open.discard(request)
        self._last = time.monotonic()
