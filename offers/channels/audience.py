"""Audiences for advertising networks: addresses that their owners allow to be matched, hashed, never in plain.

A network's list is replaced as a whole every night. That is how a consent taken back today ends the matching today: the
person is simply not on the new list.
"""

from collections.abc import Callable, Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from offers.channels import tables
from offers.channels.contract import Column, Leaving
from offers.channels.hashing import sha256

Rule = Callable[[str | None], str | None]


def column(name: str, meaning: str) -> Column:
    """Return a column of hashes; empty where the person has no such thing or did not allow it."""
    return Column(name, "text", meaning, 64, pattern="[0-9a-f]{64}", may_be_empty=True, is_contact=True)


def _hashed(values: pa.Array, rule: Rule) -> pa.Array:
    return pa.array([sha256(rule(value)) for value in values.to_pylist()], pa.string())


def hashed(leaving: Leaving, rules: Mapping[str, Rule], *, with_names: bool = False) -> Iterator[pa.RecordBatch]:
    """Yield tonight's audience, one row per set of addresses, each cell normalised and hashed.

    Args:
        rules: email, phone, first_name, last_name or country -> the network's normalisation before SHA-256; the columns
            come in this order.
        with_names: names and country go beside the addresses.
    """
    parameters = {**leaving.run.parameters, "with_names": with_names}
    for batch in tables.select(leaving.warehouse, tables.query("audience"), parameters):
        columns = [_hashed(batch.column(name), rule) for name, rule in rules.items()]
        rows = pa.RecordBatch.from_arrays(columns, names=list(rules))
        # What the network takes for no address (dots alone at Gmail) is none.
        yield rows.filter(pc.or_(pc.is_valid(rows.column("email")), pc.is_valid(rows.column("phone"))))
