"""Randomised trials of offers in made-up worlds, with the truth: what uplift estimators are measured on.

Every world has a margin share of 0.40. `trial(name, rows, seed)` draws people and what happened to them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

Floats = NDArray[np.float64]

MARGIN = 0.40
DEPTHS: dict[str, float | None] = {"d05": 0.05, "d10": 0.10, "d15": 0.15, "d20": 0.20}
SHARES = (0.40, 0.15, 0.15, 0.15, 0.15)


@dataclass(frozen=True)
class Truth:
    """What is true of n people: the chance to buy per arm (control first) and the mean basket."""

    chance: Floats
    basket: Floats


@dataclass(frozen=True)
class World:
    """How people are drawn.

    Attributes:
        truth: features (n, k) -> what is true of them.
        depths: arm -> depth or None.
        shares: of control and every arm.
        costs: arm without a price -> cost per buyer.
        feature_count: k.
        basket_noise: standard deviation of log sales around the mean basket.
        tilt: how strongly propensities follow features (0 = not at all).
        shape: independent normal numbers (n, k) -> features (n, k).
    """

    truth: Callable[[Floats], Truth]
    depths: Mapping[str, float | None] = field(default_factory=lambda: DEPTHS)
    shares: tuple[float, ...] = SHARES
    costs: Mapping[str, float] = field(default_factory=dict)
    feature_count: int = 40
    basket_noise: float = 0.5
    tilt: float = 0.0
    shape: Callable[[Floats], Floats] = lambda x: x


@dataclass(frozen=True)
class Trial:
    """What is known of a trial, and the true margin and cost of every arm (control first) per person."""

    world: World
    features: pd.DataFrame
    arm: NDArray[np.str_]
    bought: NDArray[np.bool_]
    sales: Floats
    propensity: pd.DataFrame
    margin: Floats
    cost: Floats

    @property
    def offers(self) -> list[str]:
        """Return the arms without the control arm."""
        return list(self.world.depths)


def _chance(line: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-line)), dtype=np.float64)


def _base(x: Floats) -> Floats:
    return np.asarray(-2.7 + 0.7 * x[:, 0] + 0.4 * np.tanh(x[:, 1] * x[:, 2]) + 0.4 * (x[:, 3] > 1), dtype=np.float64)


def _basket(x: Floats) -> Floats:
    return np.asarray(np.exp(3.5 + 0.3 * x[:, 5] + 0.2 * x[:, 0]), dtype=np.float64)


def _of_depth(x: Floats, sensitivity: Floats, curve: Callable[[Floats], Floats], base: Floats | None = None) -> Truth:
    line = _base(x) if base is None else base
    depth = np.array([0.0, *(float(each or 0) for each in DEPTHS.values())])
    return Truth(_chance(line[:, None] + sensitivity[:, None] * curve(depth)), _basket(x))


def _saturating(scale: float) -> Callable[[Floats], Floats]:
    return lambda depth: np.asarray(1 - np.exp(-depth / scale), dtype=np.float64)


def _some(x: Floats) -> Floats:
    """Return a sensitivity that a third of the people lack."""
    return np.where(x[:, 6] > 0.45, 0.0, np.clip(0.8 + 0.6 * x[:, 4] + 0.4 * np.sin(1.5 * x[:, 7]), 0, 3))


def _nothing(x: Floats) -> Truth:
    return _of_depth(x, np.zeros(len(x)), _saturating(0.1))


def _crossed(x: Floats) -> Truth:
    """Only pairs of features tell who answers; no single one does."""
    return _of_depth(x, 1.6 * (x[:, 4] * x[:, 6] > 0), _saturating(0.1))


def _early(x: Floats) -> Truth:
    return _of_depth(x, 0.8 * _some(x), _saturating(0.02))


def _late(x: Floats) -> Truth:
    return _of_depth(x, 1.5 * _some(x), lambda depth: np.clip((depth - 0.08) / 0.10, 0, 1))


def _personal(x: Floats) -> Truth:
    """Half answer the first step already, half only deep discounts."""
    depth = np.array([0.0, 0.05, 0.10, 0.15, 0.20])
    early, late = 1 - np.exp(-depth / 0.03), np.clip((depth - 0.08) / 0.10, 0, 1)
    curve = np.where(x[:, 8:9] > 0, early, 1.4 * late)
    return Truth(_chance(_base(x)[:, None] + _some(x)[:, None] * curve), _basket(x))


def _rare(x: Floats) -> Truth:
    return _of_depth(x, 1.3 * _some(x), _saturating(0.1), _base(x) - 2.3)


def _plain(x: Floats) -> Truth:
    return _of_depth(x, _some(x), _saturating(0.1))


def _added(x: Floats) -> Truth:
    """The offer adds the same chance whatever the chance without it: not a world of log-odds."""
    base = _chance(0.9 * x[:, 0] - 2.2)
    lift = 0.05 * _some(x)
    depth = np.array([0.0, 0.05, 0.10, 0.15, 0.20])
    return Truth(np.minimum(base[:, None] + lift[:, None] * _saturating(0.1)(depth), 0.95), _basket(x))


def _mixed(x: Floats) -> Truth:
    """Two depths, an e-mail that some like and some do not, and a gift that few answer strongly."""
    base, some = _base(x), _some(x)
    mail = np.where(x[:, 8] > 0, 0.35, -0.15)
    gift = 1.2 * (x[:, 9] > 0.8)
    lines = np.column_stack([base, base + 0.8 * some, base + 1.3 * some, base + mail, base + gift])
    return Truth(_chance(lines), _basket(x))


def _with_counts_and_kinds(x: Floats) -> Floats:
    """Return features of which ten are counts and five are numbers of kinds from 0 to 7."""
    shaped = x.copy()
    shaped[:, 20:30] = np.round(np.exp(x[:, 20:30]))
    shaped[:, 30:35] = np.minimum(np.floor(8 * norm.cdf(x[:, 30:35])), 7)
    return shaped


def _six_features(x: Floats) -> Truth:
    """Six features tell who answers; a quarter answer nothing."""
    base = -2.9 + 0.7 * x[:, 0] + 0.5 * np.tanh(x[:, 1] * x[:, 2]) + 0.3 * (x[:, 30] > 4)
    base = base - 0.25 * np.log1p(x[:, 20]) + 0.4 * (x[:, 3] > 1)
    answer = 0.9 + 0.6 * x[:, 4] - 0.5 * (x[:, 0] > 0) + 0.5 * np.sin(1.5 * x[:, 5]) + 0.3 * x[:, 6] * (x[:, 7] > 0)
    sensitivity = np.where(x[:, 31] >= 5, 0.0, np.clip(answer, 0, 3))
    basket = np.exp(3.6 + 0.35 * x[:, 8] + 0.25 * x[:, 0] + 0.2 * np.log1p(x[:, 21]))
    return Truth(_of_depth(x, sensitivity, _saturating(0.1), base).chance, np.asarray(basket, dtype=np.float64))


_MIXED: dict[str, float | None] = {"d08": 0.08, "d25": 0.25, "mail": None, "gift": None}
WORLDS: dict[str, World] = {
    "a": World(_six_features, shape=_with_counts_and_kinds),
    "plain": World(_plain),
    "nothing": World(_nothing),
    "crossed": World(_crossed),
    "early": World(_early),
    "late": World(_late),
    "personal": World(_personal),
    "rare": World(_rare),
    "heavy": World(_plain, basket_noise=1.5),
    "narrow": World(_plain, feature_count=10),
    "wide": World(_plain, feature_count=200),
    "tilted": World(_plain, tilt=0.8),
    "added": World(_added),
    "mixed": World(_mixed, _MIXED, (0.3, 0.25, 0.2, 0.15, 0.1), {"mail": 0.02, "gift": 2.0}),
}


def trial(name: str, rows: int, seed: int) -> Trial:
    """Return a trial of n people of a world."""
    world, rng = WORLDS[name], np.random.default_rng(seed)
    x = world.shape(rng.standard_normal((rows, world.feature_count))).astype(np.float32).astype(np.float64)
    truth = world.truth(x)
    propensity = _propensity(world, x)
    arm = (rng.random((rows, 1)) > propensity.cumsum(axis=1)).sum(axis=1).clip(0, len(world.shares) - 1)
    bought = rng.random(rows) < truth.chance[np.arange(rows), arm]
    noise = np.exp(world.basket_noise * rng.standard_normal(rows))
    names = np.array(["control", *world.depths])
    mean = truth.basket * np.exp(world.basket_noise**2 / 2)
    give = np.column_stack(
        [
            np.zeros(rows),
            *(
                mean * depth if depth is not None else np.full(rows, world.costs[each])
                for each, depth in world.depths.items()
            ),
        ]
    )
    frame = pd.DataFrame(x.astype(np.float32), columns=[f"x{place}" for place in range(world.feature_count)])
    return Trial(
        world, frame, names[arm], bought, np.where(bought, truth.basket * noise, 0.0),
        pd.DataFrame(propensity, columns=names), truth.chance * (mean[:, None] * MARGIN - give), truth.chance * give,
    )  # fmt: skip


def _propensity(world: World, x: Floats) -> Floats:
    """Return (n, arms) propensities; tilted ones leave good customers alone and give others the deep discounts."""
    weight = np.array(world.shares) * np.exp(-world.tilt * x[:, :1] * np.arange(len(world.shares)) / 2)
    return np.asarray(weight / weight.sum(axis=1, keepdims=True), dtype=np.float64)


def best(value: Floats, price: float, cost: Floats) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return per person the arm with the most value less price x cost, and whether it is worth anything."""
    net = value - price * cost
    pick = net.argmax(axis=1)
    return pick, net[np.arange(len(net)), pick] > 0


