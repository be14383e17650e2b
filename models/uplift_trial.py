"""A trial as callers hand it over: checked, and turned into arm numbers."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models import evidence, qualifying
from models.conversion import Trial
from models.crossfit import Matrix
from models.data import Floats
from models.evidence import CONTROL
from models.outcome import CHANCE, COUNT

Depths = Mapping[str, float | None]


def column(name: str, values: object, size: int) -> Floats:
    """Return one finite number per person; a single number is repeated.

    Raises:
        ValueError: another number of values, or one that is not finite.
    """
    found = np.asarray(values)
    found = np.full(size, found) if found.ndim == 0 else found
    if found.shape != (size,):
        raise ValueError(f"{name} has shape {found.shape}, expected ({size},), one per row of X")
    numbers = found.astype(np.float64)
    if not np.isfinite(numbers).all():
        raise ValueError(f"{name} holds a value that is not finite")
    return numbers


def arm_names(values: object, size: int, depths: Depths) -> NDArray[np.str_]:
    """Return the arm of every person.

    Raises:
        ValueError: another number of values, or an arm that is neither "control" nor in `depths`.
    """
    names = np.asarray(values).astype(str)
    if names.shape != (size,):
        raise ValueError(f"arm has shape {names.shape}, expected ({size},), one per row of X")
    unknown = sorted(set(names.tolist()) - {CONTROL, *depths})
    if unknown:
        raise ValueError(f"arm holds {unknown[0]!r}, expected one of {', '.join([CONTROL, *depths])}")
    return names


def propensities(given: Mapping[str, float] | pd.DataFrame, names: NDArray[np.str_], depths: Depths) -> pd.DataFrame:
    """Return (n, arms with control) probabilities.

    Raises:
        ValueError: another number of rows, or somebody was in an arm that was not possible for him.
    """
    table = pd.DataFrame(given, index=range(len(names))) if isinstance(given, Mapping) else given.reset_index(drop=True)
    table = table.reindex(columns=[CONTROL, *depths]).fillna(0.0)
    if len(table) != len(names):
        raise ValueError(f"propensity has {len(table)} rows, expected {len(names)}, one per row of X")
    drawn = table.to_numpy()[np.arange(len(names)), table.columns.get_indexer(pd.Index(names))]
    is_wrong = ~((drawn > 0) & (drawn <= 1))
    if is_wrong.any():
        first = int(np.argmax(is_wrong))
        what = f"propensity of arm {str(names[first])!r} in row {first} is {drawn[first]:g}"
        raise ValueError(f"{what}, expected 0 < p <= 1")
    return table


def arms_with_evidence(names: NDArray[np.str_], bought: Floats, depths: Depths) -> list[str]:
    """Return the arms with enough people, priced ones first, by rising depth.

    Raises:
        NoEvidence: too few people in the control arm or in every other arm.
    """
    rows = {str(name): int((names == name).sum()) for name in [CONTROL, *depths]}
    order = sorted(depths, key=lambda arm: (depths[arm] is None, depths[arm] or 0.0, arm))
    return evidence.arms_with_evidence(rows, order, float((bought > 0).mean()))


def trial_of(
    rows: Matrix,
    names: NDArray[np.str_],
    seen: Floats,
    chances: pd.DataFrame,
    arms: list[str],
    *,
    is_count: bool,
    holding: Mapping[str, Floats],
) -> tuple[Trial, NDArray[np.bool_]]:
    """Return the trial of the control arm and `arms`, and which rows are in it; `holding` is of qualifying orders."""
    known = [CONTROL, *arms]
    keep = np.isin(names, known)
    number = pd.Index(known).get_indexer(pd.Index(names[keep])).astype(np.int64)
    outcome = COUNT if is_count else CHANCE
    orders = qualifying.columns(holding, arms, keep) if is_count and holding else None
    return Trial(rows[keep], number, seen[keep], chances.loc[keep, known].to_numpy(np.float64), outcome, orders), keep
