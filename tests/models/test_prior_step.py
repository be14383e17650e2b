"""Segments' costs are set right by what those cost whom they would have picked without having seen them."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from models import prior_step
from models.prior_step import Parts
from models.segment_prior import ALL, Known, Prior, Segments
from models.uplift_evidence import Evidence

ROWS = 8_000


def evidence(chances: np.ndarray) -> Evidence:
    """Half of the people got an offer that adds 0.2 orders of 1,000; a redemption costs 500 and has these chances."""
    rng = np.random.default_rng(3)
    arm = np.where(rng.random(ROWS) < 0.5, "ten", "control")
    redeemed = (rng.random(ROWS) < chances) & (arm == "ten")
    bought = rng.random(ROWS) < np.where(arm == "ten", 0.4, 0.2)
    rows = pd.DataFrame({
        "customer_id": [f"c{number}" for number in range(ROWS)], "arm": arm, "bought": bought,
        "order_count": bought.astype(int), "redemption_count": redeemed.astype(int),
        "margin_minor": np.where(bought, 1_000, 0), "net_minor": np.where(bought, 3_000, 0),
        "discount_minor": np.where(redeemed, 500, 0), "redeemed_minor": np.where(redeemed, 500, 0),
    })  # fmt: skip
    days, orders = rng.integers(0, 200, ROWS).astype(float), rng.integers(1, 9, ROWS).astype(float)
    features = pa.table({"days_since_order": days, "order_count_365_days": orders})
    lots = pd.DataFrame(0.5, index=range(ROWS), columns=["control", "ten"])
    return Evidence(features, rows, lots, {"ten": None}, {})


def test_people_who_look_cheap_to_those_who_did_not_see_them_are_dearer() -> None:
    # The second half of the people redeems twice as often; each half is told what it costs by the other alone.
    half = np.arange(ROWS) % 2
    seen = evidence(np.where(half == 1, 0.2, 0.1))

    found = prior_step.checked(seen, np.zeros((ROWS, 2)), Parts(half, 2))

    # So the second looks cheaper than the first, is picked first, and costs 100 where 50 were planned.
    assert found.redemption_count > 60
    assert found.planned == pytest.approx(50, rel=0.2)
    assert found.spent == pytest.approx(100, rel=0.2)
    assert 1.5 < found.factor < found.spent / found.planned


def test_costs_that_are_right_stay() -> None:
    seen = evidence(np.full(ROWS, 0.1))
    found = prior_step.checked(seen, np.zeros((ROWS, 2)), Parts(np.arange(ROWS) % 2, 2))
    assert abs(found.factor - 1) < 2 * found.error < 0.5


def test_without_a_second_part_nothing_is_corrected() -> None:
    found = prior_step.checked(evidence(np.full(ROWS, 0.1)), np.zeros((ROWS, 2)), Parts(np.zeros(ROWS, np.int64), 1))
    assert (found.row_count, found.factor) == (0, 1.0)


def test_dearer_offers_gain_less_and_their_orders_stay() -> None:
    prior = Prior(Segments({}), {"ten": {ALL: Known(30.0, 4.0, 10.0, 0.1, 0.2, 500)}})
    assert prior_step.corrected(prior, 1.5).of("ten", "9.9") == Known(25.0, 4.0, 15.0, 0.1, 0.2, 500)
