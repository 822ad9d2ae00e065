"""The purchasing portal's pages: every selector and every step of its flow, and nowhere else.

The portal says ``aria-busy`` while it computes or loads something; that is what is waited for.
"""

from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote, urljoin

from playwright.sync_api import Error

from clerkwork import ApplicationException, BusinessException, PurchaseOrder, Receipt, Screen

DECIMALS = {"quantity": 3, "unit_price": 4, "amount": 2, "tax": 2, "total": 2}
HEAD = ("number", "order_date", "supplier", "currency", "tax", "total")
CELLS = ("code", "description", "quantity", "unit_price", "amount")
ANSWER = "#confirmation, #failure, ul[role=alert], form#login, body.neterror"

_READ_LIST = """rows => rows.map(row => [
  row.querySelector("a").getAttribute("href"), row.querySelector(".reference").textContent])"""
_READ_FORM = """form => ({
  head: Object.fromEntries(new FormData(form)),
  lines: [...form.querySelectorAll("#lines tbody tr")].map(row => Object.fromEntries(
    [...row.querySelectorAll("input")].map(cell => [cell.name, cell.value])))})"""
_FILL_FORM = """(form, texts) => {
  const refused = [];
  for (const [path, text] of Object.entries(texts)) {
    const [, row, name] = /^(?:lines\\.(\\d+)\\.)?(\\w+)$/.exec(path);
    const rows = form.querySelectorAll("#lines tbody tr");
    if (row >= rows.length) form.querySelector("#add-line").click();
    const scope = row ? form.querySelectorAll("#lines tbody tr")[row] : form;
    const field = scope && scope.querySelector(`[name="${name}"]`);
    if (!field || field.disabled || field.readOnly || !field.checkVisibility()) {
      refused.push(path);
      continue;
    }
    field.focus();
    field.value = text;
    for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, {bubbles: true}));
  }
  return refused;
}"""
_READ_VIEW = """view => {
  const read = part => Object.fromEntries([...part.querySelectorAll("[data-field]")].map(
    field => [field.dataset.field, field.textContent]));
  return {head: read(view), lines: [...document.querySelectorAll("#lines tbody tr")].map(read)};
}"""


def find(screen: Screen, order: PurchaseOrder) -> list[Receipt]:
    """Return a receipt for each order with exactly this number that stands in the portal."""
    addresses: list[str] = []
    following: str | None = f"/orders?reference={quote(order.number, safe='')}"
    while following:
        _open(screen, following)
        for address, reference in screen.page.locator(".orders tbody tr").evaluate_all(_READ_LIST):
            if reference == order.number:
                addresses.append(address)
        onward = screen.page.locator("a[rel=next]")
        following = onward.get_attribute("href") if onward.count() else None
    return [_receipt(screen, order, address) for address in addresses]


def enter(screen: Screen, order: PurchaseOrder) -> Receipt:
    """Fill the order form, read every field back, submit once, and return the confirmation."""
    if gaps := order.gaps():  # a person's correction may still not add up
        raise BusinessException(
            "sums_refused",
            "The portal computes its sums itself and does not come to these amounts; look at the"
            " marked fields.",
            fields=tuple(gaps),
        )
    _open(screen, "/orders/new")
    _settle(screen)
    _check_currency(screen, order.currency)
    expected = _expected(order)
    _fill(screen, {path: text for path, text in expected.items() if not path.endswith(".amount")})
    _adjust_amounts(screen, expected)
    _read_back(screen, expected)
    screen.keep("before_submit")
    screen.about_to_submit()
    return _submit(screen, order)


def _open(screen: Screen, path: str) -> None:
    """Open a page of the portal, logging in where it asks for it."""
    _go(screen, path)
    if screen.page.locator("form#login").count():
        _log_in(screen)
        _go(screen, path)
    if screen.page.locator("form#login").count():
        raise _session_lost()


def _go(screen: Screen, path: str) -> None:
    answer = screen.page.goto(urljoin(screen.base_url + "/", path), wait_until="domcontentloaded")
    if answer is not None and answer.status >= 400:
        raise _target_error(f"HTTP {answer.status}")


def _log_in(screen: Screen) -> None:
    form = screen.page.locator("form#login")
    form.locator("[name=username]").fill(screen.username)
    form.locator("[name=password]").fill(screen.password)
    form.locator("button").click()
    screen.page.locator("header nav, [role=alert]").first.wait_for()
    problem = screen.page.locator("[role=alert]")
    if problem.count():
        raise ApplicationException(
            "login_failed",
            "The portal refused the login of {user}: {reason} Check user and password of the"
            " target in config/targets/portal/target.yaml.",
            user=screen.username,
            reason=problem.inner_text(),
        )
    screen.log("Logged in to the portal as {user}.", user=screen.username)


def _settle(screen: Screen) -> None:
    """Wait until the form has computed and loaded everything it is at."""
    screen.page.locator("form#order[aria-busy=false]").wait_for()
    problem = screen.page.locator("#problem:visible")
    if problem.count():
        text = problem.inner_text()
        raise _session_lost() if "401" in text else _target_error(text)


