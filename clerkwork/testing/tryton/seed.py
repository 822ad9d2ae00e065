"""Fills a fresh Tryton database; runs in Tryton's own virtual environment, by proteus.

It reads one JSON object from standard input: ``user``, ``password``, ``suppliers`` (names),
``currencies`` (codes) and ``products`` (code to name), and the configuration's path as argument.
"""

import json
import sys
from datetime import date
from decimal import Decimal
from typing import Any

from proteus import Model
from proteus.config import set_trytond
from trytond.modules.account.tests.tools import create_chart, create_fiscalyear, get_accounts
from trytond.modules.account_invoice.tests.tools import (
    create_payment_term,
    set_fiscalyear_invoice_sequences,
)
from trytond.modules.company.tests.tools import create_company
from trytond.modules.currency.tests.tools import get_currency

DATABASE = "po"
YEARS = (date(2026, 1, 1), date(2027, 12, 31))


def main() -> None:
    """Seed the database of the configuration file named as the only argument."""
    wanted = json.load(sys.stdin)
    set_trytond(f"sqlite:///{DATABASE}", config_file=sys.argv[1])
    if Model.get("company.company").find([]):
        return
    party = Model.get("party.party")(name="Clerkwork Trading")
    party.save()
    for code in wanted["currencies"]:
        _add_currency(code)
    create_company(party, get_currency("SGD"))
    create_chart()
    _add_years()
    payment = create_payment_term()
    payment.save()
    for name in wanted["suppliers"]:
        _add_supplier(name, payment)
    _add_products(wanted["products"])
    _add_user(wanted["user"], wanted["password"])
    for item in Model.get("ir.module.config_wizard.item").find([("state", "!=", "done")]):
        item.state = "done"
        item.save()


def _add_currency(code: str) -> None:
    currency = get_currency(code)
    currency.name = code
    if not currency.rates:
        currency.rates.new(date=date.min, rate=Decimal(1))
    currency.save()


def _add_years() -> None:
    for start, end in ((day, day.replace(month=12, day=31)) for day in (YEARS[0], YEARS[1])):
        first = start.replace(month=1, day=1)
        year = create_fiscalyear(today=(first, end))
        year.name, year.start_date, year.end_date = str(first.year), first, end
        set_fiscalyear_invoice_sequences(year)
        year.save()
        year.click("create_period")


def _add_supplier(name: str, payment: Any) -> None:
    supplier = Model.get("party.party")(name=name)
    supplier.supplier_payment_term = payment
    supplier.save()


def _add_products(products: dict[str, str]) -> None:
    accounts = get_accounts()
    category = Model.get("product.category")(name="Goods", accounting=True)
    category.account_expense = accounts["expense"]
    category.account_revenue = accounts["revenue"]
    category.save()
    (unit,) = Model.get("product.uom").find([("name", "=", "Unit")])
    unit.rounding, unit.digits = 0.001, 3  # orders may have parts of a unit
    unit.save()
    for code, name in products.items():
        template = Model.get("product.template")(name=name)
        template.default_uom = unit
        template.type = "goods"
        template.purchasable = True
        template.account_category = category
        template.list_price = Decimal(1)
        (product,) = template.products
        product.suffix_code = code
        template.save()


def _add_user(name: str, password: str) -> None:
    user = Model.get("res.user")(name=name.title(), login=name, password=password)
    (company,) = Model.get("company.company").find([])
    user.companies.append(company)
    user.company = company
    for group in Model.get("res.group").find([]):
        user.groups.append(group)
    user.save()


if __name__ == "__main__":
    main()
