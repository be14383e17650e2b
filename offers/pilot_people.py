"""What became of the people of a pilot: one row per person drawn, read from the facts as they were known on a date."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from offermill.run import Run
from offermill.warehouse import Warehouse
from offers.people import Floats
from offers.pilot import CONTROL, PilotPlan
from offers.pilot_registry import HISTORY

# Everybody counts in the arm they were drawn into, whatever came after (intention to treat); a second offer inside
# the horizon is counted as a contamination, never left out: leaving out would undo the lot.
_PEOPLE = """
    with nights as (
        select unnest($nights) as business_date, unnest($ends) as ended_at
    ),
    drawn as (
        select
            decisions.customer_id,
            coalesce(decisions.offer_id, 'control') as arm,
            decisions.offer_id,
            decisions.business_date,
            decisions.valid_until,
            nights.ended_at
        from offers.decision_history as decisions
        inner join nights on decisions.business_date = nights.business_date
        where decisions.group_name = 'pilot'
    ),
    known as (
        select * from core.purchase where ordered_at < $as_of and arrived_on <= $business_date
    ),
    sales as (
        select
            drawn.customer_id,
            drawn.business_date,
            sum(case when known.ordered_on > drawn.business_date then known.margin_minor else 0 end) as margin_minor,
            bool_or(known.ordered_on > drawn.business_date and not known.is_return) as bought,
            sum(case when known.ordered_on <= drawn.business_date then known.margin_minor else 0 end) as before_minor
        from drawn
        inner join known
            on drawn.customer_id = known.customer_id
            and date_diff('day', drawn.business_date, known.ordered_on) <= $horizon_days
            and date_diff('day', known.ordered_on, drawn.business_date) < $earlier_days
        group by drawn.customer_id, drawn.business_date
    ),
    redeemed as (
        select
            drawn.customer_id,
            drawn.business_date,
            count(*) as redemption_count,
            sum(
                case when offers.kind in ('points', 'gift', 'delivery') then 0 else redemptions.discount_minor end
            ) as discount_minor,
            -- What is given beside the price is no part of the margin: it costs what the catalogue says.
            sum(
                case when offers.kind in ('points', 'gift', 'delivery') then offers.max_cost_minor else 0 end
            ) as gift_minor
        from drawn
        inner join core.redemption as redemptions
            on drawn.customer_id = redemptions.customer_id
            and drawn.offer_id = redemptions.offer_id
            and redemptions.redeemed_on > drawn.business_date
            and redemptions.redeemed_on <= drawn.valid_until
        left join offers.catalogue as offers on drawn.offer_id = offers.offer_id
        where redemptions.redeemed_at < $as_of and redemptions.arrived_on <= $business_date
        group by drawn.customer_id, drawn.business_date
    ),
    refused as (
        select distinct drawn.customer_id, drawn.business_date
        from drawn
        inner join core.consent as consents
            on drawn.customer_id = consents.customer_id
            and consents.recorded_at >= drawn.ended_at
            and date_diff('day', drawn.ended_at, consents.recorded_at) < $horizon_days
        where not consents.is_granted and consents.recorded_at < $as_of and consents.arrived_on <= $business_date
    ),
    again as (
        select distinct drawn.customer_id, drawn.business_date
        from drawn
        inner join offers.decision_history as later
            on drawn.customer_id = later.customer_id
            and later.offer_id is not null
            and later.business_date > drawn.business_date
            and date_diff('day', drawn.business_date, later.business_date) <= $horizon_days
        where later.business_date <= $business_date
    )
    select
        drawn.customer_id,
        drawn.arm,
        drawn.business_date,
        drawn.valid_until,
        coalesce(sales.margin_minor, 0) - coalesce(redeemed.gift_minor, 0) as margin_minor,
        coalesce(sales.bought, false) as bought,
        coalesce(sales.before_minor, 0) as before_minor,
        coalesce(redeemed.redemption_count, 0) as redemption_count,
        coalesce(redeemed.discount_minor, 0) + coalesce(redeemed.gift_minor, 0) as given_minor,
        refused.customer_id is not null as has_opted_out,
        {complained} as has_complained,
        again.customer_id is not null as is_contaminated
    from drawn
    left join sales on drawn.customer_id = sales.customer_id and drawn.business_date = sales.business_date
    left join redeemed on drawn.customer_id = redeemed.customer_id and drawn.business_date = redeemed.business_date
    left join refused on drawn.customer_id = refused.customer_id and drawn.business_date = refused.business_date
    left join again on drawn.customer_id = again.customer_id and drawn.business_date = again.business_date
    order by drawn.business_date, drawn.customer_id
