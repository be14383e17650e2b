"""Seconds that Great Expectations takes for a gate's checks, beside the same questions as SQL written by hand.

    PYTHONPATH=. .venv/bin/python benchmarks/gates.py [--rows 200000 2000000]

One table of order lines, 15 promises of the usual kinds. Importing Great Expectations is shown apart: every gate pays
for it once. The hand SQL counts the same breaking rows in one pass and two groupings; read the ratio, not the seconds.
"""

import argparse
import resource
from time import perf_counter

from rich.console import Console
from rich.table import Table

from offermill import gx, wording
from offermill.expectations import Check
from offermill.warehouse import Warehouse

LINES = """
    select
        range as line_id, 'o' || (hash(range) % ($rows // 5)) as order_id, range % 9 as line_number,
        'c' || (hash(range + 7) % 100000) as customer_id, 'p' || (range % 5000) as product_id,
        timestamp '2024-07-01' + interval (range % 1000000) minute as ordered_at,
        case when range % 50 = 0 then 'return' else 'sale' end as kind, (range % 7 + 1)::decimal(12, 3) as quantity,
        range % 3000 as list_minor, range % 300 as discount_minor, range % 3000 + 1 as net_minor,
        case when range % 3 > 0 then 'promo-' || (range % 40) end as promotion_id
    from range($rows)
"""
PROMISES: list[tuple[str, dict[str, object]]] = [
    ("expect_column_values_to_be_unique", {"column": "line_id"}),
    ("expect_compound_columns_to_be_unique", {"column_list": ["order_id", "line_id"]}),
    ("expect_column_values_to_not_be_null", {"column": "order_id"}),
    ("expect_column_values_to_not_be_null", {"column": "line_number"}),
    ("expect_column_values_to_not_be_null", {"column": "customer_id"}),
    ("expect_column_values_to_not_be_null", {"column": "product_id"}),
    ("expect_column_values_to_not_be_null", {"column": "ordered_at"}),
    ("expect_column_values_to_be_between", {"column": "net_minor", "min_value": 1}),
    ("expect_column_values_to_be_between", {"column": "discount_minor", "min_value": 0}),
    ("expect_column_values_to_be_in_set", {"column": "kind", "value_set": ["sale", "return"]}),
    ("expect_column_pair_values_a_to_be_greater_than_b", {"column_A": "net_minor", "column_B": "list_minor"}),
    ("expect_column_values_to_match_regex", {"column": "promotion_id", "regex": "^[a-z0-9-]+$"}),
    ("expect_table_row_count_to_be_between", {"min_value": 1}),
    ("expect_column_sum_to_be_between", {"column": "net_minor", "min_value": 0}),
    (wording.ROWS, {"unexpected_rows_query": "select * from {batch} where kind = 'return' and quantity <= 0"}),
]
BY_HAND = [
    "select count(*) from (select line_id from lines group by line_id having count(*) > 1)",
    "select count(*) from (select order_id, line_id from lines group by all having count(*) > 1)",
    """
    select
        count(*), sum(net_minor), count(*) filter (order_id is null), count(*) filter (line_number is null),
        count(*) filter (customer_id is null), count(*) filter (product_id is null),
        count(*) filter (ordered_at is null), count(*) filter (net_minor < 1), count(*) filter (discount_minor < 0),
        count(*) filter (kind not in ('sale', 'return')), count(*) filter (net_minor <= list_minor),
        count(*) filter (not regexp_matches(promotion_id, '^[a-z0-9-]+$')),
        count(*) filter (kind = 'return' and quantity <= 0)
    from lines
    """,
]


def _seconds_of_import() -> float:
    started = perf_counter()
    with Warehouse.open() as warehouse:
        warehouse.execute("create table one as select 1 as id")
        with gx.session(warehouse.connection, {}) as session:
            session.run("select * from one", [], key=["id"])
    return perf_counter() - started


def _compare(rows: int) -> tuple[float, float, float]:
    checks = [Check(type_, kwargs, "critical", wording.describe(type_, kwargs), "") for type_, kwargs in PROMISES]
    with Warehouse.open() as warehouse:
        warehouse.execute(f"create table lines as {LINES}", {"rows": rows})
        started = perf_counter()
        with gx.session(warehouse.connection, {}) as session:
            found = session.run("select * from lines", checks, key=["line_id"])
        checked = perf_counter()
        for sql in BY_HAND:
            warehouse.rows(sql)
        by_hand = perf_counter() - checked
    if not all(outcome.is_success for outcome in found):
        raise SystemExit("a promise that holds was found broken")
    return checked - started, by_hand, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[200_000, 2_000_000])
    sizes = parser.parse_args().rows
    console = Console()
    console.print(f"importing Great Expectations: {_seconds_of_import():.1f} s")
    table = Table("rows", "checks", "seconds", "by hand", "ratio", "peak GiB")
    for rows in sizes:
        seconds, by_hand, peak = _compare(rows)
        table.add_row(
            f"{rows:,}",
            str(len(PROMISES)),
            f"{seconds:.2f}",
            f"{by_hand:.2f}",
            f"{seconds / by_hand:.1f}",
            f"{peak:.2f}",
        )
    console.print(table)


if __name__ == "__main__":
    main()
