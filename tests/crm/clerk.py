"""What people do in Tryton, through proteus and the server's own RPC; run by the Python of .venv-crm.

clerk.py URL PASSWORD COMMAND < arguments.json > answer.json
"""

# ruff: noqa: N806 (models are classes)

import json
import sys
from datetime import date
from decimal import Decimal
from typing import Any
from xmlrpc.client import Fault

from proteus import Model, config
from trytond.modules.company.tests.tools import create_company

PRICE = Decimal("20.00")
PRODUCT = "Coffee"
# On SQLite, Tryton compares the numbers of one import in a single expression, which cannot be longer.
MOST_ROWS = 25
EVERY = ("active", "in", [True, False])
Rows = list[list[str]]


def set_up(percents: dict[str, int], amounts: dict[str, list[str]]) -> None:
    """Make a company with one product, and per offer a promotion with a coupon for one use.

    Args:
        percents: offer -> percent off.
        amounts: offer -> [money off, least purchase].
    """
    create_company()
    _product(PRODUCT, PRICE)
    for offer, percent in percents.items():
        promotion = model_of("sale.promotion")(name=offer, formula=f"{(100 - percent) / 100} * unit_price")
        promotion.coupons.new(number_of_use=1)
        promotion.save()
    for offer, (off, threshold) in amounts.items():
        _money_off(offer, Decimal(off), Decimal(threshold))


def _product(name: str, price: Decimal) -> None:
    template = model_of("product.template")(name=name, type="service", salable=True, list_price=price)
    template.default_uom = model_of("product.uom").find([("name", "=", "Unit")])[0]
    template.save()


def _money_off(offer: str, off: Decimal, threshold: Decimal) -> None:
    """Make a promotion that takes a sum off a sale.

    Tryton's formula knows the price of one unit and nothing of the sale, so the sum is a product of its own, sold and
    taken back in one sale: nothing, until the promotion makes the sold one free.
    """
    promotion = model_of("sale.promotion")(name=offer, formula="0 * unit_price", amount=threshold)
    promotion.currency = model_of("company.company").find([])[0].currency
    _product(offer, off)
    promotion.products.extend(promotion.products.find([("name", "=", offer)]))
    promotion.coupons.new(number_of_use=1)
    promotion.save()


def load(model: str, header: list[str], rows: Rows) -> int:
    """Import the rows whose first column Tryton does not know yet; return how many."""
    known = set(_column(model, header[0]))
    fresh = [row for row in rows if row[0] not in known]
    return sum(_import(model, header, fresh[at : at + MOST_ROWS]) for at in range(0, len(fresh), MOST_ROWS))


def load_again(model: str, header: list[str], rows: Rows) -> str:
    """Import the first rows of a file as they are; return what Tryton says against it."""
    try:
        _import(model, header, rows[:MOST_ROWS])
    except Fault as problem:
        return str(problem)
    return ""


def end(rows: Rows) -> int:
    """Set the last day of the coupon numbers of a withdrawal file; return how many there are."""
    Number = model_of("sale.promotion.coupon.number")
    for number, _, _, last_day in rows:
        for found in Number.find([("number", "=", number), EVERY]):
            found.end_date = date.fromisoformat(last_day)
            found.save()
    return len(rows)


def state() -> dict[str, Any]:
    """Return every party and every coupon number."""
    parties = [[one.code, one.name, *_ways(one)] for one in model_of("party.party").find([("code", "!=", None), EVERY])]
    numbers = model_of("sale.promotion.coupon.number").find([EVERY])
    coupons = [[one.number, one.coupon.promotion.name, str(one.start_date), str(one.end_date)] for one in numbers]
    return {"parties": sorted(parties), "numbers": sorted(coupons)}


def sell(customer: str, code: str, pieces: int) -> dict[str, Any]:
    """Sell to a customer who shows a code; the till sees the numbers that may be used, as Tryton's screen does."""
    (party,) = model_of("party.party").find([("code", "=", customer)])
    sale = model_of("sale.sale")(party=party)
    _line(sale, PRODUCT, pieces)
    with config.get_config().set_context(party=party.id):
        usable = model_of("sale.promotion.coupon.number").find([("number", "=", code)])
    if usable:
        sale.coupons.extend(sale.coupons.find([("number", "=", code)]))
        offer = usable[0].coupon.promotion.name
        for quantity in (1, -1) if model_of("product.product").find([("name", "=", offer)]) else ():
            _line(sale, offer, quantity)
    sale.save()
    sale.click("quote")
    if usable and not _used(sale):
        # The purchase does not earn the offer: the code stays the customer's.
        sale.click("draft")
        while sale.coupons:
            sale.coupons.pop()
        sale.save()
        sale.click("quote")
    return {"is_usable": bool(usable), "amount": str(sale.untaxed_amount)}


def _line(sale: Any, product: str, quantity: int) -> None:
    line = sale.lines.new()
    (line.product,) = model_of("product.product").find([("name", "=", product)])
    line.quantity = quantity


def _used(sale: Any) -> list[str]:
    """Return the offers whose promotion lowered a price of the sale."""
    return sorted({line.promotion.name for line in sale.lines if line.promotion})


def sold() -> list[dict[str, Any]]:
    """Return every quoted sale: who, when, for how much, and with which code and offer if one was used."""
    return [
        {
            "number": sale.number,
            "customer": sale.party.code,
            "amount": str(sale.untaxed_amount),
            "full_amount": str(sum(PRICE * int(line.quantity) for line in sale.lines if line.product.name == PRODUCT)),
            "at": f"{sale.create_date:%Y-%m-%dT%H:%M:%S}+00:00",
            "code": sale.coupons[0].number if _used(sale) else None,
            "offer": (_used(sale) or [None])[0],
        }
        for sale in model_of("sale.sale").find([("state", "=", "quotation")], order=[("id", "ASC")])
    ]


def model_of(name: str) -> Any:
    """Return a model by its name."""
    return Model.get(name)


def _ways(party: Any) -> list[str]:
    return [*(one.city for one in party.addresses), *(one.value for one in party.contact_mechanisms)]


def _column(model: str, name: str) -> list[str]:
    domain = [] if model == "party.party" else [EVERY]
    return [getattr(one, name) for one in model_of(model).find(domain)]


def _import(model: str, header: list[str], rows: Rows) -> int:
    server: Any = config.get_config().server
    for part in model.split("."):
        server = getattr(server, part) if server is not config.get_config().server else getattr(server.model, part)
    cells = [[cell or None for cell in row] for row in rows]
    return int(server.import_data(header, cells, config.get_config().context)) if rows else 0


COMMANDS = {
    "set_up": set_up,
    "load": load,
    "load_again": load_again,
    "end": end,
    "state": state,
    "sell": sell,
    "sold": sold,
}


def main() -> None:
    """Perform one command on the arguments from standard input."""
    url, password, command = sys.argv[1:]
    with config.set_xmlrpc_session(url, "admin", password):
        json.dump(COMMANDS[command](**json.load(sys.stdin)), sys.stdout)


if __name__ == "__main__":
    main()
