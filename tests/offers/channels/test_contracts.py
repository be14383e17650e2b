"""Every target keeps the rules of all: found by walking the folder, each offender named."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from offermill.warehouse import Warehouse, used_parameters
from offers.channels import handover, registry
from offers.channels.contract import FileContract, Target
from tests.literal_tables import make
from tests.offers.channels.leaving import run_with, withdrawn
from tests.offers.channels.promised import shop, told

TARGETS = list(registry.targets().values())
FILES = [(target, contract) for target in TARGETS for contract in target.files]
each_target = pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
each_file = pytest.mark.parametrize(
    ("target", "contract"), FILES, ids=[f"{target.name}.{contract.name}" for target, contract in FILES]
)


@pytest.fixture(scope="module")
def warehouse() -> Iterator[Warehouse]:
    with Warehouse.open() as opened:
        make(opened, "offers.allowed_message", [])
        for table in ("offers.catalogue", "offers.ad_permission", "core.store"):
            make(opened, table, [])
        opened.execute("create temp table channel_told as select *, true as is_last from offers.allowed_message")
        opened.execute("create temp table channel_message as select *, true as is_last from offers.allowed_message")
        yield opened


def test_there_are_targets() -> None:
    assert "generic" in registry.targets()


@each_target
def test_a_target_is_called_after_its_module_and_writes_something(target: Target) -> None:
    assert registry.targets()[target.name] is target
    assert target.files or target.documents
    assert target.title
    assert target.setup


@each_file
def test_columns_are_named_once_and_explained(target: Target, contract: FileContract) -> None:
    names = [column.name for column in contract.columns]
    assert len(names) == len(set(names))
    assert [column.name for column in contract.columns if not column.meaning.endswith(".")] == []


@each_file
def test_a_key_is_never_empty(target: Target, contract: FileContract) -> None:
    columns = {column.name: column for column in contract.columns}
    assert contract.key
    assert [name for name in contract.key if columns[name].may_be_empty] == []


@each_file
def test_where_an_empty_cell_keeps_the_old_value_only_contact_data_may_be_empty(
    target: Target, contract: FileContract
) -> None:
    if contract.empty_cell == "keeps":
        assert [column.name for column in contract.columns if column.may_be_empty and not column.is_contact] == []


@each_file
def test_the_query_gives_exactly_the_declared_columns_in_a_total_order(
    warehouse: Warehouse, target: Target, contract: FileContract
) -> None:
    parameters = {
        "offer_status": "offered",
        "shop_currency": "EUR",
        "shop_currency_digits": 2,
        "shop_country": "LV",
        "shop_time_zone": "Europe/Riga",
        "business_date": "2026-06-30",
        **{f"option_{name}": standing or "x" for name, standing, _ in target.options},
    }
    table = warehouse.arrow(contract.sql, used_parameters(contract.sql, parameters))
    assert table.column_names == [column.name for column in contract.columns]
    assert contract.sql.startswith("-- One row per ")
    ordered = contract.sql.rsplit("order by", 1)[-1]
    assert [name for name in contract.key if name.split(".")[-1] not in ordered] == []


@each_file
def test_a_header_and_a_record_fit_into_a_file(target: Target, contract: FileContract) -> None:
    head = len(contract.format.head(contract.columns)) + len(contract.format.tail())
    assert contract.limits.bytes > 2 * head
    assert (contract.limits.record_bytes or 1) < contract.limits.bytes


def test_one_offer_told_in_every_language_by_every_channel_stops_no_target(tmp_path: Path) -> None:
    ways = [(language, channel) for language in ("en", "lv", "ru") for channel in ("email", "sms", "push", "post")]
    texts = {"sms": 'Get "it".'}
    people = [
        told(
            number, "tenth", language=language, channel=channel, offer_text=texts.get(channel, "Get “it”."), terms=None
        )
        for number, (language, channel) in enumerate(ways)
    ]
    written = {"terms": "accepted"}
    blocks = {
        target.name.replace("_", "-"): {
            "target": target.name,
            "options": {name: written.get(name, "1") for name, standing, _ in target.options if standing is None},
        }
        for target in TARGETS
    }
    allowed = [{"customer_id": row["customer_id"], "may_match_email": True, "may_match_phone": False} for row in people]
    with shop([*people, withdrawn(99)], offers__ad_permission=allowed) as warehouse:
        found = handover.write(warehouse, run_with(tmp_path / "shop", json.dumps(blocks)), tmp_path)
    assert {name: facts["stopped"] for name, facts in found.facts.items() if "stopped" in facts} == {}
    assert {name for name, facts in found.facts.items() if facts["files"]} == set(blocks)
