"""Reads a published offer list into what the demo shop's log of assignments wants."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from offermill.errors import InputError
from offermill.synthetic import expected, truth
from offermill.synthetic.arrays import Ints, decimals, numbered
from offermill.synthetic.offers import Menu, Offer
from offermill.synthetic.outreach import LABELS, PROPENSITY

DEFAULTS = {"campaign_id": "played", "channel": "email"}


@dataclass(frozen=True)
class Listed:
    """Offers given on one day: the labels of the log, the persons, and the last days on which the offers count.

    ``offer`` points into ``offers``, -1 = control.
    """

    labels: pa.Table
    persons: Ints
    until: Ints
    offer: Ints
    offers: list[Offer]


def read(offers: pa.Table | Path | None, start: date, menu: Menu) -> Listed:
    """The list of a table, a CSV or a Parquet file, with the columns that it lacks filled in.

    Of a night's decisions (they have a ``group_name``) only what is in a wave is given: offers and control arms.

    Raises:
        InputError: a missing column, an offer that is not on the menu, or an id that is no demo customer's.
    """
    table = pa.table({"customer_id": pa.array([], pa.string()), "offer_id": pa.array([], pa.string())})
    if isinstance(offers, pa.Table):
        table = offers
    elif offers is not None:
        table = _read(offers)
    missing = {"customer_id", "offer_id"} - set(table.column_names)
    if missing:
        raise InputError(f"the offer list lacks the column {', '.join(sorted(missing))}; it has {table.column_names}")
    if "group_name" in table.column_names:
        table = table.filter(pc.is_valid(table["wave_id"]))
    names = sorted(str(each) for each in pc.unique(table["offer_id"]).drop_null().to_pylist())
    meant = [menu.offer(name) for name in names]
    code = pc.index_in(pc.cast(table["offer_id"], pa.string()), value_set=pa.array(names, pa.string()))
    persons = truth.persons_of(table["customer_id"].to_pylist())
    until = _dates(table, "valid_until", start + timedelta(days=expected.HORIZON_DAYS - 1))
    return Listed(_labels(table, start), persons, _numbers(until.cast(pa.int32())), _numbers(code), meant)


def _numbers(column: pa.ChunkedArray) -> Ints:
    """The column as integers, -1 where it is null."""
    return np.asarray(pc.fill_null(pc.cast(column, pa.int64()), -1).to_numpy(), dtype=np.int64)


def _read(path: Path) -> pa.Table:
    if path.suffix == ".parquet":
        return pq.read_table(path)
    with path.open("rb") as file:
        names = file.readline().decode("utf-8-sig").strip().replace('"', "").split(",")
    options = pyarrow.csv.ConvertOptions(
        column_types={name: pa.string() for name in names}, strings_can_be_null=True, null_values=[""]
    )
    return pyarrow.csv.read_csv(path, convert_options=options)


def _labels(table: pa.Table, start: date) -> pa.Table:
    count = table.num_rows
    columns = {name: pc.cast(table[name], pa.string()) for name in ("customer_id", "offer_id")}
    for name, value in (*DEFAULTS.items(), ("wave_id", f"played-{start}")):
        given = pc.cast(table[name], pa.string()) if name in table.column_names else pa.nulls(count, pa.string())
        columns[name] = pc.fill_null(given, value)
    columns["propensity"] = _propensities(table)
    columns["is_randomised"] = _randomised(table)
    columns["assignment_id"] = numbered(f"a{start:%Y%m%d}-", 10_000_000 + np.arange(count))
    return pa.table({name: columns[name] for name in LABELS})


def _dates(table: pa.Table, name: str, value: date) -> pa.Array:
    given = table[name] if name in table.column_names else pa.nulls(table.num_rows, pa.date32())
    return pc.fill_null(pc.cast(given, pa.date32()), pa.scalar(value, pa.date32()))


def _propensities(table: pa.Table) -> pa.Array:
    ones = decimals(np.full(table.num_rows, 100_000_000), PROPENSITY)
    if "propensity" not in table.column_names:
        return ones
    return pc.coalesce(pc.cast(table["propensity"], PROPENSITY, safe=False), ones)


def _randomised(table: pa.Table) -> pa.Array:
    if "is_randomised" in table.column_names:
        return pc.fill_null(pc.cast(table["is_randomised"], pa.bool_()), False)
    return pa.array(np.zeros(table.num_rows, np.bool_))
