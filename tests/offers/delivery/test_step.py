"""The step deliver.send and `offermill deliver`: what they do, say and exit with."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from offermill import flows, night, publish
from offermill.cli import app
from offermill.errors import DeliveryError
from offermill.paths import ShopPaths
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers.channels import last_check, publication
from offers.delivery import backoff
from tests import literal_night
from tests.literal_tables import DAY
from tests.nights import copy_of
from tests.offers.channels.leaving import fill, message

PUBLISHED = "{ads: {target: generic}, crm: {target: generic}, shelf: {target: generic}}"
STEP = flows.nightly().step("deliver.send")


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits, and nobody said no since the night: what the check says is tested with the check."""
    monkeypatch.setattr(backoff.time, "sleep", lambda _: None)
    monkeypatch.setattr(last_check, "forbidden", lambda run, messages, **_: {})


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a shop whose night is published for three blocks."""
    shop = tmp_path_factory.mktemp("published") / "shop"
    literal_night.make_run(shop, settings=literal_night.SETTINGS + f"channels: {PUBLISHED}\n")
    night.take_snapshot(shop, DAY)
    with Warehouse.open(ShopPaths(shop).warehouse) as warehouse:
        literal_night.fill(warehouse)
        fill(warehouse, [message(1), message(2)])
        run = Run.of_snapshot(shop, DAY)
        publication.stage(warehouse, run)
        publish.release(warehouse, run)
    return shop


def shop_with(published: Path, folder: Path, channels: str) -> Path:
    """Return a copy of the published shop whose blocks of channels are the given ones."""
    shop = copy_of(published, folder / "shop")
    literal_night.make_run(shop, settings=literal_night.SETTINGS + f"channels: {channels}\n")
    night.take_snapshot(shop, DAY)
    return shop


def block(folder: Path) -> str:
    return f"{{target: generic, delivery: {{folder: {{path: {folder}}}, retry: {{attempts: 2}}}}}}"


def offermill(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["deliver", *map(str, arguments), "--date", str(DAY)], env={"COLUMNS": "300"})
    return done.exit_code, " ".join((done.stdout + done.stderr).split())


def files_of(shop: Path, *arguments: str) -> list[tuple[str, str]]:
    done = CliRunner().invoke(app, ["deliver", "--shop", str(shop), "--date", str(DAY), "--json", *arguments])
    found: dict[str, Any] = json.loads(done.stdout)
    return [(file["file"], file["result"]) for file in found["files"]]


def test_a_shop_without_delivery_does_nothing_and_says_so(published: Path, tmp_path: Path) -> None:
    shop = shop_with(published, tmp_path, "{crm: {target: generic}}")
    assert night.perform(STEP, shop, DAY) == {"result": "no block of channels has `delivery`: nothing to send"}
    assert offermill("--shop", shop) == (0, "2026-06-30: no block of channels has `delivery`; nothing to send.")


def test_the_step_sends_once_and_notes_it(published: Path, tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    shop = shop_with(published, tmp_path, f"{{crm: {block(tmp_path / 'inbox')}}}")
    done = night.perform(STEP, shop, DAY)
    assert done == {"edition": "2026-06-30", "delivered": 2, "recognised": 0, "before": 0, "withheld_rows": 0}
    assert night.perform(STEP, shop, DAY)["before"] == 2
    with Warehouse.open(ShopPaths(shop).warehouse) as warehouse:
        assert warehouse.value("select count(*) from meta.sending where status = 'delivered'") == 2


def test_a_red_step_names_block_file_attempt_cause_and_what_to_do_and_keeps_what_arrived(
    published: Path, tmp_path: Path
) -> None:
    (tmp_path / "inbox").mkdir()
    shop = shop_with(published, tmp_path, f"{{ads: {block(tmp_path / 'gone')}, crm: {block(tmp_path / 'inbox')}}}")
    with pytest.raises(DeliveryError) as problem:
        night.perform(STEP, shop, DAY)
    assert str(problem.value) == (
        "2026-06-30: 1 of 3 files did not reach their target; the publication stands, what arrived is not sent again.\n"
        f"  ads: offers.csv, attempt 2: there is no folder {tmp_path / 'gone'}. Mount it or make it.\n"
        f"Mend the cause, then send what is missing: bin/offermill deliver --shop {shop} --date 2026-06-30"
    )
    with Warehouse.open(ShopPaths(shop).warehouse) as warehouse:
        rows = warehouse.rows("select block, file, status from meta.sending order by all")
    assert rows == [
        ("ads", "offers.csv", "failed"),
        ("crm", "crm.manifest.json", "delivered"),
        ("crm", "offers.csv", "delivered"),
    ]


def test_the_command_rehearses_sends_what_is_missing_and_shows_it(published: Path, tmp_path: Path) -> None:
    shop = shop_with(published, tmp_path, f"{{crm: {block(tmp_path / 'inbox')}}}")
    assert files_of(shop, "--dry-run") == [("offers.csv", "missing"), ("crm.manifest.json", "missing")]
    code, said = offermill("--shop", shop)
    assert (code, "1 of 1 files did not reach their target" in said) == (8, True)
    (tmp_path / "inbox").mkdir()
    assert files_of(shop) == [("offers.csv", "delivered"), ("crm.manifest.json", "delivered")]
    code, said = offermill("--shop", shop, "--block", "crm")
    assert (code, "Delivery of 2026-06-30" in said, said.count("before")) == (0, True, 2)


def test_a_mended_address_in_shop_yml_counts_at_once(published: Path, tmp_path: Path) -> None:
    shop = shop_with(published, tmp_path, f"{{crm: {block(tmp_path / 'gone')}}}")
    (tmp_path / "inbox").mkdir()
    settings = shop / "shop.yml"
    settings.write_text(settings.read_text("utf-8").replace(str(tmp_path / "gone"), str(tmp_path / "inbox")), "utf-8")
    assert offermill("--shop", shop)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--block", "crn"), 2, "--block crn: shop.yml has no such block of channels. Did you mean 'crm'?"),
        (("--block", "shelf"), 2, "--block shelf: channels.shelf has no `delivery` in shop.yml"),
        (("--settle", "offers.csv"), 2, "--settle offers.csv: write FILE=arrived or FILE=lost"),
        (("--settle", "offers.csv=lost"), 2, "say of which block of channels, with --block"),
        (("--settle", "offers.csv=lost", "--block", "crm"), 2, "the target of channels.crm can be asked what it has"),
    ],
)
def test_a_wrong_block_or_word_is_named(
    published: Path, tmp_path: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    shop = shop_with(published, tmp_path, f"{{crm: {block(tmp_path / 'inbox')}, shelf: {{target: generic}}}}")
    found, said = offermill("--shop", shop, *arguments)
    assert (found, message in said) == (code, True), said


def test_a_date_that_was_never_published_is_said(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    literal_night.make_run(shop, settings=literal_night.SETTINGS)
    code, said = offermill("--shop", shop)
    assert (code, said) == (2, "Error 2026-06-30: the night has not begun; run the step night.open first.")
    assert not (shop / "warehouse.duckdb").exists()
