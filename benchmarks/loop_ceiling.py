"""How much of the best possible the features can tell at all: the generator's truth, learned without its noise.

People differ in what no feature shows (whether an offer moves them at all is drawn by lot). Trees learn the *true* gain
and cost of each offer from the features of one half of the people and tell it of the other half. No learner that sees
only what people did can be expected to do better with these features and as many people.
"""

from datetime import date
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
import pyarrow as pa

from benchmarks import loop_nights
from benchmarks.loop_rivals import Floats, Truth
from models import affinity, data
from offermill.run import Run
from offermill.synthetic import truth
from offermill.warehouse import Warehouse

ROUNDS = 100
PARAMETERS = {
    "objective": "regression", "num_leaves": 31, "learning_rate": 0.08, "min_data_in_leaf": 40, "feature_fraction": 0.7,
    "num_threads": 1, "verbose": -1, "seed": 1, "deterministic": True, "force_row_wise": True,
}  # fmt: skip


def told(folder: Path, day: date, known: Truth, offers: list[str]) -> Truth:
    """Return the truth as far as features tell it, of the offers named; 0 for the others and for new people."""
    people, features, leaning = loop_nights.read(folder, day, _features)
    gain, cost = np.zeros(known.gain.shape), np.zeros(known.cost.shape)
    half = np.arange(len(people)) % 2
    for name in offers:
        offer, rows = known.offers.index(name), features
        if name in leaning:
            rows = np.column_stack([features, leaning[name].to_numpy().astype(np.float32)])
        for true, answer in ((known.gain, gain), (known.cost, cost)):
            answer[people, offer] = np.rint(learned(rows, true[people, offer], half))
    return Truth(known.offers, gain, np.maximum(cost, 0), known.buys)


def _features(warehouse: Warehouse, run: Run) -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:  # type: ignore[type-arg]
    """Return the people, their features, and how much they lean to what each offer is on."""
    columns = data.feature_columns(warehouse.columns(data.CUSTOMER))
    table: pa.Table = warehouse.arrow(
        f"select customer_id, {data.as_doubles(columns)} from {data.CUSTOMER} order by customer_id"
    )
    rows = np.column_stack([table[name].to_numpy().astype(np.float32) for name in columns])
    names = table["customer_id"].to_pylist()
    asked = pd.DataFrame({"customer_id": names, "day": pd.Timestamp(run.business_date)})
    everybody = f"select customer_id, $business_date as day from {data.CUSTOMER}"
    leaning = affinity.of(warehouse, run, affinity.shares(warehouse, run), everybody, asked)
    return truth.persons_of(names), rows, leaning


def learned(features: Floats, target: Floats, half: Floats) -> Floats:
    """Return what the features (n, columns) of each half (0 or 1) tell of a target (n,), learned on the other."""
    answer = np.zeros(len(target))
    for number in (0, 1):
        taught = half != number
        model = lgb.train(PARAMETERS, lgb.Dataset(features[taught], target[taught]), ROUNDS)
        answer[~taught] = model.predict(features[~taught], num_threads=1)
    return answer
