"""Remote sources in shop.yml: what may be written, and that a secret written there is refused without repeating it."""

from pathlib import Path

import pytest

from offermill import settings
from offermill.errors import ConfigError
from offermill.ingest.sources import SourceSettings, split_remote

SHOP = """\
shop: {id: test, name: Test, time_zone: Europe/Riga}
randomisation: {salt: a salt for tests}
sources:
  orders:
"""


def refusal(folder: Path, lines: str) -> str:
    path = folder / "shop.yml"
    path.write_text(SHOP + "".join(f"    {line}\n" for line in lines.splitlines()), encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        settings.load(path)
    return str(refused.value)


@pytest.mark.parametrize(
    "value", ["postgresql://shop:hunter2@db/shop", "host=db password=hunter2", "hunter2", "123456", "[hunter2]"]
)
def test_a_secret_in_the_shop_file_is_refused_unseen(tmp_path: Path, value: str) -> None:
    message = refusal(tmp_path, f"postgres:\n  connection_env: {value}\n  table: orders")
    assert message == (
        "shop.yml:6: sources.orders.postgres.connection_env: must be the name of an environment variable, such as "
        "SHOP_DB; a password or connection string never stands in shop.yml (what is written there is not repeated "
        "here). Take it out, and change it if others could read it."
    )


@pytest.mark.parametrize("key", ["key_id_env", "secret_env", "session_token_env"])
def test_a_key_of_the_store_is_refused_unseen(tmp_path: Path, key: str) -> None:
    message = refusal(tmp_path, f"files: s3://lake/orders_{{date}}.csv\ns3: {{{key}: wJalrXUtnFEMI/K7MDENG}}")
    assert message.startswith(f"shop.yml:6: sources.orders.s3.{key}: must be the name of an environment variable")
    assert "wJalr" not in message


def test_a_password_key_is_unknown_and_its_value_unseen(tmp_path: Path) -> None:
    message = refusal(tmp_path, "postgres: {connection_env: SHOP_DB, table: orders, password: hunter2}")
    assert message == (
        "shop.yml:5: sources.orders.postgres.password: unknown key. Known keys: airflow_connection, connection_env, "
        "history_query, query, table."
    )


def test_a_key_in_front_of_the_bucket_is_refused_unseen(tmp_path: Path) -> None:
    message = refusal(tmp_path, "files: s3://AKIA:hunter2@lake/orders_{date}.csv")
    assert message == (
        'shop.yml:5: sources.orders.files: must be a name such as "s3://bucket/folder/orders_{date}.csv"; '
        "keys stand in the environment."
    )


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            "postgres: {table: orders}",
            "shop.yml:5: sources.orders.postgres: needs connection_env (an environment variable) or "
            "airflow_connection, one of them.",
        ),
        (
            "postgres: {connection_env: SHOP_DB}",
            "shop.yml:5: sources.orders.postgres: needs table or query, one of them.",
        ),
        (
            "postgres: {connection_env: SHOP_DB, table: 'orders; drop table x'}",
            "shop.yml:5: sources.orders.postgres.table: must be a table's name, such as public.orders; "
            "write anything else as a query.",
        ),
        (
            "postgres: {connection_env: SHOP_DB, query: delete from orders}",
            "shop.yml:5: sources.orders.postgres.query: must be one select.",
        ),
        (
            "postgres: {connection_env: SHOP_DB, query: select * from orders where ordered_on = $date}",
            "shop.yml:5: sources.orders.postgres.query: names $date; a query may name $business_date, $from, $until.",
        ),
        (
            "files: orders_{date}.csv\npostgres: {connection_env: SHOP_DB, table: orders}",
            "shop.yml:4: sources.orders: comes from postgres or from files, not from both.",
        ),
        (
            "files: s3://lake/orders_{date}.csv\nhistory: orders.parquet",
            "shop.yml:4: sources.orders: files and history must lie in one place: the same s3:// folder, or landing/.",
        ),
        (
            "files: s3://lake/orders_{date}.csv\ns3: {endpoint: 'http://user:pw@minio:9000'}",
            'shop.yml:6: sources.orders.s3.endpoint: must be a host with a port, such as "minio.example.org:9000", '
            "without http:// and user.",
        ),
    ],
)
def test_every_other_mistake_is_named(tmp_path: Path, lines: str, message: str) -> None:
    assert refusal(tmp_path, lines) == message


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [
        ("orders_{date}.csv", ("", "orders_{date}.csv")),
        ("s3://lake/orders_{date}.csv.gz", ("s3://lake/", "orders_{date}.csv.gz")),
        ("s3://my.lake-1/a/b c/orders*.parquet", ("s3://my.lake-1/a/b c/", "orders*.parquet")),
        ("s3://lake/{date}/orders.csv", ("", "s3://lake/{date}/orders.csv")),
    ],
)
def test_a_remote_name_is_a_place_and_a_pattern(pattern: str, parts: tuple[str, str]) -> None:
    assert split_remote(pattern) == parts


def test_copies_are_read_under_the_names_alone() -> None:
    declared = SourceSettings(files="s3://lake/in/orders_{date}.csv", history="s3://lake/in/orders_history.parquet")
    assert declared.is_remote
    assert (declared.as_local.files, declared.as_local.history) == ("orders_{date}.csv", "orders_history.parquet")
