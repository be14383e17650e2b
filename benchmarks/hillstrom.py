"""Qini of the uplift model on Hillstrom's e-mail trial: women's mail against none, visit within two weeks.

    PYTHONPATH=. .venv/bin/python benchmarks/hillstrom.py FILE [--splits 5] [--first 0] [--mail womens] [--beside]

FILE is the published table as Parquet (recency, history, ..., segment, visit, conversion, spend). Random 70/30 splits;
Qini by scikit-uplift. All splits are of the same people, so the standard error tells how far the mean would move with
other splits, not with other people. With --beside plain learners are judged on the same splits.
"""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklift.metrics import qini_auc_score

from models.uplift import UpliftModel

_KINDS = ("zip_code", "channel")
_NUMBERS = ("recency", "history", "mens", "womens", "newbie")
_MAILS = {"womens": "Womens E-Mail", "mens": "Mens E-Mail"}
_PLAIN = {"objective": "binary", "min_data_in_leaf": 200, "verbosity": -1, "num_threads": 1, "deterministic": True}


@dataclass(frozen=True)
class People:
    """Features, who got the mail (1) and who none (0), and who visited."""

    features: pd.DataFrame
    mailed: NDArray[np.int64]
    visit: NDArray[np.int64]

    def part(self, keep: NDArray[np.bool_]) -> "People":
        return People(self.features[keep], self.mailed[keep], self.visit[keep])


Learner = Callable[[People, People], NDArray[np.float64]]


def read(path: Path, mail: str = "womens") -> People:
    """Return those who got this mail and those who got none."""
    table = pd.read_parquet(path)
    table = table[table["segment"].isin(["No E-Mail", _MAILS[mail]])].reset_index(drop=True)
    kinds = pd.get_dummies(table[list(_KINDS)])
    features = pd.concat([table[list(_NUMBERS)], kinds], axis=1).astype(np.float32)
    features.columns = [str(name) for name in features.columns]
    mailed = (table["segment"] == _MAILS[mail]).to_numpy().astype(np.int64)
    return People(features, mailed, table["visit"].to_numpy().astype(np.int64))


def ours(taught: People, others: People) -> NDArray[np.float64]:
    """Return the effect on others as our model learned it from those taught."""
    model = UpliftModel({"mail": None}, costs={"mail": 0.0}).fit(
        taught.features, arm=np.where(taught.mailed == 1, "mail", "control"), bought=taught.visit, sales=taught.visit,
        margin_share=1.0, propensity={"control": 0.5, "mail": 0.5},
    )  # fmt: skip
    return model.effect(others.features, margin_share=1.0)["mail"].to_numpy()


def boosted_pair(taught: People, others: People, leaves: int, trees: int) -> NDArray[np.float64]:
    """Return the difference of two LightGBM models, of those with the mail and of those without (T-learner)."""
    chance = {}
    for arm in (0, 1):
        inside = taught.part(taught.mailed == arm)
        known = lgb.Dataset(inside.features.to_numpy(), label=inside.visit)
        chance[arm] = lgb.train(_PLAIN | {"num_leaves": leaves}, known, trees).predict(others.features.to_numpy())
    return np.asarray(chance[1] - chance[0], dtype=np.float64)


def boosted_one(taught: People, others: People, leaves: int, trees: int) -> NDArray[np.float64]:
    """Return what the mail as one more feature changes in one LightGBM model of everybody (S-learner)."""
    known = lgb.Dataset(_with(taught.features, taught.mailed), label=taught.visit)
    booster = lgb.train(_PLAIN | {"num_leaves": leaves}, known, trees)
    chance = [booster.predict(_with(others.features, np.full(len(others.visit), arm))) for arm in (0, 1)]
    return np.asarray(chance[1] - chance[0], dtype=np.float64)


def _with(features: pd.DataFrame, mailed: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.column_stack([features.to_numpy(), mailed])


def logistic_pair(taught: People, others: People) -> NDArray[np.float64]:
    """Return the difference of two logistic regressions, of those with the mail and of those without."""
    chance = {}
    for arm in (0, 1):
        inside = taught.part(taught.mailed == arm)
        line = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(inside.features, inside.visit)
        chance[arm] = line.predict_proba(others.features)[:, 1]
    return np.asarray(chance[1] - chance[0], dtype=np.float64)


RIVALS: Mapping[str, Learner] = {
    "T-learner, LightGBM, 100 x 31 leaves": lambda taught, others: boosted_pair(taught, others, 31, 100),
    "T-learner, LightGBM, 50 x 4 leaves": lambda taught, others: boosted_pair(taught, others, 4, 50),
    "S-learner, LightGBM, 100 x 31 leaves": lambda taught, others: boosted_one(taught, others, 31, 100),
    "S-learner, LightGBM, 100 x 4 leaves": lambda taught, others: boosted_one(taught, others, 4, 100),
    "T-learner, logistic regression": logistic_pair,
}


def qini(people: People, seed: int, held_share: float = 0.3, learner: Learner = ours) -> float:
    """Return the Qini of one split on the share of the people that the model did not learn from."""
    is_test = np.random.default_rng(seed).random(len(people.visit)) < held_share
    held = people.part(is_test)
    return float(qini_auc_score(held.visit, learner(people.part(~is_test), held), held.mailed))


def summary(found: NDArray[np.float64]) -> str:
    """Return the mean of the splits and its standard error in words."""
    error = f", standard error {found.std(ddof=1) / np.sqrt(len(found)):.4f}" if len(found) > 1 else ""
    return f"mean {found.mean():.4f}{error}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--first", type=int, default=0, help="seed of the first split")
    parser.add_argument("--mail", choices=sorted(_MAILS), default="womens")
    parser.add_argument("--beside", action="store_true", help="judge plain learners on the same splits")
    given = parser.parse_args()
    people, seeds = read(given.file, given.mail), range(given.first, given.first + given.splits)
    found = np.array([qini(people, seed) for seed in seeds])
    print(f"Qini by split: {', '.join(f'{each:.4f}' for each in found)}; {summary(found)}")
    for name, learner in RIVALS.items() if given.beside else ():
        other = np.array([qini(people, seed, learner=learner) for seed in seeds])
        print(f"{name}: {summary(other)}; ours minus this: {summary(found - other)}")


if __name__ == "__main__":
    main()
