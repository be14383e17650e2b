"""The randomised evidence of a shop as a trial: features as of each wave, arms, outcomes and propensities."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from models import affinity, data, evidence
from models.data import Floats
from models.evidence import CONTROL
from models.segment_cost import Kin
from offermill.run import Run
from offermill.warehouse import Warehouse

EXAMPLES = "models.training_examples"
DRAWS = "models.evidence_draw"
ARMS = "models.evidence_arm"
CATALOGUE = "offers.catalogue"
WORTHS = "models.order_worth"
QUALIFYING = "models.qualifying_order"
# One person's margin share counts as if this much (minor units) had been sold at the shop's share.
_PRIOR_SALES_MINOR = 20_000.0
Known = TypeVar("Known")


@dataclass(frozen=True)
class Evidence:
    """One row per person and wave, sorted by both.

    Attributes:
        features: feature columns as of the day before the wave.
        rows: what models.training_examples says of them.
        propensity: (rows, arms) chances that the lot had for every arm; 0 where it could not be drawn.
        depths: arm -> share taken off the basket, None for offers without a price.
        costs: arm without a price -> cost of one redemption by the catalogue, in minor units.
        order_worths: arm -> margin of an order made for what it is on, as a ratio to a usual one.
        kin: arm -> the arms it is like.
        qualifying: (rows, arms on a category or product) orders within the horizon that hold what the arm is on.
        affinity: (rows, arms on a category or product) how much the person leans to it, 1 = usual (models.affinity).
        always_redeemed: arms that every order they bring about redeems.
    """

    features: pa.Table
    rows: pd.DataFrame
    propensity: pd.DataFrame
    depths: dict[str, float | None]
    costs: dict[str, float]
    order_worths: dict[str, float] = field(default_factory=dict)
    kin: dict[str, Kin] = field(default_factory=dict)
    qualifying: pd.DataFrame = field(default_factory=pd.DataFrame)
    affinity: pd.DataFrame = field(default_factory=pd.DataFrame)
    always_redeemed: tuple[str, ...] = ()

    @property
    def arm(self) -> NDArray[np.str_]:
        """Return the arm of every row."""
        return np.asarray(self.rows["arm"].to_numpy(), dtype=str)

    @property
    def sales(self) -> Floats:
        """Return sales before the offer's discount, in minor units; refunds beyond all sales count as none."""
        return self._before_discount("net_minor")

    @property
    def margin_share(self) -> float:
        """Return the margin before the offer's discount as a share of sales before it, over everybody."""
        whole = float(self._before_discount("net_minor").sum())
        return float(self._before_discount("margin_minor").sum()) / whole if whole > 0 else 0.0

    def _before_discount(self, name: str) -> Floats:
        back = np.where(self._lowers_the_price, self.rows["discount_minor"], 0.0)
        return np.maximum(np.asarray(self.rows[name] + back, dtype=np.float64), 0.0)

    @property
    def spent(self) -> Floats:
        """Return what each row's offer cost: its discount, or the catalogue's cost of its redemptions."""
        each = np.array([self.costs.get(arm, 0.0) for arm in self.arm.tolist()])
        given = np.where(self._lowers_the_price, self.rows["discount_minor"], each * self.rows["redemption_count"])
        return np.asarray(given, dtype=np.float64)

    @property
    def margin(self) -> Floats:
        """Return each row's margin within the horizon less what its offer cost, in minor units."""
        # The margin of a purchase is already that after discounts.
        extra = np.where(self._lowers_the_price, 0.0, self.spent)
        return np.asarray(self.rows["margin_minor"] - extra, dtype=np.float64)

    @property
    def valued_orders(self) -> Floats:
        """Return each row's orders times the mean margin of one before the offer's discount, less its offer's cost."""
        return np.asarray(self._orders * self.order_margin - self.spent, dtype=np.float64)

    @property
    def valued_beside(self) -> dict[str, Floats]:
        """Return arm on a category or product -> the part of `valued_orders` in orders that do not hold it, (rows,)."""
        held = {arm: self.qualifying[arm].to_numpy(np.float64) for arm in self.qualifying.columns}
        return {arm: (self._orders - count) * self.order_margin for arm, count in held.items()}

    @property
    def _orders(self) -> Floats:
        return np.asarray(self.rows["order_count"], dtype=np.float64)

    @property
    def order_margin(self) -> float:
        """Return the mean margin of an order before the offer's discount, in minor units."""
        return float(self._before_discount("margin_minor").sum()) / max(float(self._orders.sum()), 1.0)

    def part(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> "Evidence":
        """Return some of the rows: those in a mask, or those at places, in that order."""
        at = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen
        table = self.features.take(pa.array(at))
        frames = (self.rows, self.propensity, self.qualifying, self.affinity)
        rows, chances, held, leaning = (
            frame.iloc[at].reset_index(drop=True) if len(frame) else frame for frame in frames
        )
        return replace(self, features=table, rows=rows, propensity=chances, qualifying=held, affinity=leaning)

    def costs_per_order(self) -> dict[str, float]:
        """Return arm without a price -> the catalogue's cost times redemptions per order; others are measured."""
        return {arm: cost * self._redemptions_per_order(arm) for arm, cost in self.costs.items()}

    def _redemptions_per_order(self, arm: str) -> float:
        inside = self.rows[self.arm == arm]
        return float(inside["redemption_count"].sum()) / max(float(inside["order_count"].sum()), 1.0)

    def redeemed_share(self, arm: str) -> float:
        """Return the share of an arm's people who redeemed its offer."""
        return float((self.rows.loc[self.arm == arm, "redemption_count"] > 0).mean())

    @property
    def _lowers_the_price(self) -> NDArray[np.bool_]:
        # What has a cost of its own in the catalogue (points, a gift, delivery) leaves the price as it is.
        return ~np.isin(self.arm, [*self.costs, CONTROL])


def collect(warehouse: Warehouse, run: Run, features: Mapping[str, str]) -> Evidence:
    """Return the evidence known on the business date: rows of models.training_examples that have a snapshot.

    Raises:
        NoEvidence: nothing was assigned at random, or no horizon is complete.
    """
    if not _is_there(warehouse):
        raise evidence.NoEvidence(_nothing(warehouse, run))
    rows = warehouse.frame(f"select examples.* {_FROM} {_ORDER}")
    table = warehouse.arrow(f"select {data.as_doubles(features, 'snapshots.')} {_FROM} {_ORDER}")
    depths, costs = offers(warehouse)
    tried = sorted(set(rows["arm"]) - {CONTROL})
    chances = _propensities(warehouse, len(rows))
    return Evidence(
        table,
        rows,
        chances,
        {arm: depths.get(arm) for arm in tried},
        _only(costs, tried),
        _only(order_worths(warehouse), tried),
        _only(kin(warehouse), tried),
        _qualifying(warehouse, rows, tried),
        _affinity(warehouse, run, rows, tried),
        tuple(offer for offer in always_redeemed(warehouse) if offer in tried),
    )


def _is_there(warehouse: Warehouse) -> bool:
    tables = (data.SNAPSHOT, EXAMPLES, ARMS)
    return all(warehouse.exists(name) for name in tables) and bool(warehouse.value(f"select count(*) {_FROM}"))


def _propensities(warehouse: Warehouse, size: int) -> pd.DataFrame:
    """Return (rows, arms) chances in the order of the rows."""
    found = warehouse.frame(f"""
        with examples as (
            select examples.customer_id, examples.wave_id, row_number() over ({_ORDER}) - 1 as place {_FROM}
        )
        select examples.place, arms.arm, arms.propensity
        from examples
        inner join {ARMS} as arms on examples.customer_id = arms.customer_id and examples.wave_id = arms.wave_id
    """)
    names, column = np.unique(found["arm"].to_numpy(dtype=str), return_inverse=True)
    chances = np.zeros((size, len(names)))
    chances[found["place"].to_numpy(), column] = found["propensity"].to_numpy()
    return pd.DataFrame(chances, columns=names)


def _qualifying(warehouse: Warehouse, rows: pd.DataFrame, tried: list[str]) -> pd.DataFrame:
    """Return (rows, arms on a category or product) orders that hold it, in the order of the rows."""
    if not warehouse.exists(CATALOGUE) or not warehouse.exists(QUALIFYING):
        return pd.DataFrame()
    found = warehouse.frame(f"""
        select held.customer_id, held.wave_id, catalogue.offer_id, cast(held.order_count as double) as order_count
        from {QUALIFYING} as held
        inner join {CATALOGUE} as catalogue
            on held.target_kind = catalogue.target_kind and held.target_id = catalogue.target_id
    """)
    table = found[found["offer_id"].isin(tried)].pivot_table(
        index=["customer_id", "wave_id"], columns="offer_id", values="order_count", aggfunc="sum"
    )
    keys = pd.MultiIndex.from_frame(rows[["customer_id", "wave_id"]])
    return table.reindex(keys).fillna(0.0).reset_index(drop=True)


def _affinity(warehouse: Warehouse, run: Run, rows: pd.DataFrame, tried: list[str]) -> pd.DataFrame:
    """Return (rows, arms on a category or product) how much each person leaned to it on the day before the wave."""
    usual = _only(affinity.shares(warehouse, run), tried)
    people = rows[["customer_id", "snapshot_on"]].rename(columns={"snapshot_on": "day"})
    return affinity.of(
        warehouse, run, usual, f"select distinct customer_id, snapshot_on as day from {EXAMPLES}", people
    )


_FROM = f"""
    from {EXAMPLES} as examples
    inner join {data.SNAPSHOT} as snapshots
        on examples.customer_id = snapshots.customer_id and examples.snapshot_on = snapshots.snapshot_on
    where snapshots.purpose = 'wave'
"""
_ORDER = "order by examples.customer_id, examples.wave_id"


def _only(known: Mapping[str, Known], arms: list[str]) -> dict[str, Known]:
    return {arm: known[arm] for arm in arms if arm in known}


_NEVER = "no offer was drawn at random"
_PROBLEMS = f"select coalesce(problem, 'no_snapshot') as why, count(*) from {DRAWS} group by why order by 2 desc, 1"
_WHY = {
    "two_arms": "records of one person in two arms",
    "no_propensity": "no propensity kept",
    "overlapping_horizon": "inside an earlier horizon",
    "offer_in_horizon": "controls who got an offer",
    "shared_address": "controls who share an address with somebody offered",
    "horizon_open": "horizon not over",
    "no_snapshot": "no features of that day",
}


def _nothing(warehouse: Warehouse, run: Run) -> str:
    days = run.settings.models.horizon_days
    rows = warehouse.rows(_PROBLEMS) if warehouse.exists(DRAWS) else []
    draws = sum(count for _, count in rows)
    what = f"{draws} random assignments, none of them usable: " + ", ".join(f"{_WHY[why]} ({n})" for why, n in rows)
    if {why for why, _ in rows} <= {"horizon_open"}:
        what = f"{draws} random assignments, none with {days} full days after it" if draws else _NEVER
    return f"No randomised evidence as of {run.business_date}: {what}. {evidence.pilot_need(_chance(warehouse))}"


def _chance(warehouse: Warehouse) -> float | None:
    """Return the share of customers who bought after the newest snapshot."""
    if not warehouse.exists(data.SNAPSHOT):
        return None
    newest = f"select max(snapshot_on) from {data.SNAPSHOT} where purpose = 'regular'"
    share = warehouse.value(
        f"select avg(cast(bought as integer)) from {data.SNAPSHOT} "
        f"where purpose = 'regular' and snapshot_on = ({newest})"
    )
    return None if share is None else float(share)


def offers(warehouse: Warehouse) -> tuple[dict[str, float | None], dict[str, float]]:
    """Return offer -> share taken off the basket (None: another kind), and offer -> cost of one redemption.

    Both are empty without a catalogue: then every arm is one without a price, and its cost is measured.
    """
    if not warehouse.exists(CATALOGUE):
        return {}, {}
    rows = warehouse.rows(f"select offer_id, kind, target_kind, depth_pct, max_cost_minor from {CATALOGUE} order by 1")
    depths = {offer: pct / 100 if (kind, on) == ("percent", "basket") else None for offer, kind, on, pct, _ in rows}
    costs = {offer: float(cost) for offer, kind, _, _, cost in rows if kind not in ("percent", "amount")}
    return depths, costs


def families(warehouse: Warehouse) -> dict[str, tuple[str, float]]:
    """Return percent offer -> (template and target, depth as a share): offers that differ by depth alone."""
    rows = warehouse.rows(f"""
        select offer_id, concat_ws('|', template_id, target_kind, target_id) as family, depth_pct / 100.0 as depth
        from {CATALOGUE} where kind = 'percent' order by offer_id
    """)
    return {offer: (family, float(depth)) for offer, family, depth in rows}


def always_redeemed(warehouse: Warehouse) -> list[str]:
    """Return the percent offers without a threshold: every order that one brings about redeems it."""
    if not warehouse.exists(CATALOGUE):
        return []
    rows = warehouse.rows(
        f"select offer_id from {CATALOGUE} where kind = 'percent' and threshold_minor is null order by offer_id"
    )
    return [offer for (offer,) in rows]


def order_worths(warehouse: Warehouse) -> dict[str, float]:
    """Return offer on a category or product -> margin of an order made for it, as a ratio to a usual order's."""
    if not warehouse.exists(CATALOGUE) or not warehouse.exists(WORTHS):
        return {}
    return dict(
        warehouse.rows(f"""
            select catalogue.offer_id, worths.worth
            from {CATALOGUE} as catalogue
            inner join {WORTHS} as worths
                on catalogue.target_kind = worths.target_kind and catalogue.target_id = worths.target_id
            order by catalogue.offer_id
        """)
    )


def kin(warehouse: Warehouse) -> dict[str, Kin]:
    """Return offer -> the offers it is like: all of its template redeem alike; see also `families`."""
    if not warehouse.exists(CATALOGUE):
        return {}
    by_depth = families(warehouse)
    rows = warehouse.rows(f"select offer_id, template_id from {CATALOGUE} order by offer_id")
    return {offer: Kin(template, *by_depth.get(offer, (offer, None))) for offer, template in rows}


def person_margin_share(net_minor: Floats, margin_minor: Floats, shop_share: float) -> Floats:
    """Return each person's margin share of the last year, pulled to the shop's, within 0 and 1."""
    share = (margin_minor + shop_share * _PRIOR_SALES_MINOR) / (np.maximum(net_minor, 0) + _PRIOR_SALES_MINOR)
    return np.clip(share, 0.0, 1.0)
