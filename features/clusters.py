"""Behavioural clusters: trained weekly on a sample, assigned every night."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from features import cluster_model, cluster_store
from features.cluster_model import MEASURES, Clusters, Floats
from features.snapshots import PREFIX, features_clause
from offermill.run import Run
from offermill.warehouse import Warehouse

# Enough to place a handful of centres; the sample is drawn by hash, so it is the same on every machine.
SAMPLE_ROWS = 20_000
BATCH_ROWS = 100_000

_COLUMNS = ",\n    ".join(f"cast({measure.sql} as double) as {measure.name}" for measure in MEASURES)

TABLE = pa.schema(
    [
        ("customer_id", pa.string()),
        ("segment", pa.string()),
        ("distance", pa.float64()),
        ("trained_on", pa.date32()),
        ("reason", pa.string()),
        ("portrait", pa.string()),
    ]
)


def measures_of(table: str) -> str:
    """Return the select of all customers who ever ordered, with their measures."""
    return f"select\n    customer_id,\n    {_COLUMNS}\nfrom {table}\nwhere order_count > 0"


def _sample(given: str, table: str) -> str:
    return f"""
{given} measures as (
    {measures_of(table)}
),
sample as (
    select * from measures order by md5(customer_id || '/' || $models_seed), customer_id limit $sample_rows
)
select * from sample order by customer_id
"""


def matrix(batch: pa.Table) -> Floats:
    """Return n x d measures; null becomes nan."""
    columns = [batch[measure.name].to_numpy(zero_copy_only=False) for measure in MEASURES]
    return np.column_stack(columns).astype(np.float64)


def _fit(warehouse: Warehouse, run: Run, sample: str) -> Clusters | None:
    """Learn from a sample of customers, and store what was learned under the run's date; None without a customer."""
    raw = matrix(warehouse.arrow(sample, {**run.parameters, "sample_rows": SAMPLE_ROWS}))
    if not len(raw):
        return None
    former = cluster_store.newest(run.shop.models, run.business_date - timedelta(days=1)).clusters
    shop = run.settings.shop
    count, seed = run.settings.segments.cluster_count, run.settings.models.seed
    clusters = cluster_model.fit(raw, count, seed, former, currency=shop.currency, digits=shop.currency_digits)
    cluster_store.save(run.shop.models, run.business_date, clusters)
    return clusters


def train(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Train on the customers as of the business date and store the clusters for the nights to come."""
    clusters = _fit(warehouse, run, _sample(f"{features_clause()},", f"{PREFIX}customer"))
    return {"clusters": dict(zip(clusters.names, clusters.portraits, strict=True)) if clusters else {}}


def _reasons(raw: Floats, index: int, distances: Floats, clusters: Clusters, run: Run) -> list[str]:
    """Why each of these customers is in cluster `index`: its standing-out measures with the customer's own values."""
    shop = run.settings.shop
    told = cluster_model.standing_out(np.array(clusters.centres[index])) or [0]
    return [
        f"Nearest of {len(clusters.names)} clusters (distance {distance:.2f}): "
        + ", ".join(cluster_model.quantity(MEASURES[i], row[i], shop.currency, shop.currency_digits) for i in told)
        + "."
        for row, distance in zip(raw, distances, strict=True)
    ]


def assigned(batch: pa.Table, clusters: Clusters, trained_on: date, run: Run) -> pa.Table:
    """Return segments.cluster rows of a batch of customers with measures."""
    raw = matrix(batch)
    points = cluster_model.standardised(raw, np.array(clusters.middles), np.array(clusters.scales))
    index, distance = cluster_model.nearest(points, np.array(clusters.centres))
    reasons = np.empty(len(raw), dtype=object)
    for number in range(len(clusters.names)):
        members = index == number
        reasons[members] = _reasons(raw[members], number, distance[members], clusters, run)
    columns = [
        batch["customer_id"],
        [clusters.names[number] for number in index],
        np.round(distance, 6),
        [trained_on] * len(raw),
        list(reasons),
        [clusters.portraits[number] for number in index],
    ]
    return pa.table(columns, schema=TABLE)


def assign(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Write segments.cluster with the newest sound training; a shop without one is trained tonight."""
    found = cluster_store.newest(run.shop.models, run.business_date)
    clusters = found.clusters or _fit(warehouse, run, _sample("with", "features.customer"))
    trained_on = found.trained_on or run.business_date
    warehouse.write("segments.cluster", TABLE.empty_table())
    if clusters:
        batch = warehouse.arrow(measures_of("features.customer") + "\norder by customer_id")
        for start in range(0, len(batch), BATCH_ROWS):
            warehouse.append("segments.cluster", assigned(batch[start : start + BATCH_ROWS], clusters, trained_on, run))
    return {
        "customers": warehouse.count("segments.cluster"),
        "trained_on": trained_on.isoformat(),
        "problems": list(found.problems),
    }
