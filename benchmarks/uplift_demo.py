"""The uplift model on a demo shop, whose truth is known: `benchmarks/uplift.py --demo DIR`.

Without a shop in DIR one of 20,000 customers is made there, and trained where that was not done yet. Effects on the
number of orders (what the nights use) stand beside effects on whether somebody buys. People are those of the newest
snapshot of a training, so their features are up to a horizon old.
"""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import uplift_worlds
from benchmarks.uplift_worlds import Floats
from models import data, uplift_evidence, uplift_step
from models.uplift import UpliftModel
from models.uplift_evidence import Evidence
from offermill import examples, flows, night
from offermill.paths import ShopPaths
from offermill.run import Run
from offermill.synthetic import truth
from offermill.warehouse import Warehouse

CUSTOMERS = 20_000
DAY = date(2026, 6, 30)
_NEWEST = """
    from models.training_snapshot as people
    where people.purpose = 'regular'
        and people.snapshot_on = (select max(snapshot_on) from models.training_snapshot where purpose = 'regular')
        and regexp_matches(people.customer_id, '^c[0-9]+$')
    order by people.customer_id
"""


def figures(folder: Path) -> dict[str, dict[str, float]]:
    """Return, per outcome, the figures of effects held against the truth."""
    _prepare(folder)
    with Warehouse.open(ShopPaths(folder).warehouse, read_only=True) as warehouse:
        features = data.feature_columns(warehouse.columns(data.SNAPSHOT))
        seen = uplift_evidence.collect(warehouse, Run.of(folder, DAY), features)
        table = warehouse.arrow(f"select {data.as_doubles(features, 'people.')} {_NEWEST}")
        people = [str(row[0]) for row in warehouse.rows(f"select people.customer_id {_NEWEST}")]
    share = uplift_step.margin_share(table, seen.margin_share)
    rows = uplift_step.matrix(table)
    found = {}
    for outcome, model in {"orders": uplift_step.fit(seen, 0), "bought": _of_buying(seen)}.items():
        effect, cost, before = model.predictions(rows, margin_share=share)
        found[outcome] = _against_truth(folder, people, effect, cost, before) | {"extra_share": model.extra_share_}
    return found


def _prepare(folder: Path) -> None:
    if not (folder / "shop.yml").exists():
        examples.make("demo", folder, customers=CUSTOMERS, seed=1, progress=print)
    if not ShopPaths(folder).warehouse.exists():
        night.perform_flow(flows.training(), folder, DAY)


def _of_buying(seen: Evidence) -> UpliftModel:
    """Return the model of whether somebody buys; whoever does has one basket, his mean one."""
    orders = seen.rows["order_count"].to_numpy(dtype=float)
    model = UpliftModel(seen.depths, costs=seen.costs_per_order())
    return model.fit(
        uplift_step.matrix(seen.features), arm=seen.arm, bought=seen.rows["bought"].to_numpy(),
        sales=seen.sales / np.maximum(orders, 1.0), margin_share=seen.margin_share, propensity=seen.propensity,
        discount=seen.rows["discount_minor"].to_numpy() / np.maximum(orders, 1.0),
    )  # fmt: skip


def _against_truth(
    folder: Path, people: list[str], effect: pd.DataFrame, cost: pd.DataFrame, before: pd.Series
) -> dict[str, float]:
    arms = list(effect.columns)
    known = [truth.effects(folder, people, [arm] * len(people)).to_pandas() for arm in arms]
    gain, price = (_columns(known, name) for name in ("incremental_margin_minor", "discount_cost_minor"))
    shares = uplift_worlds.shares(effect.to_numpy(), cost.to_numpy(), gain, price)
    one = max(float(gain.sum(axis=0).max()), 0.0) / float(np.maximum(gain.max(axis=1), 0.0).sum())
    return shares | {
        "one_offer_to_all": one,
        "baseline_mean": float(before.mean()),
        "true_baseline_mean": float(known[0]["chance_without"].mean()),
        "cost_ratio": float(cost.to_numpy().sum() / price.sum()),
    }


def _columns(known: list[Any], name: str) -> Floats:
    return np.column_stack([each[name].to_numpy(dtype=np.float64) for each in known])