def _choose_supplier(screen: Screen, supplier: str) -> None:
    screen.page.locator("#supplier-search").fill(supplier)
    _settle(screen)
    options = screen.page.locator("#supplier-list [role=option]")
    names = options.all_text_contents()
    if supplier not in names:
        raise BusinessException(
            "unknown_supplier",
            "The supplier {supplier} is not in the portal's list.",
            fields=("supplier",),
            supplier=supplier,
        )
    options.nth(names.index(supplier)).click()


def _check_currency(screen: Screen, currency: str) -> None:
    if currency not in screen.page.locator("[name=currency] option").all_text_contents():
        raise BusinessException(
            "unknown_currency",
            "The currency {currency} is not in the portal's list.",
            fields=("currency",),
            currency=currency,
        )


def _fill(screen: Screen, texts: dict[str, str]) -> None:
    """Type *texts*, by path, into the form; the form's grid grows as far as they need it."""
    cells = {path: text for path, text in texts.items() if path not in {"supplier", "total"}}
    refused = screen.page.locator("form#order").evaluate(_FILL_FORM, cells)
    if refused:
        raise ApplicationException(
            "page_unexpected",
            "The order form has no field to type {names} into.",
            names=", ".join(refused),
        )
    if "supplier" in texts:
        _choose_supplier(screen, texts["supplier"])
    _settle(screen)


def _adjust_amounts(screen: Screen, expected: dict[str, str]) -> None:
    """Overwrite the amounts that the portal rounds otherwise than the order does."""
    shown = _shown(screen.page.locator("form#order").evaluate(_READ_FORM))
    amounts = {path: text for path, text in expected.items() if path.endswith(".amount")}
    if other := {path: text for path, text in amounts.items() if shown.get(path) != text}:
        _fill(screen, other)


def _read_back(screen: Screen, expected: dict[str, str]) -> None:
    """Compare every field and line of the form; put right once what differs."""
    form = screen.page.locator("form#order")
    shown = _shown(form.evaluate(_READ_FORM))
    if wrong := {path: text for path, text in expected.items() if shown.get(path) != text}:
        screen.log("Put right in the form: {fields}.", fields=", ".join(wrong))
        _fill(screen, wrong)
        shown = _shown(form.evaluate(_READ_FORM))
    if differences := _differences(expected, shown):
        raise ApplicationException(
            "read_back_mismatch",
            "The form does not show what was typed: {differences}",
            differences=" ".join(differences),
        )


def _submit(screen: Screen, order: PurchaseOrder) -> Receipt:
    """Click once and wait for the portal's answer; whatever else comes is not tried again."""
    page = screen.page
    try:
        page.locator("#submit").click()
        page.locator(ANSWER).first.wait_for(state="attached")
        confirmation = page.locator("#confirmation")
        number = confirmation.inner_text() if confirmation.count() else ""
        at_login = page.locator("form#login").count() > 0
        answer = "" if number else page.locator("main, body").last.inner_text()
    except Error as error:
        raise _no_confirmation(error.message.splitlines()[0]) from None
    if at_login:
        raise _session_lost()
    if not number:
        raise _no_confirmation(" ".join(answer.split())[:300])
    screen.keep("confirmation")
    return Receipt(confirmation=number, reference=order.number)


def _receipt(screen: Screen, order: PurchaseOrder, address: str) -> Receipt:
    _open(screen, address)
    view = screen.page.locator("#order-view")
    shown = _shown(view.evaluate(_READ_VIEW))
    return Receipt(
        confirmation=view.get_attribute("data-confirmation"),
        reference=shown.get("number", ""),
        differences=_differences(_expected(order), shown),
    )


def _expected(order: PurchaseOrder) -> dict[str, str]:
    """Return every field of *order* by its path, written as the portal takes it."""
    return _shown(order.model_dump(mode="json") | {"head": order.model_dump(mode="json")})


def _shown(page: dict[str, Any]) -> dict[str, str]:
    """Return every field of a form or a view by its path, each number with its full decimals."""
    found = {name: _plain(name, page["head"].get(name, "")) for name in HEAD}
    for index, line in enumerate(page["lines"]):
        found |= {f"lines.{index}.{name}": _plain(name, line.get(name, "")) for name in CELLS}
    return found


def _plain(name: str, text: str) -> str:
    text = " ".join(text.split())
    if name not in DECIMALS:
        return text
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation:
        return text
    exact = number.quantize(Decimal(1).scaleb(-DECIMALS[name]))
    return f"{exact if exact == number else number:f}"


def _differences(expected: dict[str, str], shown: dict[str, str]) -> list[str]:
    return [
        f"{path}: the portal shows {shown.get(path) or 'nothing'},"
        f" the order says {expected.get(path) or 'nothing'}."
        for path in {**expected, **shown}
        if expected.get(path) != shown.get(path)
    ]


def _session_lost() -> ApplicationException:
    return ApplicationException("session_lost", "The portal ended the session in between.")


def _target_error(reason: str) -> ApplicationException:
    return ApplicationException(
        "target_error", "The portal answered with an error ({reason}).", reason=reason
    )


def _no_confirmation(reason: str) -> ApplicationException:
    return ApplicationException(
        "no_confirmation",
        "The portal did not confirm the order after it was submitted: {reason}",
        reason=reason,
    )