def _gain_within(value: Floats, cost: Floats, true: tuple[Floats, Floats], budget: float) -> float:
    """Return the true gain of the policy at the price that spends the budget in truth."""
    low, high, rows = 0.0, 50.0, np.arange(len(value))
    for _ in range(40):
        price = (low + high) / 2
        pick, is_on = best(value, price, cost)
        low, high = (price, high) if true[1][rows, pick][is_on].sum() > budget else (low, price)
    pick, is_on = best(value, high, cost)
    return float(true[0][rows, pick][is_on].sum())


def score(effect: Floats, cost: Floats, seen: Trial) -> dict[str, float]:
    """Return shares of the best possible gain without and with a budget, and the gain as a share of all margin."""
    true, true_cost = seen.margin[:, 1:] - seen.margin[:, :1], seen.cost[:, 1:]
    figures = shares(effect, cost, true, true_cost)
    pick, is_on = best(effect, 0.0, cost)
    gain = float(true[np.arange(len(true)), pick][is_on].sum())
    return figures | {"gain_of_margin": gain / float(seen.margin[:, 0].sum())}


def shares(effect: Floats, cost: Floats, true: Floats, true_cost: Floats) -> dict[str, float]:
    """Return what part of the best possible gain (n, arms) is reached without and with a budget."""
    rows = np.arange(len(true))
    ideal, is_ideal = best(true, 0.0, true_cost)
    pick, is_on = best(effect, 0.0, cost)
    full, gain = float(true[rows, ideal][is_ideal].sum()), float(true[rows, pick][is_on].sum())
    budget = 0.2 * float(true_cost[rows, ideal][is_ideal].sum())
    within = _gain_within(true, true_cost, (true, true_cost), budget) if full > 0 else 0.0
    mine = _gain_within(effect, cost, (true, true_cost), budget) if full > 0 else 0.0
    return {
        "gain_share": gain / full if full > 0 else float("nan"),
        "gain_share_at_20pct_budget": mine / within if full > 0 else float("nan"),
        "rmse_share": float(np.sqrt(np.mean((effect - true) ** 2) / max(np.mean(true**2), 1e-12))),
    }
