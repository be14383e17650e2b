"""Every target reason has its words in every language, every rule has them on the page of offers."""

import pytest

from offermill import paths, yamlfile
from offers.explain_lines import LINES
from offers.explain_words import TARGETS

EXCLUSIONS = sorted(path.stem for path in (paths.EXPECTATIONS / "offers").glob("exclusion_*.yml"))


def promised(table: str, column: str) -> set[str]:
    """Return the values that a table of offers promises for a column."""
    values, _ = yamlfile.load(paths.EXPECTATIONS / "offers" / f"{table}.yml")
    sets = [check["kwargs"] for check in values["checks"] if check["type"] == "expect_column_values_to_be_in_set"]
    return {value for given in sets if given["column"] == column for value in given["value_set"]}


def rules() -> set[str]:
    return {rule for table in EXCLUSIONS for rule in promised(table, "rule")}


@pytest.mark.parametrize("language", sorted(LINES))
def test_every_target_reason_has_words(language: str) -> None:
    assert set(TARGETS[language]) == promised("candidate", "target_reason")


def test_every_rule_has_words_on_the_page() -> None:
    assert len(rules()) >= 26
    texts, _ = yamlfile.load(paths.ROOT / "dashboards" / "texts" / "en.yml")
    assert set(texts["offers"]["rules"]) == rules()
