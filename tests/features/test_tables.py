"""The feature and segment tables have exactly the columns that their expectations promise."""

from collections.abc import Callable
from datetime import date

from features import clusters, loss, segment_history, snapshots
from offermill import expectations, sqlfiles
from offermill.run import Run
from offermill.warehouse import Warehouse
from tests.features import facts as made

Make = Callable[[Warehouse, Run], None]
RunAt = Callable[[date], Run]

DAY = date(2026, 6, 1)


def promised(address: str) -> dict[str, str]:
    return {name: column.type for name, column in expectations.load(address).columns.items()}


def test_every_feature_table_has_the_promised_columns_in_order(make_features: Make, run_at: RunAt) -> None:
    with Warehouse.open() as warehouse:
        made.write(warehouse, made.make(seed=1, customer_count=10))
        make_features(warehouse, run_at(DAY))
        found = {address: warehouse.columns(address) for address in sqlfiles.addresses("features")}

    assert found == {address: promised(address) for address in expectations.addresses("features")}
    assert [list(columns) for columns in found.values()] == [list(promised(address)) for address in found]


def test_every_segment_table_has_the_promised_columns_in_order(make_features: Make, run_at: RunAt) -> None:
    with Warehouse.open() as warehouse:
        made.write(warehouse, made.make(seed=1, customer_count=10))
        make_features(warehouse, run_at(DAY))
        for address in ("segments.cluster", "segments.history", "segments.loss_chance"):
            made.write_table(warehouse, address, [])
        for address in sqlfiles.tables("segments"):
            warehouse.replace_table(address, sqlfiles.read(address).text, run_at(DAY).parameters)
        found = {address: warehouse.columns(address) for address in sqlfiles.addresses("segments")}

    assert [list(columns.items()) for columns in found.values()] == [
        list(promised(address).items()) for address in found
    ]


def test_tables_made_in_python_have_the_promised_columns_in_order(make_features: Make, run_at: RunAt) -> None:
    with Warehouse.open() as warehouse:
        made.write(warehouse, made.make(seed=1, customer_count=10))
        make_features(warehouse, run_at(DAY))
        made.write_table(warehouse, "segments.membership", [])
        for step in (clusters.assign, loss.estimate, segment_history.store, snapshots.build):
            step(warehouse, run_at(DAY))
        addresses = ("segments.cluster", "segments.loss_chance", "segments.history", "models.training_snapshot")
        found = {address: list(warehouse.columns(address).items()) for address in addresses}

    assert found == {address: list(promised(address).items()) for address in addresses}


def test_models_are_promised_the_features_of_the_wide_table() -> None:
    snapshot = promised("models.training_snapshot")

    features = {name: kind for name, kind in snapshot.items() if name in promised("features.customer")}

    assert features == promised("features.customer")


def test_features_stay_inside_the_past() -> None:
    """Every feature table that reads a core fact asks for event time and arrival; entities for registration."""
    careless = [
        address
        for address in sqlfiles.addresses("features")
        for fact in (
            "purchase",
            "purchase_line",
            "browsing_event",
            "visitor_link",
            "offer_assignment",
            "receipt",
            "redemption",
        )
        if f"core.{fact}" in sqlfiles.read(address).reads
        and not {"as_of", "business_date"} <= sqlfiles.read(address).parameters
    ]

    assert careless == []
