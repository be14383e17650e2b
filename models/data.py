"""What models learn from and score: features as Arrow tables in a fixed order, split by time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from offermill.errors import ModelError
from offermill.run import Run
from offermill.warehouse import Warehouse, quoted

SNAPSHOT = "models.training_snapshot"
CUSTOMER = "features.customer"
# Recency, frequency and monetary value: what the RFM rule may look at.
RFM = ("days_since_order", "order_count", "margin_minor")
BOUGHT = "bought"
# Whatever ends so happened after the snapshot: an outcome, never a feature.
_OUTCOME_SUFFIX = "_next"
# More rows than this teach a boosted model of some hundred features nothing new; they are drawn by hash.
ROWS_AT_MOST = 400_000
# Rows scored at once: about 100 MB of features.
BATCH_ROWS = 100_000

_NUMERIC = ("tinyint", "smallint", "integer", "bigint", "hugeint", "float", "double", "decimal", "boolean")

Floats = NDArray[np.float64]


class TooLittleData(ModelError):  # noqa: N818  (the name says what is the case)
    """There is not enough history to train on; the night uses the RFM rule."""


@dataclass(frozen=True)
class Split:
    """Snapshot dates by use; what a part learned from ends before the next part begins."""

    train: tuple[date, ...]
    calibrate: date
    test: date


@dataclass(frozen=True)
class Sample:
    """Rows of one part, sorted by customer and date: features, the three RFM columns and both outcomes."""

    features: pa.Table
    rfm: Floats
    bought: NDArray[np.bool_]
    margin_minor: Floats

    def __len__(self) -> int:
        return len(self.bought)


def feature_columns(columns: Mapping[str, str]) -> dict[str, str]:
    """Return the numeric columns that are neither key nor outcome, with their types, in order."""
    return {name: kind for name, kind in columns.items() if not _is_outcome(name) and kind.split("(")[0] in _NUMERIC}


def _is_outcome(name: str) -> bool:
    return name == BOUGHT or name.endswith(_OUTCOME_SUFFIX)


def time_split(dates: Sequence[date], horizon_days: int) -> Split:
    """Return the newest snapshot as test, the next whose outcomes end before it as calibration, older ones as train.

    Raises:
        TooLittleData: fewer than three snapshots follow one another without overlap.
    """
    horizon = timedelta(days=horizon_days)
    ordered = sorted(set(dates))
    for_calibration = [day for day in ordered if day + horizon <= ordered[-1]]
    for_training = [day for day in for_calibration if day + horizon <= for_calibration[-1]]
    if not for_training:
        raise TooLittleData(
            f"{SNAPSHOT}: {len(ordered)} snapshot dates, of which no three are {horizon_days} days apart; "
            "train, calibrate and test need one each. Wait for more history, or shorten models.horizon_days."
        )
    return Split(tuple(for_training), for_calibration[-1], ordered[-1])


def snapshot_dates(warehouse: Warehouse, run: Run) -> list[date]:
    """Return the dates of the regular snapshots whose outcomes are complete on the business date."""
    last = run.business_date - timedelta(days=run.settings.models.horizon_days)
    sql = f"""
        select distinct snapshot_on from {SNAPSHOT}
        where purpose = 'regular' and snapshot_on <= $last order by snapshot_on
    """
    return [day for (day,) in warehouse.rows(sql, {"last": last})] if warehouse.exists(SNAPSHOT) else []


def as_doubles(features: Mapping[str, str], prefix: str = "") -> str:
    """Return SQL that selects each feature as a double under its own name."""
    return ", ".join(f"cast({prefix}{quoted(name)} as double) as {quoted(name)}" for name in features)


def _thinned(warehouse: Warehouse, days: Sequence[date]) -> tuple[str, dict[str, object]]:
    """Return a condition that keeps about ROWS_AT_MOST rows of the days, the same ones every time."""
    bound: dict[str, object] = {"days": list(days)}
    condition = "purpose = 'regular' and list_contains($days, snapshot_on)"
    rows = int(warehouse.value(f"select count(*) from {SNAPSHOT} where {condition}", bound))
    if rows <= ROWS_AT_MOST:
        return condition, bound
    drawn = "md5_number_lower(customer_id || cast(snapshot_on as varchar)) % 1000000 < $parts_per_million"
    return f"{condition} and {drawn}", bound | {"parts_per_million": ROWS_AT_MOST * 1_000_000 // rows}


def sample(warehouse: Warehouse, features: Mapping[str, str], days: Sequence[date]) -> Sample:
    """Return the regular snapshot rows of `days`, at most about ROWS_AT_MOST of them."""
    condition, bound = _thinned(warehouse, days)
    table = warehouse.arrow(
        f"""
        select {as_doubles(features)}, bought as _bought, cast(margin_minor_next as double) as _margin_minor
        from {SNAPSHOT} where {condition} order by customer_id, snapshot_on
        """,
        bound,
    )
    bought = table["_bought"].to_numpy().astype(bool)
    margin = table["_margin_minor"].to_numpy()
    return Sample(table.drop_columns(["_bought", "_margin_minor"]), rfm_of(table), bought, margin)


def rfm_of(table: pa.Table) -> Floats:
    """Return recency, frequency and monetary value as columns; no order yet is NaN in the first."""
    return np.column_stack([table[name].to_numpy().astype(np.float64) for name in RFM])


def batches(warehouse: Warehouse, features: Mapping[str, str]) -> Iterator[tuple[pa.Array, pa.Table]]:
    """Yield tonight's customers in order of customer_id, as (customer_id, features) of BATCH_ROWS rows."""
    starts = [start for (start,) in warehouse.rows(_STARTS, {"rows": BATCH_ROWS})]
    for start, end in pairwise([*starts, None]):
        below = "" if end is None else "and customer_id < $end"
        table = warehouse.arrow(
            f"""
            select customer_id, {as_doubles(features)} from {CUSTOMER}
            where customer_id >= $start {below} order by customer_id
            """,
            {"start": start, "end": end},
        )
        yield table["customer_id"].combine_chunks(), table.drop_columns(["customer_id"])


_STARTS = f"""
    select customer_id from (
        select customer_id, row_number() over (order by customer_id) as place from {CUSTOMER}
    ) as placed
    where (place - 1) % $rows = 0 order by customer_id
"""


def require_rows(rows: Sample, run: Run, part: str) -> Sample:
    """Return `rows` if they are enough to learn from.

    Raises:
        TooLittleData: fewer rows than models.minimum_rows, or nobody (everybody) bought.
    """
    least = run.settings.models.minimum_rows
    if len(rows) < least:
        raise TooLittleData(
            f"{SNAPSHOT}: {len(rows)} rows to {part}, at least {least} are needed (models.minimum_rows)."
        )
    if rows.bought.all() or not rows.bought.any():
        who = "everybody" if rows.bought.any() else "nobody"
        raise TooLittleData(f"{SNAPSHOT}: {who} bought in the rows to {part}; there is nothing to tell apart.")
    return rows
