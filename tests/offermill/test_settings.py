"""shop.yml is read once and strictly; what it says is what SQL may name."""

from pathlib import Path

import pytest

from offermill import paths, settings
from offermill.errors import ConfigError

SHOP = """\
shop:
  id: test
  name: Test
  time_zone: Europe/Riga
randomisation:
  salt: a salt for tests
sources:
  orders:
    files: orders_{date}.csv
"""


def error_of(text: str, folder: Path) -> str:
    (folder / "shop.yml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as problem:
        settings.load(folder / "shop.yml")
    return str(problem.value)


def test_the_example_shop_is_right() -> None:
    assert settings.load(paths.ROOT / "shop" / "shop.yml").shop.currency == "EUR"


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "shop.yml"
    path.write_text(SHOP, encoding="utf-8")
    first, again = settings.load(path), settings.load(path)
    path.write_text(SHOP.replace("name: Test", "name: Other"), encoding="utf-8")
    assert again is first
    assert [first.shop.name, settings.load(path).shop.name] == ["Test", "Other"]


def test_scalars_become_parameters(tmp_path: Path) -> None:
    (tmp_path / "shop.yml").write_text(SHOP, encoding="utf-8")
    found = settings.load(tmp_path / "shop.yml").parameters
    assert found["shop_time_zone"] == "Europe/Riga"
    assert found["models_horizon_days"] == 28
    assert "sources_orders" not in found


def test_blocks_and_lists_become_parameters_too(tmp_path: Path) -> None:
    text = SHOP + "contact_policy:\n  email: {contacts: 5, days: 30}\n  quiet_dates: [2026-12-25, 2026-12-26]\n"
    (tmp_path / "shop.yml").write_text(text, encoding="utf-8")
    found = settings.load(tmp_path / "shop.yml").parameters
    assert (found["contact_policy_email_contacts"], found["contact_policy_email_days"]) == (5, 30)
    assert found["contact_policy_offers_per_person_week"] == 2
    assert found["contact_policy_quiet_dates"] == "2026-12-25,2026-12-26"
    assert found["contact_policy_quiet_weekdays"] == ""


def test_a_misspelt_section_is_found(tmp_path: Path) -> None:
    assert error_of(SHOP.replace("randomisation", "randomization"), tmp_path) == (
        "shop.yml:1: randomisation: is missing.\n"
        "shop.yml:5: randomization: unknown key. Did you mean 'randomisation'? Known keys: "
        + ", ".join(sorted(settings.Settings.model_fields))
        + "."
    )


def test_an_unknown_source_is_found(tmp_path: Path) -> None:
    assert error_of(SHOP.replace("  orders:", "  order:"), tmp_path) == (
        "shop.yml:7: sources: 'order' is no known source. Did you mean 'orders'?"
    )


def test_an_unknown_zone_is_found(tmp_path: Path) -> None:
    assert error_of(SHOP.replace("Europe/Riga", "Mars/Olympus"), tmp_path) == (
        "shop.yml:4: shop.time_zone: 'Mars/Olympus' is no known time zone; write one such as Europe/Riga."
    )


def test_a_share_above_one_is_found(tmp_path: Path) -> None:
    text = SHOP.replace("salt: a salt for tests", "salt: a salt for tests\n  pilot_share: 1.5")
    assert error_of(text, tmp_path) == (
        "shop.yml:7: randomisation.pilot_share: Input should be less than or equal to 1 (got 1.5)."
    )
