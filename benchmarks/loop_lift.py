"""After the last night: the last offers run out, and the programme's own control groups say what it brought."""

from datetime import date, timedelta
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks import loop_nights, loop_report
from benchmarks.loop_nights import Clock
from offermill.run import Run
from offermill.warehouse import Warehouse

HORIZON_DAYS = 28
EARLIER_DAYS = 365
Z = 1.959964  # two-sided 95 %

# Points, gifts and deliveries are no part of an order's lines: their cost is the redemption's, as in the truth.
OUTCOMES = """
with people as (
    select customer_id, group_name in ('global_control', 'control') as is_control
    from offers.assignment_group
    semi join (select customer_id from core.customer where registered_on <= $first) using (customer_id)
),
sales as (
    select
        customer_id,
        sum(margin_minor) filter (where ordered_on > $first) as margin_minor,
        sum(margin_minor) filter (where ordered_on <= $first and ordered_on > $earlier) as earlier_minor
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
    cast(coalesce(sales.margin_minor, 0) - coalesce(given.discount_minor, 0) as double) as margin_minor,
    cast(coalesce(sales.earlier_minor, 0) as double) as earlier_minor
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
    days = {
        "first": first,
        "earlier": first - timedelta(days=EARLIER_DAYS),
        "choosing": first + timedelta(days=first_choice),
    }

    def look(warehouse: Warehouse, run: Run) -> tuple[pa.Table, dict[str, int]]:
        found = zip(("planned", "actual", "luck"), warehouse.rows(REDEEMED, days)[0], strict=True)
        return warehouse.arrow(OUTCOMES, days), {name: int(value) for name, value in found}

    rows, redeemed = loop_nights.read(folder, end, look)
    gained = sum(
        loop_report.own(line, "gain") for line in loop_report.lines(log) if line.get("seed") == seed and "own" in line
    )
    free = int(rows.num_rows - rows["is_control"].to_numpy().sum())
    return {"lift": lift(rows) | {"truth": gained / max(free, 1)}, "redeemed": redeemed}


def lift(rows: pa.Table) -> dict[str, float]:
    """Return the difference in margin per person between those who may get offers and the control groups, at 95 %.

    Adjusted by the margin of the year before: Deng et al., "Improving the Sensitivity of Online Controlled
    Experiments by Utilizing Pre-Experiment Data", WSDM 2013.
    """
    is_control, margin, earlier = (rows[name].to_numpy() for name in ("is_control", "margin_minor", "earlier_minor"))
    spread = float(np.var(earlier))
    slope = float(np.cov(earlier, margin)[0, 1]) / spread if spread > 0 else 0.0
    adjusted = margin - slope * (earlier - earlier.mean())
    free, held = adjusted[~is_control], adjusted[is_control]
    error = sqrt(free.var(ddof=1) / len(free) + held.var(ddof=1) / len(held))
    found = float(free.mean() - held.mean())
    return {"lift": found, "low": found - Z * error, "high": found + Z * error}
