"""Sources behind s3:// names: a store of moto's on loopback, spoken to through DuckDB's httpfs."""

import gzip
import logging
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offermill.errors import InputError

DAY = date(2026, 6, 30)
HISTORY = date(1, 1, 1)
HEADER = "store_id,store_name,city,kind\n"


@dataclass
class Lake:
    """A bucket that tests put objects into."""

    endpoint: str
    client: Any

    def put(self, name: str, content: str | bytes) -> None:
        body = content.encode() if isinstance(content, str) else content
        self.client.put_object(Bucket="lake", Key=f"in/{name}", Body=body)


@pytest.fixture(scope="module")
def store() -> Iterator[tuple[str, Any]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import boto3  # type: ignore[import-untyped]
        from moto.server import ThreadedMotoServer
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        keys = {"aws_access_key_id": "key", "aws_secret_access_key": "hunter2"}
        yield (
            f"{host}:{port}",
            boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name="eu-north-1", **keys),
        )
    finally:
        server.stop()


@pytest.fixture
def lake(store: tuple[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    endpoint, client = store
    monkeypatch.setenv("LAKE_KEY", "key")
    monkeypatch.setenv("LAKE_SECRET", "hunter2")
    client.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-north-1"})
    yield Lake(endpoint, client)
    for found in client.list_objects_v2(Bucket="lake").get("Contents", ()):
        client.delete_object(Bucket="lake", Key=found["Key"])
    client.delete_bucket(Bucket="lake")


def declare(desk: Any, lake: Lake, source: str = "stores", **settings: Any) -> None:
    s3 = {
        "key_id_env": "LAKE_KEY",
        "secret_env": "LAKE_SECRET",
        "endpoint": lake.endpoint,
        "use_ssl": False,
        "url_style": "path",
    }
    desk.declare(source, **{"files": f"s3://lake/in/{source}_{{date}}.csv", "s3": s3, **settings})


def test_an_object_is_loaded_like_a_local_file(desk: Any, lake: Lake) -> None:
    content = HEADER + "s1,Brīvības,Rīga,store\ns2,Tirgus,,kiosk\n"
    lake.put("stores_2026-06-30.csv", content)
    lake.put("other.txt", "not ours")
    declare(desk, lake)
    desk.load("stores")
    assert desk.rows("stores", "store_id", "store_name", "city", "_delivered_on", "_file", "_line") == [
        ("s1", "Brīvības", "Rīga", DAY, "s3://lake/in/stores_2026-06-30.csv", 2)
    ]
    assert [(line, column) for line, column, _ in desk.rejects()] == [(3, "kind")]
    assert desk.warehouse.rows("select file, bytes, row_count, accepted_count, reject_count from meta.delivery") == [
        ("s3://lake/in/stores_2026-06-30.csv", len(content.encode()), 2, 1, 1)
    ]
    assert not list((desk.folder / "state" / "spool").iterdir())


def test_packed_and_parquet_objects_arrive_byte_for_byte(desk: Any, lake: Lake, tmp_path: Path) -> None:
    lake.put("stores_2026-06-30.csv.gz", gzip.compress((HEADER + "s1,A,,web\n").encode()))
    path = tmp_path / "orders.parquet"
    orders = [
        {"order_id": "o1", "store_id": "s1", "channel": "web", "ordered_at": datetime(2026, 6, 1), "currency": "EUR"}
    ]
    pq.write_table(pa.Table.from_pylist(orders), path)
    lake.put("orders_history.parquet", path.read_bytes())
    declare(desk, lake, files="s3://lake/in/stores_{date}.csv.gz")
    declare(desk, lake, "orders", history="s3://lake/in/orders_history*.parquet", time_zone="UTC")
    desk.load("stores")
    desk.load("orders")
    assert desk.rows("stores", "store_id", "store_name") == [("s1", "A")]
    assert desk.rows("orders", "order_id", "ordered_at", "_delivered_on", "_is_history") == [
        ("o1", datetime(2026, 6, 1), HISTORY, True)
    ]


def test_missed_nights_are_fetched_and_loaded_ones_are_not_fetched_again(desk: Any, lake: Lake) -> None:
    declare(desk, lake)
    for day in (28, 29, 30):
        lake.put(f"stores_2026-06-{day}.csv", f"{HEADER}s{day},A,,web\n")
    desk.load("stores", date(2026, 6, 28))
    # An older object that vanished or changed is not looked at: it is loaded.
    lake.put("stores_2026-06-28.csv", "rubbish")
    assert desk.load("stores", DAY)["delivery_count"] == 2
    assert desk.load("stores", DAY)["delivery_count"] == 0
    assert desk.rows("stores", "store_id", "_delivered_on") == [
        ("s28", date(2026, 6, 28)),
        ("s29", date(2026, 6, 29)),
        ("s30", DAY),
    ]
    lake.put("stores_2026-06-30.csv", f"{HEADER}s31,A,,web\n")
    assert desk.load("stores", DAY)["delivery_count"] == 1
    assert desk.rows("stores", "store_id")[-1] == ("s31",)


def test_a_required_object_that_is_missing_stops_the_night(desk: Any, lake: Lake) -> None:
    declare(desk, lake, required=True)
    lake.put("stores_2026-06-29.csv", f"{HEADER}s1,A,,web\n")
    desk.load("stores", date(2026, 6, 29))
    assert desk.refusal("stores", InputError) == (
        "landing/stores: the newest delivery is of 2026-06-29, older than the interval of 2026-06-30, and the source "
        "is required. Deliver the file of 2026-06-30 and run again."
    )


def test_an_object_above_the_limit_is_not_read(desk: Any, lake: Lake) -> None:
    declare(desk, lake, max_file_bytes=40)
    lake.put("stores_2026-06-30.csv", HEADER + "s1,A,,web\n" * 5)
    assert desk.refusal("stores", InputError) == (
        "s3://lake/in/stores_2026-06-30.csv: 80 bytes, more than the limit of 40; nothing was read. "
        "Deliver it in several files."
    )


@pytest.mark.parametrize("name", ["stores_x?s3_endpoint=evil_2026-06-30.csv", "stores_[a]_2026-06-30.csv"])
def test_a_name_that_would_not_be_taken_literally_is_refused(desk: Any, lake: Lake, name: str) -> None:
    declare(desk, lake, files="s3://lake/in/stores_*{date}.csv")
    lake.put(name, HEADER)
    assert desk.refusal("stores", InputError) == (
        f"s3://lake/in/{name}: an object's name may not have *?[]{{}}\\ in it; rename it."
    )


def test_a_store_that_refuses_is_told_without_the_secret(
    desk: Any, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(desk, lake, files="s3://nobody/in/stores_{date}.csv")
    with pytest.raises(InputError) as refused:
        desk.load("stores")
    message = str(refused.value)
    assert message.startswith("s3://nobody/in/*: cannot be read (")
    assert message.endswith("); check endpoint, bucket, region and credentials of sources.stores.")
    assert "hunter2" not in message
    assert refused.value.__suppress_context__
    monkeypatch.delenv("LAKE_SECRET")
    assert desk.refusal("stores", InputError) == (
        "stores: the environment variable LAKE_SECRET is not set; put the credential there "
        "(for Airflow: in the environment of its workers, or as a connection)."
    )


def test_an_empty_folder_of_a_source_that_is_not_required_is_nothing(desk: Any, lake: Lake) -> None:
    declare(desk, lake)
    assert desk.load("stores")["delivery_count"] == 0
    assert desk.rows("stores") == []


def test_what_a_killed_night_left_in_the_spool_is_swept_away(desk: Any, lake: Lake) -> None:
    left = desk.folder / "state" / "spool" / "stores" / "stores_2026-06-01.csv"
    left.parent.mkdir(parents=True)
    left.write_text(HEADER + "ghost,A,,web\n", encoding="utf-8")
    declare(desk, lake)
    lake.put("stores_2026-06-30.csv", f"{HEADER}s1,A,,web\n")
    desk.load("stores")
    assert desk.rows("stores", "store_id") == [("s1",)]
    assert not left.exists()
