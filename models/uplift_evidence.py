"""The randomised evidence of a shop as a trial: features as of each wave, arms, outcomes and propensities."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from models import data, evidence
from models.data import Floats
from models.evidence import CONTROL
from offermill import sqlfiles
from offermill.run import Run
from offermill.warehouse import Warehouse

EXAMPLES = "models.training_example"
CATALOGUE = "offers.catalogue"
# One person's margin share counts as if this much (minor units) had been sold at the shop's share.
_PRIOR_SALES_MINOR = 20_000.0


@dataclass(frozen=True)
class Evidence:
    """One row per person and wave, sorted by both.

    Attributes:
        features: feature columns as of the day before the wave.
        rows: what models.training_example says of them.
        depths: arm -> share taken off the basket, None for offers without a price.
        costs: arm without a price -> cost of one redemption by the catalogue, in minor units.
    """

    features: pa.Table
    rows: pd.DataFrame
    depths: dict[str, float | None]
    costs: dict[str, float]

    @property
    def arm(self) -> NDArray[np.str_]:
        """Return the arm of every row."""
        return np.asarray(self.rows["arm"].to_numpy(), dtype=str)

    @property
    def sales(self) -> Floats:
        """Return sales per order before the offer's discount, in minor units; refunds beyond all sales count as none.

        Per order, because an offer brings about one order more: the baskets of those who come often anyway would
        otherwise be counted for those who came because of it.
        """
        orders = np.maximum(self.rows["order_count"].to_numpy(), 1)
        return np.asarray(self._before_discount("net_minor") / orders, dtype=np.float64)

    @property
    def margin_share(self) -> float:
        """Return the margin before the offer's discount as a share of sales before it, over everybody."""
        whole = float(self._before_discount("net_minor").sum())
        return float(self._before_discount("margin_minor").sum()) / whole if whole > 0 else 0.0

    def _before_discount(self, name: str) -> Floats:
        back = np.where(self._is_priced, self.rows["discount_minor"], 0.0)
        return np.maximum(np.asarray(self.rows[name] + back, dtype=np.float64), 0.0)

    @property
    def propensity(self) -> pd.DataFrame:
        """Return (rows, arms) probabilities: what the log says of each wave and arm, 0 where nobody was drawn."""
        by_wave = self.rows.groupby(["wave_id", "arm"])["propensity"].mean().unstack().fillna(0.0)
        return by_wave.loc[self.rows["wave_id"]].reset_index(drop=True)

    def costs_per_buyer(self) -> dict[str, float]:
        """Return arm without a price -> the catalogue's cost times redemptions per buyer; others are measured."""
        return {arm: cost * self._redemptions_per_buyer(arm) for arm, cost in self.costs.items()}

    def _redemptions_per_buyer(self, arm: str) -> float:
        inside = self.rows[self.arm == arm]
        return float(inside["redemption_count"].sum()) / max(float(inside["bought"].sum()), 1.0)

    @property
    def _is_priced(self) -> NDArray[np.bool_]:
        priced = [arm for arm, depth in self.depths.items() if depth is not None]
        return np.isin(self.arm, priced)


def collect(warehouse: Warehouse, run: Run, features: Mapping[str, str]) -> Evidence:
    """Return the evidence known on the business date, and write it as models.training_example.

    Raises:
        NoEvidence: nothing was assigned at random, or no horizon is complete.
    """
    warehouse.replace_table(EXAMPLES, sqlfiles.read(EXAMPLES).text, run.parameters)
    if not warehouse.exists(data.SNAPSHOT) or not warehouse.value(f"select count(*) {_FROM}"):
        raise evidence.NoEvidence(_nothing(warehouse, run))
    rows = warehouse.frame(f"select examples.* {_FROM} {_ORDER}")
    rows["propensity"] = rows["propensity"].astype(float)
    table = warehouse.arrow(f"select {data.as_doubles(features, 'snapshots.')} {_FROM} {_ORDER}")
    depths, costs = offers(warehouse)
    tried = sorted(set(rows["arm"]) - {CONTROL})
    return Evidence(table, rows, {arm: depths.get(arm) for arm in tried}, _only(costs, tried))


_FROM = f"""
    from {EXAMPLES} as examples
    inner join {data.SNAPSHOT} as snapshots
        on examples.customer_id = snapshots.customer_id and examples.snapshot_on = snapshots.snapshot_on
    where snapshots.purpose = 'wave'
"""
_ORDER = "order by examples.customer_id, examples.wave_id"


def _only(costs: Mapping[str, float], arms: list[str]) -> dict[str, float]:
    return {arm: costs[arm] for arm in arms if arm in costs}


def _nothing(warehouse: Warehouse, run: Run) -> str:
    days = run.settings.models.horizon_days
    waves = int(warehouse.value("select count(*) from core.offer_assignment where is_randomised"))
    what = (
        f"{waves} random assignments, none with {days} full days after it" if waves else "no offer was drawn at random"
    )
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


def person_margin_share(net_minor: Floats, margin_minor: Floats, shop_share: float) -> Floats:
    """Return each person's margin share of the last year, pulled to the shop's, within 0 and 1."""
    share = (margin_minor + shop_share * _PRIOR_SALES_MINOR) / (np.maximum(net_minor, 0) + _PRIOR_SALES_MINOR)
    return np.clip(share, 0.0, 1.0)
