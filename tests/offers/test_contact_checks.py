"""Orders that nobody could follow are refused with their line."""

from pathlib import Path

import pytest

from offermill.errors import ConfigError
from offers import catalogue
from tests.offers.small_shop import settings


def written(rules: dict[str, str]) -> str:
    """Return a catalogue of three templates a, b, c with the given keys added."""
    head = """\
budget: {amount: "100.00"}
point_value: "0.01"
campaigns: [{id: summer, name: Summer, valid_days: 28, channels: [email]}]
templates:
"""
    points = {"a": 100, "b": 200, "c": 300}
    return head + "".join(
        f"  - {{id: {name}, campaign: summer, kind: points, depths: [{depth}]{rules.get(name, '')}}}\n"
        for name, depth in points.items()
    )


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        (
            {"b": ", never_with: aa"},
            "offers.yml:6: templates.1.never_with.0: 'aa' is no template. Did you mean 'a'? Known: a, b, c.",
        ),
        (
            {"b": ", only_after: [a, x9]"},
            "offers.yml:6: templates.1.only_after.1: 'x9' is no template. Known: a, b, c.",
        ),
        (
            {"a": ", never_with: [a]"},
            "offers.yml:5: templates.0.never_with.0: 'a' names the template itself; to give it once, write per_person.",
        ),
        (
            {"c": ", only_after: [a, a]"},
            "offers.yml:7: templates.2.only_after.1: 'a' is written twice.",
        ),
        (
            {"a": ", only_after: [b]", "b": ", only_after: [c, a]", "c": ", only_after: [b]"},
            "offers.yml:5: templates.0.only_after: 'a' comes after itself: a -> b -> a.\n"
            "offers.yml:6: templates.1.only_after: 'b' comes after itself: b -> c -> b.\n"
            "offers.yml:7: templates.2.only_after: 'c' comes after itself: c -> b -> c.",
        ),
        (
            {"a": ", never_with: c", "b": ", only_after: a", "c": ", only_after: b"},
            "offers.yml:7: templates.2.only_after: nobody could get it: it needs 'a' and 'c', which never go to the "
            "same customer.",
        ),
        (
            {"a": ", per_person: {times: 1}"},
            "offers.yml:5: templates.0.per_person: write either days or period (day, week or month).",
        ),
        (
            {"a": ", per_person: {times: 0, days: 7}"},
            "offers.yml:5: templates.0.per_person.times: Input should be greater than or equal to 1 (got 0).",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, rules: dict[str, str], message: str) -> None:
    (tmp_path / "offers.yml").write_text(written(rules), encoding="utf-8")
    with pytest.raises(ConfigError) as problem:
        catalogue.read(tmp_path / "offers.yml", settings().shop)
    assert str(problem.value) == message


def test_a_chain_with_caps_is_right(tmp_path: Path) -> None:
    rules = {
        "a": ", per_person: {times: 1, period: month}",
        "b": ", only_after: a",
        "c": ", only_after: [a, b], per_person: {times: 2, days: 90}",
    }
    (tmp_path / "offers.yml").write_text(written(rules), encoding="utf-8")

    found = {template.id: template for template in catalogue.read(tmp_path / "offers.yml", settings().shop).templates}

    assert found["c"].only_after == ("a", "b")
    assert found["c"].per_person is not None
    assert (found["c"].per_person.times, found["c"].per_person.days) == (2, 90)
