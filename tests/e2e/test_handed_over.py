"""What a whole night hands to a channel is what it decided, byte for byte, and the manifest counts it."""

import csv
from pathlib import Path

import pyarrow.parquet as parquet

from offermill import datapackage
from offermill.paths import ShopPaths
from offermill.warehouse import Warehouse
from tests.nights import DAY

NAMES = ("customer_id", "offer_id", "wave_id", "channel", "code", "valid_from", "valid_until")


def test_the_crm_is_told_the_decisions_that_may_leave(published: Path) -> None:
    edition = ShopPaths(published).exports / DAY.isoformat()
    with (edition / "channels" / "crm" / "offers.csv").open(encoding="utf-8", newline="") as file:
        told = {row["offer_key"]: tuple(row[name] for name in NAMES) for row in csv.DictReader(file, strict=True)}
    with Warehouse.open(ShopPaths(published).warehouse, read_only=True) as warehouse:
        allowed = warehouse.rows("select offer_key from offers.allowed_message where offer_status = 'offered'")
    decided = parquet.read_table(edition / "audit" / "decisions.parquet", columns=list(NAMES)).to_pylist()
    assert set(told) == {key for (key,) in allowed}
    assert set(told.values()) <= {tuple(str(row[name]) for name in NAMES) for row in decided if row["offer_id"]}
    facts = datapackage.read(edition)["offermill"]["channels"]["crm"]
    assert (facts["target"], facts["offered"], facts["against"]) == ("generic", len(told), None)
    assert len(told) > 50
