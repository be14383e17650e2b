"""After the last night: the last offers run out, and the programme's own control groups say what it brought."""

from datetime import date, timedelta
from math import sqrt
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks import loop_nights, loop_report
from benchmarks.loop_nights import Clock
from offermill.run import Run
from offermill.warehouse import Warehouse

HORIZON_DAYS = 28
Z = 1.959964  # two-sided 95 %
# Margin and orders of so many days before the first night say what people would have brought anyway.
EARLIER_DAYS = (28, 91, 182, 365, 730)
# Small trees: what people buy scatters more than anything known before tells apart.
ROUNDS = 80
PARAMETERS = {
    "objective": "regression", "num_leaves": 15, "learning_rate": 0.05, "min_data_in_leaf": 50, "num_threads": 1,
    "verbose": -1, "seed": 1, "deterministic": True, "force_row_wise": True,
}  # fmt: skip
_WINDOW = "filter (where ordered_on <= $first and ordered_on > $first - {days})"
_EARLIER = ",\n        ".join(
    f"{figure} {_WINDOW.format(days=days)} as earlier_{name}_{days}_days"
    for days in EARLIER_DAYS
    for name, figure in (("margin_minor", "sum(margin_minor)"), ("order_count", "count(*)"))
)

# Points, gifts and deliveries are no part of an order's lines: their cost is the redemption's, as in the truth.
OUTCOMES = f"""
with people as (
    select
        groups.customer_id,
        groups.group_name in ('global_control', 'control') as is_control,
        $first - customers.registered_on as earlier_tenure_days
    from offers.assignment_group as groups
    inner join core.customer as customers on groups.customer_id = customers.customer_id
    where customers.registered_on <= $first
),
sales as (
    select
        customer_id,
        sum(margin_minor) filter (where ordered_on > $first) as margin_minor,
        $first - max(ordered_on) filter (where ordered_on <= $first) as earlier_days_since_order,
        {_EARLIER}
    from core.purchase
    where customer_id is not null
    group by customer_id
),
given as (
    select customer_id, sum(discount_minor) as discount_minor
    from core.redemption
    where redeemed_on > $first and not (offer_id like '%-percent-%' or offer_id like 'amount-%')
    group by customer_id
)
select
    people.is_control,
    people.earlier_tenure_days,
    cast(coalesce(sales.margin_minor, 0) - coalesce(given.discount_minor, 0) as double) as margin_minor,
    sales.* exclude (customer_id, margin_minor)
from people
left join sales on people.customer_id = sales.customer_id
left join given on people.customer_id = given.customer_id
order by people.customer_id
"""

REDEEMED = """
with offers as (
    select business_date, customer_id, offer_id, cost_minor
    from offers.decision_history
    where offer_id is not null and business_date >= $choosing and group_name <> 'pilot'
),
used as (
    select redemptions.discount_minor
    from offers
    inner join core.redemption as redemptions
        on offers.customer_id = redemptions.customer_id
        and offers.offer_id = redemptions.offer_id
        and redemptions.redeemed_on > offers.business_date
        and redemptions.redeemed_on <= offers.business_date + 28
)
select
    (select coalesce(sum(cost_minor), 0) from offers) as planned,
    coalesce(sum(discount_minor), 0) as actual,
    -- Of rare redemptions the variance of the sum is the sum of squares.
    cast(sqrt(coalesce(sum(cast(discount_minor as hugeint) * discount_minor), 0)) as bigint) as luck
from used
"""


def finish(folder: Path, first: date, nights: int, first_choice: int, log: Path, seed: int) -> dict[str, Any]:
    """Play 28 days with nothing new, load them, and return the measured lift beside the truth."""
    last = first + timedelta(days=nights - 1)
    # The day after the last night has been lived through, with what that night gave.
    loop_nights.answer(folder, last, last + timedelta(days=2), HORIZON_DAYS, Clock(), given=False)
    end = last + timedelta(days=HORIZON_DAYS + 1)
    loop_nights.load(folder, end)
    choosing = {"first": first, "choosing": first + timedelta(days=first_choice)}

    def look(warehouse: Warehouse, run: Run) -> tuple[pa.Table, dict[str, int]]:
        found = zip(("planned", "actual", "luck"), warehouse.rows(REDEEMED, choosing)[0], strict=True)
        return outcomes(warehouse, first), {name: int(value) for name, value in found}

    rows, redeemed = loop_nights.read(folder, end, look)
    gained = sum(
        loop_report.own(line, "gain") for line in loop_report.lines(log) if line.get("seed") == seed and "own" in line
    )
    free = int(rows.num_rows - rows["is_control"].to_numpy().sum())
    return {"lift": lift(rows) | {"truth": gained / max(free, 1)}, "redeemed": redeemed}


def outcomes(warehouse: Warehouse, first: date) -> pa.Table:
    """Return of everybody registered by the first night: is_control, margin_minor since, and foretold_minor.

    Foretold is by what was known on the first night, by trees that did not see the person (half the people each).
    """
    rows = warehouse.arrow(OUTCOMES, {"first": first})
    names = [name for name in rows.column_names if name.startswith("earlier_")]
    known = np.column_stack([pc.cast(rows[name], pa.float64()).to_numpy() for name in names])
    margin, half = rows["margin_minor"].to_numpy(), np.arange(rows.num_rows) % 2
    foretold = np.zeros(rows.num_rows)
    for number in (0, 1):
        taught = half != number
        model = lgb.train(PARAMETERS, lgb.Dataset(known[taught], margin[taught]), ROUNDS)
        foretold[~taught] = model.predict(known[~taught], num_threads=1)
    return rows.select(["is_control", "margin_minor"]).append_column("foretold_minor", pa.array(foretold))


def lift(rows: pa.Table) -> dict[str, float]:
    """Return the difference in margin per person between those who may get offers and the control groups, at 95 %.

    Adjusted by the margin that was foretold of everybody (Guo et al., "Machine Learning for Variance Reduction in
    Online Experiments", NeurIPS 2021); which group somebody is in says nothing of it.
    """
    is_control, margin, foretold = (rows[name].to_numpy() for name in ("is_control", "margin_minor", "foretold_minor"))
    spread = np.cov(foretold, margin)
    slope = float(spread[0, 1] / spread[0, 0]) if spread[0, 0] > 0 else 0.0
    adjusted = margin - slope * (foretold - foretold.mean())
    free, held = adjusted[~is_control], adjusted[is_control]
    error = sqrt(free.var(ddof=1) / len(free) + held.var(ddof=1) / len(held))
    found = float(free.mean() - held.mean())
    return {"lift": found, "low": found - Z * error, "high": found + Z * error}
