"""One score per customer of tonight: by the newest sound model, else by the RFM rule, and the table says which."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from models import baseline, data, registry
from models.data import Floats
from offermill.run import Run
from offermill.warehouse import Warehouse

Pieces = Iterator[tuple[pa.Array, pa.Array]]
ByModel = Callable[[Warehouse, Run, registry.StoredModel], Pieces]
ByRule = Callable[[baseline.RfmBaseline, Floats], pa.Array]


def available(warehouse: Warehouse) -> dict[str, str]:
    """Return the features that tonight's customers have."""
    return data.feature_columns(warehouse.columns(data.CUSTOMER))


def score(
    warehouse: Warehouse, run: Run, name: str, table: str, column: tuple[str, pa.DataType], by: tuple[ByModel, ByRule]
) -> dict[str, object]:
    """Write `table` with one score per customer and return a summary.

    Args:
        warehouse: holds features.customer of tonight.
        run: tonight.
        name: the model's name in the registry.
        table: the table to replace.
        column: name and type of the score.
        by: how a stored model scores, and how the rule does.
    """
    found = registry.newest(run.shop.models, name, run.business_date, available(warehouse))
    if found.usable is not None:
        pieces, source, model_id = by[0](warehouse, run, found.usable), "model", found.usable.model_id
    else:
        pieces, source, model_id = _ruled(warehouse, run, by[1]), baseline.SOURCE, baseline.model_id(run)
    labels = {"source": source, "model_id": model_id}
    rows = write(warehouse, table, schema(column), (_labelled(*piece, column[0], labels) for piece in pieces))
    return {"row_count": rows, **labels, "message": _message(found, rows, run)}


def schema(column: tuple[str, pa.DataType]) -> pa.Schema:
    """Return the columns of a score table."""
    text = pa.string()
    return pa.schema([("customer_id", text), column, ("source", text), ("model_id", text)])


def write(warehouse: Warehouse, table: str, columns: pa.Schema, pieces: Iterable[pa.Table]) -> int:
    """Replace `table` by the pieces one after the other, so that memory holds one at a time; return all rows."""
    warehouse.write(table, columns.empty_table())
    return sum(warehouse.append(table, piece.cast(columns)) for piece in pieces)


def _labelled(customers: pa.Array, scores: pa.Array, name: str, labels: dict[str, str]) -> pa.Table:
    same = {key: pa.array(np.full(len(customers), text)) for key, text in labels.items()}
    return pa.table({"customer_id": customers, name: scores, **same})


def _ruled(warehouse: Warehouse, run: Run, by_rule: ByRule) -> Pieces:
    rule = baseline.from_history(warehouse, run)
    columns = {name: kind for name, kind in available(warehouse).items() if name in data.RFM}
    for customers, rows in data.batches(warehouse, columns):
        if rule is not None:
            yield customers, by_rule(rule, data.rfm_of(rows))


def _message(found: registry.Found, rows: int, run: Run) -> str:
    if not rows:
        return f"No customer was scored: there are none, or no history, as of {run.business_date}."
    reasons: list[Any] = list(found.problems)
    if found.model is None and not reasons:
        reasons = ["No model was trained yet; the RFM rule scored."]
    if found.model is not None and found.usable is None:
        reasons.append(found.model.card["verdict"]["message"])
    return " ".join(reasons)