"""

_COMPLAINED = """
    exists (
        select 1 from core.complaint as complaints
        where complaints.customer_id = drawn.customer_id
            and complaints.opened_on > drawn.business_date
            and date_diff('day', drawn.business_date, complaints.opened_on) <= $horizon_days
            and complaints.opened_at < $as_of
            and complaints.arrived_on <= $business_date
    )
"""


# What the lot of everybody drawn could name, beside the control arm.
_SHARES = """
    select decisions.business_date, decisions.customer_id, history.offer_id, history.pilot_share
    from offers.decision_history as decisions
    inner join offers.propensity_history as history
        on decisions.business_date = history.business_date and decisions.customer_id = history.customer_id
    where
        decisions.group_name = 'pilot'
        and decisions.business_date in (select unnest($nights))
        and history.pilot_share > 0
"""


@dataclass(frozen=True)
class Seen:
    """The people of a pilot.

    Attributes:
        rows: one per person drawn.
        chances: row by row the chance that the lot had for every arm, the control arm's among them; 0: not open.
        knows_complaints: whether complaints are known at all (a shop may not send them).
    """

    rows: pd.DataFrame
    chances: pd.DataFrame
    knows_complaints: bool

    def controls_of(self, arm: str, rows: pd.DataFrame) -> NDArray[np.bool_]:
        """Tell which of the rows are of the control arm and could have got the arm: only they are its equals."""
        could = self.chances.loc[rows.index, arm].to_numpy() > 0
        return np.asarray(could & (rows["arm"].to_numpy() == CONTROL), dtype=bool)

    def complete_on(self, look: date, horizon_days: int) -> pd.DataFrame:
        """Return the people whose horizon had ended on a date."""
        return self.rows[
            pd.to_datetime(self.rows["business_date"]) <= pd.Timestamp(look - timedelta(days=horizon_days))
        ]


def outcome(rows: pd.DataFrame, metric: str) -> Floats:
    """Return what is compared, one per row: margin in minor units, or 1 for who bought."""
    name = "bought" if metric == "conversion" else "margin_minor"
    return np.asarray(rows[name], dtype=np.float64)


def read(warehouse: Warehouse, run: Run, plan: PilotPlan) -> Seen:
    """Return one row per person drawn up to the business date, with what is known of their horizon so far."""
    nights = warehouse.rows(
        f"select business_date from {HISTORY} where pilot_id = $id and business_date <= $business_date order by all",
        {**run.parameters, "id": plan.id},
    )
    days = [day for (day,) in nights]
    bound = {
        **run.parameters,
        "nights": days,
        "ends": [run.at(day).as_of for day in days],
        "horizon_days": plan.horizon_days,
        "earlier_days": max(plan.test.adjusted_by_days, 1),
    }
    knows = warehouse.exists("core.complaint")
    rows = warehouse.frame(_PEOPLE.format(complained=_COMPLAINED if knows else "false"), bound)
    return Seen(rows, _chances(warehouse, plan, rows, days), knows)


def _chances(warehouse: Warehouse, plan: PilotPlan, rows: pd.DataFrame, nights: list[date]) -> pd.DataFrame:
    """Return what each row's lot could name; on nights that did not note it everybody had every arm."""
    usual = dict(zip([arm.offer for arm in plan.arms], plan.shares(), strict=True))
    each = pd.DataFrame(usual, index=rows.index)
    if "pilot_share" in warehouse.columns("offers.propensity_history"):
        keys, offers = ["business_date", "customer_id"], [arm.offer for arm in plan.offers]
        noted = warehouse.frame(_SHARES, {"nights": nights}).pivot(index=keys, columns="offer_id", values="pilot_share")
        found = noted.reindex(index=pd.MultiIndex.from_frame(rows[keys]), columns=offers).set_axis(rows.index)
        is_noted = found.notna().any(axis=1)
        each.loc[is_noted, offers] = found[is_noted].fillna(0.0)
        each[CONTROL] = 1 - each[offers].sum(axis=1)
    return each
