"""How one and the same effect shows on people who buy more or less anyway."""

import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from models.conversion import Scale, Shape
from models.outcome import COUNT
from models.uplift import UpliftModel

ORDERS = np.array([0.1, 0.2, 0.4])


def test_a_power_of_one_adds_the_same_to_everybody() -> None:
    line, scale = np.log(ORDERS), Scale((Shape(1.0, 0.0, 1.0),), typical=0.2)

    assert scale.of(COUNT, line) * ORDERS == pytest.approx([0.2] * 3)
    assert Scale((Shape(0.0, 0.0, 1.0),), 0.2).of(COUNT, line).tolist() == [1.0, 1.0, 1.0]


def test_a_hump_leaves_less_at_both_ends_and_guesses_are_averaged() -> None:
    line, flat, hump = np.log(ORDERS), Shape(1.0, 0.0, 0.25), Shape(1.0, 0.3, 0.75)

    added = Scale((flat, hump), typical=0.2).of(COUNT, line) * ORDERS

    at_ends = 0.2 * (0.25 + 0.75 * np.exp(-0.3 * np.log(2) ** 2))
    assert added == pytest.approx([at_ends, 0.2, at_ends])
    assert Scale.restored(json.loads(json.dumps(asdict(Scale((flat, hump), 0.2))))) == Scale((flat, hump), 0.2)


def test_a_trial_tells_that_neither_the_lost_nor_the_regular_are_moved() -> None:
    # 0.01 to 2 orders in the horizon; an offer adds 0.15 to those in the middle, a fifth of that to the others.
    rng = np.random.default_rng(2)
    rhythm = np.exp(rng.uniform(np.log(0.01), np.log(2), 12_000))
    extra = np.where((rhythm > 0.06) & (rhythm < 0.5), 0.15, 0.03)
    arm = rng.choice(["control", "ten", "twenty"], len(rhythm))
    orders = rng.poisson(rhythm + extra * (arm != "control"))
    model = UpliftModel({"ten": 0.1, "twenty": 0.2}).fit(
        pd.DataFrame({"rhythm": rhythm}),
        arm=arm,
        bought=orders > 0,
        sales=orders * 100.0,
        margin_share=0.3,
        propensity=dict.fromkeys(("control", "ten", "twenty"), 1 / 3),
        orders=orders,
    )

    people = pd.DataFrame({"rhythm": [0.015, 0.15, 1.5]})
    gained = (model.effect(people, margin_share=1.0) + model.cost(people))["ten"].to_numpy() / 100

    assert gained[1] > 1.5 * gained[0]
    assert gained[1] > 1.25 * gained[2]
