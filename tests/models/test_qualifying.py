"""Offers on a category: their mean effect by the orders that hold it and by the others."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models import qualifying
from models.data import Floats
from models.uplift import UpliftModel

SIZE = 7_000
GAINS = {"coffee": 0.02, "grocery": 0.04, "pets": 0.06, "tea": 0.10, "toys": 0.02, "wine": 0.06}
# Of the orders that come anyway.
SHARE = 0.15


def test_an_effect_is_the_difference_of_means_where_everybody_is_as_likely() -> None:
    offered, control = np.array([True, True, False, False]), np.array([False, False, True, True])
    half = np.full(4, 0.5)
    value, error = qualifying.effect((offered, control), (half, half), np.array([3.0, 1.0, 1.0, 0.0]), np.ones(4))

    assert value == pytest.approx(1.5)
    # Each row says twice its distance from the mean of 1.25: 3.5, -0.5, 0.5, 2.5.
    assert error == pytest.approx(np.std([3.5, -0.5, 0.5, 2.5], ddof=1) / 2)


def test_rows_that_could_not_get_the_offer_or_nothing_do_not_count() -> None:
    offered, control = np.array([True, False, False, True]), np.array([False, True, False, False])
    chances = np.array([0.5, 0.5, 0.0, 1.0]), np.array([0.5, 0.5, 1.0, 0.0])
    value, _ = qualifying.effect((offered, control), chances, np.array([2.0, 1.0, 50.0, 50.0]), np.ones(4))

    assert value == pytest.approx(1.0)


def test_other_orders_are_pulled_to_their_common_mean_and_added() -> None:
    parts = {"a": ((0.05, 0.01), (0.02, 0.02)), "b": ((0.02, 0.01), (-0.02, 0.02)), "c": ((0.03, 0.01), (0.0, 0.02))}
    found = qualifying.whole(parts)

    # Their common mean is nothing, and what sets them apart is no more than noise.
    assert [found[name][0] for name in parts] == pytest.approx([0.05, 0.02, 0.03])
    assert found["a"][1] < np.hypot(0.01, 0.02)


def test_trips_taken_from_other_orders_by_all_offers_are_counted() -> None:
    parts = dict.fromkeys(("a", "b", "c", "d"), ((0.05, 0.005), (-0.03, 0.005)))
    found = qualifying.whole(parts)

    assert [value for value, _ in found.values()] == pytest.approx([0.02] * 4, abs=0.002)


def trial(seed: int) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return features and a trial in which every offer adds orders that hold its category, and no others."""
    draw = np.random.default_rng(seed)
    arm = draw.choice(["control", *GAINS], SIZE)
    habit = draw.gamma(2.0, 0.5, SIZE)
    anyway = draw.poisson(0.4 * habit)
    held = {name: draw.binomial(anyway, SHARE) for name in GAINS}
    added = {name: draw.poisson(gain, SIZE) * (arm == name) for name, gain in GAINS.items()}
    orders = anyway + np.sum([*added.values()], axis=0)
    return pd.DataFrame({"habit": habit}), {
        "arm": arm,
        "bought": orders > 0,
        "sales": 1000.0 * orders,
        "margin_share": 0.4,
        "propensity": dict.fromkeys(["control", *GAINS], 1 / (1 + len(GAINS))),
        "orders": orders,
        "qualifying": {name: held[name] + added[name] for name in GAINS},
    }


def told_by(told: dict[str, Any], orders: Mapping[str, Floats]) -> dict[str, qualifying.Estimate]:
    """Return the effect of every offer on its own column of orders."""
    arm, chance = np.asarray(told["arm"]), np.full(SIZE, told["propensity"]["control"])
    return {
        name: qualifying.effect((arm == name, arm == "control"), (chance, chance), seen, np.ones(SIZE))
        for name, seen in orders.items()
    }


def test_means_told_by_qualifying_orders_are_nearer_to_the_truth_and_their_errors_are_right() -> None:
    blunt, sharp, scores = [], [], []
    for seed in range(100):
        told = trial(seed)[1]
        orders, held = np.asarray(told["orders"], float), told["qualifying"]
        own, beside = told_by(told, held), told_by(told, {name: orders - held[name] for name in held})
        found = qualifying.whole({name: (own[name], beside[name]) for name in own})
        at_once = told_by(told, dict.fromkeys(GAINS, orders))
        sharp += [found[name][0] - gain for name, gain in GAINS.items()]
        blunt += [at_once[name][0] - gain for name, gain in GAINS.items()]
        scores += [(found[name][0] - gain) / found[name][1] for name, gain in GAINS.items()]

    assert np.mean(np.square(sharp)) < 0.5 * np.mean(np.square(blunt)), (
        np.mean(np.square(sharp)),
        np.mean(np.square(blunt)),
    )
    assert np.mean(sharp) == pytest.approx(0.0, abs=0.003)
    assert np.mean(np.abs(scores) < 1.96) > 0.92


def test_a_model_told_of_qualifying_orders_is_surer_of_its_means() -> None:
    features, told = trial(1)
    sharp, blunt = (
        UpliftModel(dict.fromkeys(GAINS), random_state=1).fit(features, **given)
        for given in (told, told | {"qualifying": None})
    )

    assert max(sharp.learned_.other_errors) < 0.9 * min(blunt.learned_.other_errors)


def test_qualifying_orders_must_be_one_number_per_person() -> None:
    features, told = trial(0)
    told["qualifying"] = {"coffee": np.ones(3)}
    with pytest.raises(ValueError, match=r"qualifying coffee has shape \(3,\), expected \(7000,\)"):
        UpliftModel(dict.fromkeys(GAINS)).fit(features, **told)
