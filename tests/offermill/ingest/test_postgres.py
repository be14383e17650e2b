"""Sources straight from PostgreSQL: a real server, started here on loopback and stopped again."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from offermill.errors import InputError
from offermill.ingest import connections
from offermill.ingest.connections import PostgresSettings
from offermill.ingest.remote import days_to_ask

pytestmark = pytest.mark.postgres

# Debian installs each version beside the others.
PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/usr/lib/postgresql"))
PASSWORD = "ge'heim@1"
DAY = date(2026, 6, 30)
HISTORY = date(1, 1, 1)


@dataclass
class Server:
    """A PostgreSQL server of this test run's own."""

    port: int

    @property
    def url(self) -> str:
        return f"postgresql://shop:ge%27heim%401@127.0.0.1:{self.port}/postgres"

    def run(self, sql: str) -> None:
        command = [str(PROGRAMS / "psql"), "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.port)]
        environment = {**os.environ, "PGPASSWORD": PASSWORD}
        subprocess.run(
            [*command, "-U", "shop", "postgres", "-c", sql], check=True, capture_output=True, env=environment
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _as_nobody() -> list[str]:
    # PostgreSQL refuses to run as root.
    return ["runuser", "-u", "nobody", "--"] if os.geteuid() == 0 else []


def _make(home: Path) -> None:
    (home / "password").write_text(PASSWORD, encoding="utf-8")
    if os.geteuid() == 0:
        shutil.chown(home, "nobody")
        shutil.chown(home / "password", "nobody")
    settings = ["-U", "shop", "--pwfile", str(home / "password"), "-A", "scram-sha-256", "-E", "UTF8", "--locale=C"]
    subprocess.run(
        [*_as_nobody(), PROGRAMS / "initdb", "-D", home / "data", "--no-sync", *settings],
        check=True,
        capture_output=True,
        cwd=home,
    )


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    if not (PROGRAMS / "postgres").is_file():
        pytest.skip("Debian's PostgreSQL is not installed (apt-get install postgresql)")
    home = Path(tempfile.mkdtemp(prefix="offermill-postgres-"))
    started = None
    try:
        _make(home)
        found = Server(_free_port())
        options = ["-p", str(found.port), "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={home}"]
        with (home / "log").open("wb") as log:
            started = subprocess.Popen(
                [*_as_nobody(), PROGRAMS / "postgres", "-D", home / "data", "-c", "fsync=off", *options],
                cwd=home,
                stdout=log,
                stderr=log,
            )
        _wait(found, started)
        yield found
    finally:
        if started is not None:
            stop = [*_as_nobody(), str(PROGRAMS / "pg_ctl"), "-D", str(home / "data"), "stop", "-m", "immediate"]
            subprocess.run(stop, capture_output=True, cwd=home, check=True)
            started.wait(timeout=20)
        shutil.rmtree(home)


def _wait(server: Server, started: "subprocess.Popen[bytes]") -> None:
    question = [str(PROGRAMS / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(server.port)]
    for _ in range(300):
        if started.poll() is not None:
            raise RuntimeError("the PostgreSQL server ended at once")
        if subprocess.run(question, check=False).returncode == 0:
            return
        time.sleep(0.1)
    raise RuntimeError("the PostgreSQL server did not answer within 30 seconds")


@pytest.fixture(autouse=True)
def _connection(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_DB", server.url)


LINES = """
    drop table if exists lines;
    create table lines (
        order_id uuid, line_number numeric, product_id text, kind text, quantity numeric, list_amount numeric(18,2),
        discount numeric, net_amount numeric, promotion_id text, secret_note text
    );
    insert into lines values
        ('00000000-0000-0000-0000-000000000002', 1, '0012', 'sale', 1.500, 9.99, 0, 9.99, null, 'x'),
        ('00000000-0000-0000-0000-000000000001', 2, '1E5', 'return', 1,
            90071992547409.93, 0.10, 90071992547409.83, 'p', 'x'),
        ('00000000-0000-0000-0000-000000000001', 1, '7', 'sale', 1, 5.005, 0, 5.005, null, 'x');
"""


def test_a_table_is_loaded_exactly_and_its_bad_records_are_rejected(desk: Any, server: Server) -> None:
    server.run(LINES)
    desk.declare("order_lines", files=None, postgres={"connection_env": "SHOP_DB", "table": "public.lines"})
    desk.load("order_lines")
    assert desk.rows("order_lines", "order_id", "product_id", "quantity", "list_amount_minor", "net_amount_minor") == [
        # 17 digits pass without floating point: 90071992547409.93 * 100 is above 2^53.
        ("00000000-0000-0000-0000-000000000001", "1E5", Decimal("1.000"), 9007199254740993, 9007199254740983),
        ("00000000-0000-0000-0000-000000000002", "0012", Decimal("1.500"), 999, 999),
    ]
    assert [(line, column) for line, column, _ in desk.rejects()] == [(1, "net_amount")]


def test_the_manifest_names_the_connection_and_the_same_rows_have_the_same_hash(desk: Any, server: Server) -> None:
    server.run(LINES)
    desk.declare("order_lines", files=None, postgres={"connection_env": "SHOP_DB", "table": "lines"})
    desk.load("order_lines")
    question = "select file, row_count, accepted_count, reject_count, sha256 from meta.delivery"
    first = desk.warehouse.rows(question)
    assert [row[:4] for row in first] == [("postgres:SHOP_DB/order_lines_2026-06-30.parquet", 3, 2, 1)]
    server.run("create table other as select * from lines order by order_id desc; drop table lines")
    server.run("alter table other rename to lines")
    assert desk.load("order_lines")["delivery_count"] == 0
    assert desk.warehouse.rows(question) == first
    server.run("update lines set product_id = '8' where product_id = '7'")
    assert desk.load("order_lines")["delivery_count"] == 1
    assert desk.warehouse.rows(question)[0][4] != first[0][4]


ORDERS = """
    drop table if exists orders;
    create table orders (
        order_id text, customer text, store_id text, channel text, ordered_at timestamptz, currency text
    );
    insert into orders values
        ('o1', 'c1', 's1', 'store', '2026-06-28 10:00+03', 'EUR'),
        ('o2', null, 's1', 'web', '2026-06-29 23:59:59+03', 'EUR'),
        ('o3', 'c1', 's1', 'web', '2026-06-30 00:00:00+03', 'EUR'),
        ('o4', 'c1', 's1', 'web', '2026-07-01 00:00:00+03', 'EUR');
"""
OF_THE_DAY = "select * from orders where ordered_at >= $from and ordered_at < $until -- the local day"


def declare_orders(desk: Any) -> None:
    postgres = {
        "connection_env": "SHOP_DB",
        "query": OF_THE_DAY,
        "history_query": "select * from orders where ordered_at < '2026-06-29 00:00+03'",
    }
    desk.declare("orders", files=None, postgres=postgres, renames={"customer_id": "customer"})


def test_history_and_every_missed_night_are_fetched_by_the_local_day(desk: Any, server: Server) -> None:
    server.run(ORDERS)
    declare_orders(desk)
    desk.load("orders", date(2026, 6, 28))
    desk.load("orders", DAY)
    # o1 is in the history and in the day's query: equal, so kept once.
    assert desk.rows("orders", "order_id", "customer_id", "ordered_at", "_delivered_on", "_is_history") == [
        ("o1", "c1", datetime(2026, 6, 28, 7), HISTORY, True),
        ("o2", None, datetime(2026, 6, 29, 20, 59, 59), date(2026, 6, 29), False),
        ("o3", "c1", datetime(2026, 6, 29, 21), DAY, False),
    ]
    assert not list((desk.folder / "state" / "spool").iterdir())


@pytest.mark.parametrize(
    ("known", "query", "days"),
    [
        (set(), "select $from", [HISTORY, DAY]),
        ({HISTORY}, "select $from", [DAY]),
        ({HISTORY, date(2026, 6, 27)}, "select $business_date", [date(2026, 6, 28), date(2026, 6, 29), DAY]),
        ({HISTORY, date(2026, 6, 27)}, "select 1", [DAY]),
        ({HISTORY, DAY}, "select $from", [DAY]),
        ({HISTORY, date(2026, 7, 5)}, "select $from", [DAY]),
    ],
)
def test_which_days_are_asked_for(known: set[date], query: str, days: list[date]) -> None:
    settings = PostgresSettings(connection_env="SHOP_DB", query=query, history_query="select 0")
    assert days_to_ask(known, DAY, settings) == days


def test_a_wrong_column_is_named_as_for_any_file(desk: Any, server: Server) -> None:
    server.run("drop table if exists stores; create table stores (store text, store_name text, kind text)")
    desk.declare("stores", files=None, postgres={"connection_env": "SHOP_DB", "table": "stores"})
    assert desk.refusal("stores", InputError).startswith(
        "postgres:SHOP_DB/stores_2026-06-30.parquet: the header does not fit the contract. Missing: store_id. "
        "Found: store, store_name, kind."
    )


def test_a_query_the_server_refuses_is_told_in_its_words(desk: Any) -> None:
    desk.declare("stores", files=None, postgres={"connection_env": "SHOP_DB", "query": "select * from nowhere"})
    assert desk.refusal("stores", InputError) == 'stores: SHOP_DB: cannot be read: relation "nowhere" does not exist'


def test_a_query_cannot_change_the_database(desk: Any, server: Server) -> None:
    server.run(
        LINES + "create or replace function wipe() returns text language sql as 'delete from lines; select ''x'''"
    )
    query = "select wipe() as store_id, 'a' as store_name, 'web' as kind"
    desk.declare("stores", files=None, postgres={"connection_env": "SHOP_DB", "query": query})
    assert desk.refusal("stores", InputError) == (
        "stores: SHOP_DB: cannot be read: cannot execute DELETE in a read-only transaction"
    )


REFUSED = 'password authentication failed for user "shop"'


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("postgresql://shop:hunter2@127.0.0.1:{port}/postgres", REFUSED),
        ("host=127.0.0.1 port={port} user=shop password='hunter2' dbname=postgres", REFUSED),
        (
            "postgresql://shop:hunter2@127.0.0.1:1/postgres",
            'connection to server at "127.0.0.1", port 1 failed: Connection refused',
        ),
    ],
)
def test_a_refused_connection_never_shows_the_password(
    desk: Any, server: Server, monkeypatch: pytest.MonkeyPatch, wrong: str, reason: str
) -> None:
    monkeypatch.setenv("SHOP_DB", wrong.format(port=server.port))
    desk.declare("stores", files=None, postgres={"connection_env": "SHOP_DB", "table": "stores"})
    with pytest.raises(InputError) as refused:
        desk.load("stores")
    assert str(refused.value) == f"stores: SHOP_DB: cannot be read: {reason}"
    assert refused.value.__suppress_context__


def test_a_connection_that_is_not_set_is_named(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOP_DB")
    desk.declare("stores", files=None, postgres={"connection_env": "SHOP_DB", "table": "stores"})
    assert desk.refusal("stores", InputError) == (
        "stores: the environment variable SHOP_DB is not set; put the credential there "
        "(for Airflow: in the environment of its workers, or as a connection)."
    )


@pytest.mark.parametrize(
    "written",
    [
        "postgres://shop:ge%27heim%401@127.0.0.1:{port}/postgres?__extra__=%7B%7D&connect_timeout=5",
        '{{"conn_type": "postgres", "host": "127.0.0.1", "port": {port}, "login": "shop", "password": "ge\'heim@1", '
        '"schema": "postgres"}}',
    ],
)
def test_an_airflow_connection_may_be_a_url_or_json(
    desk: Any, server: Server, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    server.run("drop table if exists stores; create table stores (store_id text, store_name text, kind text)")
    server.run("insert into stores values ('s1', 'Brīvības', 'store')")
    monkeypatch.setenv("AIRFLOW_CONN_SHOP_DB", written.format(port=server.port))
    desk.declare("stores", files=None, postgres={"airflow_connection": "shop_db", "table": "stores"})
    desk.load("stores")
    assert desk.rows("stores", "store_id", "store_name", "_file", "_line") == [
        ("s1", "Brīvības", "postgres:shop_db/stores_2026-06-30.parquet", 1)
    ]


def test_what_is_no_postgresql_connection_is_refused_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = PostgresSettings(connection_env="SHOP_DB", table="stores")
    for text in ("mysql://u:hunter2@h/db", '{"conn_type": "mysql", "password": "hunter2"}', "{hunter2"):
        monkeypatch.setenv("SHOP_DB", text)
        with pytest.raises(InputError) as refused:
            connections.connection_string(settings, "stores")
        assert str(refused.value) == (
            "stores: SHOP_DB holds no PostgreSQL connection such as postgresql://user:password@host:5432/database "
            "(what it holds is not repeated here)."
        )
