"""How well the uplift model learns an arm without a price in made-up worlds, with and without trees of one split.

    OMP_NUM_THREADS=1 PYTHONPATH=. .venv/bin/python benchmarks/mails.py [--rows 30000] [--trials 4] [--worlds ...]

Half of the people get a mail. Prints per world the mean squared error of the effect on the chance to buy, for 20,000
others, as a share of the error of predicting no effect; their ratio, and the CPU time to fit as a ratio.
"""

import argparse
import time
from collections.abc import Callable, Mapping
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from models import uplift_learning
from models.calibration import to_chance
from models.uplift import UpliftModel

Floats = NDArray[np.float64]

_OTHERS = 20_000
# What a mail adds to the log-odds; features 0-4 are normal, 5-7 flags, 8-9 codes, 10-11 counts, 12-14 normal.
WORLDS: Mapping[str, Callable[[Floats], Floats]] = {
    "same": lambda x: np.full(len(x), 0.15),
    "linear": lambda x: 0.15 + 0.12 * x[:, 1] + 0.2 * (x[:, 5] - 0.38) - 0.08 * x[:, 2],
    "curved": lambda x: 0.22 + 0.25 * np.tanh(2 * x[:, 1]) - 0.1 * np.log1p(x[:, 10]),
    "crossed": lambda x: 0.15 + 0.3 * np.sign(x[:, 1]) * (x[:, 6] - 0.38) + 0.15 * x[:, 2] * x[:, 3],
    "subgroup": lambda x: 0.05 + 0.9 * ((x[:, 1] > 0.5) & (x[:, 5] > 0)),
}


def people(rng: np.random.Generator, rows: int) -> Floats:
    """Return features (rows, 15)."""
    x = rng.standard_normal((rows, 15))
    x[:, 5:8] = x[:, 5:8] > 0.3
    x[:, 8:10] = rng.integers(0, 6, (rows, 2))
    x[:, 10:12] = np.round(np.exp(x[:, 10:12]))
    return x


def chances(world: str, x: Floats) -> tuple[Floats, Floats]:
    """Return the chance to buy without and with the mail."""
    line = -1.9 + 0.6 * x[:, 0] + 0.4 * x[:, 5] + 0.3 * np.tanh(x[:, 4] * x[:, 3]) - 0.2 * np.log1p(x[:, 11])
    return to_chance(line), to_chance(line + WORLDS[world](x))


def errors(world: str, rows: int, seed: int) -> tuple[list[float], list[float]]:
    """Return error and CPU seconds of the model without and with trees of one split, on the same trial."""
    rng = np.random.default_rng(seed)
    x, others = people(rng, rows), people(rng, _OTHERS)
    mailed = rng.random(rows) < 0.5
    bought = rng.random(rows) < np.where(mailed, *reversed(chances(world, x)))
    without, with_it = chances(world, others)
    found, seconds = [], []
    for sums in ((), (2,)):
        started = time.process_time()
        with mock.patch.object(uplift_learning, "_SUMS", sums):
            effect = _effect(x, np.where(mailed, "mail", "control"), bought, others)
        seconds.append(time.process_time() - started)
        found.append(float(np.mean((effect - (with_it - without)) ** 2) / np.mean((with_it - without) ** 2)))
    return found, seconds


def _effect(x: Floats, arm: NDArray[np.str_], bought: NDArray[np.bool_], others: Floats) -> Floats:
    model = UpliftModel({"mail": None}, costs={"mail": 0.0}).fit(
        x, arm=arm, bought=bought, sales=bought.astype(float), margin_share=1.0,
        propensity={"control": 0.5, "mail": 0.5},
    )  # fmt: skip
    return model.effect(others, margin_share=1.0)["mail"].to_numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=30_000)
    parser.add_argument("--trials", type=int, default=4)
    parser.add_argument("--worlds", nargs="+", choices=WORLDS, default=list(WORLDS))
    given = parser.parse_args()
    for world in given.worlds:
        runs = [errors(world, given.rows, seed) for seed in range(1, given.trials + 1)]
        error, seconds = (np.array([run[place] for run in runs]) for place in (0, 1))
        ratio = error[:, 1] / error[:, 0]
        print(
            f"{world:9s} without {error[:, 0].mean():.3f}, with {error[:, 1].mean():.3f}; ratio {ratio.mean():.3f} "
            f"({ratio.min():.3f} to {ratio.max():.3f}); CPU {seconds[:, 1].sum() / seconds[:, 0].sum():.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
