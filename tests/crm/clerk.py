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

PRICE, PIECES = Decimal("20.00"), 5
PRODUCT = "Coffee"
# On SQLite, Tryton compares the numbers of one import in a single expression, which cannot be longer.
MOST_ROWS = 25
EVERY = ("active", "in", [True, False])
Rows = list[list[str]]


def set_up(offers: dict[str, int]) -> None:
    """Make a company with one product, and per offer a promotion (percent off) with a coupon for one use."""
    create_company()
    Unit = Model.get("product.uom")
    template = Model.get("product.template")(name=PRODUCT, type="goods", salable=True, list_price=PRICE)
    template.default_uom = Unit.find([("name", "=", "Unit")])[0]
    template.save()
    for offer, percent in offers.items():
        promotion = Model.get("sale.promotion")(name=offer, formula=f"{(100 - percent) / 100} * unit_price")
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


def sell(customer: str, code: str) -> dict[str, Any]:
    """Sell to a customer who shows a code; the till sees the numbers that may be used, as Tryton's screen does."""
    (party,) = model_of("party.party").find([("code", "=", customer)])
    (product,) = model_of("product.product").find([("name", "=", PRODUCT)])
    sale = model_of("sale.sale")(party=party)
    line = sale.lines.new()
    line.product, line.quantity = product, PIECES
    with config.get_config().set_context(party=party.id):
        usable = model_of("sale.promotion.coupon.number").find([("number", "=", code)])
    if usable:
        sale.coupons.extend(sale.coupons.find([("number", "=", code)]))
    sale.save()
    sale.click("quote")
    return {"is_usable": bool(usable), "amount": str(sale.untaxed_amount)}


def sold() -> list[dict[str, Any]]:
    """Return every quoted sale: who, when, for how much, and with which code."""
    return [
        {
            "number": sale.number,
            "customer": sale.party.code,
            "amount": str(sale.untaxed_amount),
            "full_amount": str(PRICE * PIECES),
            "at": f"{sale.create_date:%Y-%m-%dT%H:%M:%S}+00:00",
            "code": sale.coupons[0].number if sale.coupons else None,
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
