"""Files that people write are read strictly: what looks like text stays text, and every error names its line."""

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from offermill import paths, yamlfile
from offermill.errors import ConfigError


class Budget(BaseModel):
    model_config = ConfigDict(extra="forbid")
    amount: int
    period: str = "night"


class Offers(BaseModel):
    model_config = ConfigDict(extra="forbid")
    budget: Budget
    tags: list[str] = []


def error_of(text: str, folder: Path) -> str:
    path = folder / "offers.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as problem:
        yamlfile.validate(Offers, path)
    return str(problem.value)


def test_yaml_1_1_traps_stay_text() -> None:
    values, _ = yamlfile.parse("a: no\nb: on\nc: 1:30\nd: 2026-01-02\ne: 007\nf: 1_000\ng: 0x1F\n", Path("x.yml"))
    assert values == {"a": "no", "b": "on", "c": "1:30", "d": "2026-01-02", "e": "007", "f": "1_000", "g": "0x1F"}


def test_plain_values_keep_their_types() -> None:
    values, lines = yamlfile.parse("a: 5\nb: -1.5\nc: true\nd: null\ne:\n  - x\n", Path("x.yml"))
    assert values == {"a": 5, "b": -1.5, "c": True, "d": None, "e": ["x"]}
    assert lines["e", 0] == 6


def test_a_misspelt_key_gets_the_nearest_known_one(tmp_path: Path) -> None:
    assert error_of("buget:\n  amount: 5\n", tmp_path) == (
        "offers.yml:1: budget: is missing.\n"
        "offers.yml:1: buget: unknown key. Did you mean 'budget'? Known keys: budget, tags."
    )


def test_a_nested_key_is_found_on_its_own_line(tmp_path: Path) -> None:
    assert error_of("budget:\n  amount: 5\n  periode: week\n", tmp_path) == (
        "offers.yml:3: budget.periode: unknown key. Did you mean 'period'? Known keys: amount, period."
    )


def test_a_wrong_type_shows_what_was_got(tmp_path: Path) -> None:
    assert error_of("budget:\n  amount: much\n", tmp_path) == (
        "offers.yml:2: budget.amount: Input should be a valid integer, "
        "unable to parse string as an integer (got 'much')."
    )


def test_a_key_written_twice_is_refused(tmp_path: Path) -> None:
    assert error_of("budget:\n  amount: 5\n  amount: 6\n", tmp_path) == (
        "offers.yml:3: amount: written twice (first on line 2); keep one."
    )


def test_python_objects_are_refused(tmp_path: Path) -> None:
    assert error_of("budget: !!python/object/apply:os.system [ls]\n", tmp_path) == (
        "offers.yml:1: the tag tag:yaml.org,2002:python/object/apply:os.system is not allowed; write plain values."
    )


def test_a_tab_is_explained(tmp_path: Path) -> None:
    message = error_of("budget:\n\tamount: 5\n", tmp_path)
    assert message.startswith("offers.yml:2: not valid YAML:")
    assert "spaces, not tabs" in message


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    assert error_of("", tmp_path) == "offers.yml: the file is empty; `offermill init` writes an example."


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^shop\.yml: no such file in .*; `offermill init` writes an example\.$"):
        yamlfile.load(tmp_path / "shop.yml")


def test_bytes_that_are_not_utf8_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "shop.yml"
    path.write_bytes("shop: Rīga".encode("windows-1257"))
    with pytest.raises(ConfigError, match=r"^shop\.yml: byte 7 is not UTF-8; save the file as UTF-8\.$"):
        yamlfile.load(path)


def test_our_own_files_are_read_quickly_and_alike() -> None:
    files = sorted(paths.EXPECTATIONS.glob("*/*.yml"))
    assert len(files) > 100
    for path in files[::5]:
        assert yamlfile.load(path, is_ours=True) == yamlfile.load(path), path


def test_a_mistake_in_our_own_file_is_said_as_any_other() -> None:
    said = []
    for is_ours in (False, True):
        with pytest.raises(ConfigError) as problem:
            yamlfile.parse("a: 1\n\tb: 2\n", Path("x.yml"), is_ours=is_ours)
        said.append(str(problem.value))
    assert said[0] == said[1]
