"""Qini of the uplift model on Hillstrom's e-mail trial: women's mail against none, visit within two weeks.

    PYTHONPATH=. .venv/bin/python benchmarks/hillstrom.py FILE [--splits 5]

FILE is the published table as Parquet (recency, history, ..., segment, visit, conversion, spend). Random 70/30 splits;
Qini by scikit-uplift.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from sklift.metrics import qini_auc_score

from models.uplift import UpliftModel

_KINDS = ("zip_code", "channel")
_NUMBERS = ("recency", "history", "mens", "womens", "newbie")


def read(path: Path) -> tuple[pd.DataFrame, np.ndarray, pd.DataFrame]:
    """Return features, arm names and outcomes of the women's mail and of no mail."""
    table = pd.read_parquet(path)
    table = table[table["segment"] != "Mens E-Mail"].reset_index(drop=True)
    kinds = pd.get_dummies(table[list(_KINDS)])
    features = pd.concat([table[list(_NUMBERS)], kinds], axis=1).astype(np.float32)
    features.columns = [str(name) for name in features.columns]
    arm = np.where(table["segment"] == "Womens E-Mail", "womens", "control")
    return features, arm, table[["visit", "spend"]]


def qini(path: Path, seed: int, held_share: float = 0.3) -> float:
    """Return the Qini of one split on the share of the people that the model did not learn from."""
    features, arm, seen = read(path)
    is_test = np.random.default_rng(seed).random(len(arm)) < held_share
    known = seen[~is_test]
    model = UpliftModel({"womens": None}, costs={"womens": 0.0}).fit(
        features[~is_test], arm=arm[~is_test], bought=known["visit"], sales=known["visit"], margin_share=1.0,
        propensity={"control": 0.5, "womens": 0.5},
    )  # fmt: skip
    effect = model.effect(features[is_test], margin_share=1.0)["womens"]
    return float(qini_auc_score(seen["visit"][is_test], effect, (arm == "womens")[is_test].astype(int)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--splits", type=int, default=5)
    given = parser.parse_args()
    found = [qini(given.file, seed) for seed in range(given.splits)]
    print(f"Qini by split: {', '.join(f'{each:.4f}' for each in found)}; mean {np.mean(found):.4f}")


if __name__ == "__main__":
    main()
