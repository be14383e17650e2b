"""What people type and read back: help, plain errors with their exit codes, JSON on request, never a traceback."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest
from pyarrow import parquet
from typer.testing import CliRunner

from offermill import cli, console, examples, paths
from offermill.errors import PublishError
from offermill.paths import ShopPaths
from tests.nights import copy_of

COMMANDS = ["init", "check", "demo", "play", "run", "train", "table", "explain", "withdraw", "deliver", "sign"]


def offermill(*arguments: object) -> tuple[int, str, str]:
    """Run the command line; return exit code, standard output, standard error."""
    done = CliRunner().invoke(cli.app, [str(argument) for argument in arguments])
    assert "Traceback" not in done.output
    return done.exit_code, done.stdout, done.stderr


def said(text: str) -> str:
    """Return text with its line breaks folded."""
    return " ".join(text.split())


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    examples.copy("demo", tmp_path / "shop")
    return tmp_path / "shop"


def test_every_command_explains_itself() -> None:
    code, out, _ = offermill("--help")
    assert code == 0
    assert [command for command in COMMANDS if command not in out] == []
    for command in COMMANDS:
        code, out, _ = offermill(command, "--help")
        assert (code, "--json" in out) == (0, True), command


def test_help_lists_the_exit_codes() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "offermill", "--help"], capture_output=True, text=True, cwd=paths.ROOT, check=True
    )
    assert "4 a critical check" in said(done.stdout)


def test_init_writes_a_shop_that_passes_its_check(tmp_path: Path) -> None:
    code, out, _ = offermill("init", tmp_path / "new")
    assert (code, "offers.yml, shop.yml" in said(out)) == (0, True)
    code, out, _ = offermill("check", "--shop", tmp_path / "new")
    assert code == 0
    assert "ok shop.yml: Veikals Demo, EUR, Europe/Riga, 20 sources" in said(out)


def test_init_never_writes_over_a_shop(shop: Path) -> None:
    code, _, error = offermill("init", shop)
    assert code == 2
    assert "holds offers.yml, shop.yml already; choose another folder or remove them." in said(error)


def test_an_unknown_example_gets_the_nearest(tmp_path: Path) -> None:
    code, _, error = offermill("init", tmp_path / "x", "--example", "dmeo")
    assert code == 2
    assert said(error) == "Error dmeo: no such example. Did you mean 'demo'? There are: completejourney, demo."


def test_a_misspelt_key_is_named_with_file_and_line(shop: Path) -> None:
    settings = shop / "shop.yml"
    settings.write_text(settings.read_text().replace("  currency:", "  curency:"), encoding="utf-8")
    code, _, error = offermill("check", "--shop", shop)
    assert code == 2
    assert "shop.yml:9: shop.curency: unknown key. Did you mean 'currency'?" in said(error)


def test_a_folder_without_a_shop_is_named(tmp_path: Path) -> None:
    code, _, error = offermill("run", "--shop", tmp_path, "--date", "2026-06-30")
    assert code == 2
    assert said(error).startswith("Error shop.yml: no such file in")


def test_a_night_without_its_files_stops_with_the_code_of_inputs(shop: Path) -> None:
    code, _, error = offermill("run", "--shop", shop, "--date", "2026-06-30")
    assert code == 3
    assert "order_lines" in said(error)
    assert not (shop / "exports").exists()


def test_a_date_that_is_none_is_refused() -> None:
    code, _, error = offermill("run", "--date", "30.06.2026")
    assert code == 2
    assert "formats '%Y-%m-%d'" in said(error)


def test_json_errors_are_json(tmp_path: Path) -> None:
    code, out, _ = offermill("check", "--shop", tmp_path, "--json")
    assert code == 2
    assert json.loads(out)["exit_code"] == 2
    assert json.loads(out)["error"].startswith("shop.yml: no such file")


def test_a_table_that_is_none_gets_the_nearest(shop: Path) -> None:
    code, _, error = offermill("table", "core.custmer", "--shop", shop, "--date", "2026-06-30")
    assert code == 2
    assert "Did you mean 'core.customer'?" in said(error)


def test_explaining_a_night_that_was_not_published_says_so(shop: Path) -> None:
    code, _, error = offermill("explain", "c1", "--shop", shop, "--date", "2026-06-30")
    assert code == 6
    assert "2026-06-30" in said(error)


def test_only_a_demo_shop_is_played_on(shop: Path) -> None:
    code, _, error = offermill("play", "--shop", shop, "--date", "2026-06-30")
    assert code == 2
    assert "is no demo shop (it has no truth/); only a demo shop can be played on." in said(error)


def test_a_demo_shop_answers_its_offers(published: Path, tmp_path: Path) -> None:
    shop = copy_of(published, tmp_path / "shop")
    code, _, _ = offermill("play", "--shop", shop, "--date", "2026-06-30", "--days", 2)
    assert code == 0
    for day in ("2026-07-01", "2026-07-02"):
        assert (shop / "landing" / "orders" / f"orders_{day}.csv.gz").is_file()
    log = "read_csv('{}', header = true, all_varchar = true)"
    told = "customer_id, campaign_id, wave_id, offer_id, cast(is_randomised as boolean), cast(valid_until as date)"
    given = f"select {told}, round(cast(propensity as double), 8) as propensity from {{}} order by customer_id"
    logged = duckdb.sql(given.format(log.format(shop / "landing/offer_assignments/offer_assignments_2026-07-01.csv")))
    decided = f"(from '{shop}/exports/2026-06-30/audit/decisions.parquet' where wave_id is not null)"
    assert logged.fetchall() == duckdb.sql(given.format(decided)).fetchall()
    assert duckdb.sql(f"select count(*) from {decided} where offer_id is null").fetchall()[0][0] > 0


def test_the_newest_edition_of_a_night_is_answered(published: Path, tmp_path: Path) -> None:
    shop = copy_of(published, tmp_path / "shop")
    nobody = (
        copy_of(shop / "exports" / "2026-06-30", shop / "exports" / "2026-06-30.v2") / "audit" / "decisions.parquet"
    )
    parquet.write_table(parquet.read_table(nobody).slice(0, 0), nobody)

    offermill("play", "--shop", shop, "--date", "2026-06-30")

    log = shop / "landing" / "offer_assignments" / "offer_assignments_2026-07-01.csv"
    assert len(log.read_text().splitlines()) == 1


def test_a_cold_shop_has_no_past_pilot(tmp_path: Path) -> None:
    code, _, _ = offermill("demo", tmp_path / "shop", "--customers", 100, "--cold")
    assert code == 0
    assert duckdb.sql(f"from '{tmp_path}/shop/landing/offer_assignments/*_history*.parquet'").fetchall() == []
    assert duckdb.sql(f"select count(*) > 100 from '{tmp_path}/shop/landing/orders/*_history*.parquet'").fetchall()[0][
        0
    ]


def test_a_published_night_is_explained_and_tables_are_made_again(published: Path, tmp_path: Path) -> None:
    code, out, _ = offermill("explain", "c10000000", "--shop", published, "--date", "2026-06-30", "--json")
    assert code == 0
    assert json.loads(out)["customer_id"] == "c10000000"
    code, out, _ = offermill("table", "core.store", "--shop", published, "--date", "2026-06-30", "--rows", 2, "--json")
    assert code == 0
    assert len(json.loads(out)["first_rows"]) == 2


def test_a_published_night_is_read_in_its_newest_version(tmp_path: Path) -> None:
    for name in ("2026-06-30", "2026-06-30.v2", "2026-06-30.v10"):
        (tmp_path / "exports" / name).mkdir(parents=True)
        (tmp_path / "exports" / name / "datapackage.json").write_text(f'{{"name": "{name}"}}')
    found = console.publication(ShopPaths(tmp_path), date(2026, 6, 30))
    assert (found["name"], Path(found["folder"]).name) == ("2026-06-30.v10", "2026-06-30.v10")
    with pytest.raises(PublishError, match="2026-07-01: nothing is published"):
        console.publication(ShopPaths(tmp_path), date(2026, 7, 1))
