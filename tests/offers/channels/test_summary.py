"""The night's figures in the manifest and on the terminal."""

from pathlib import Path

from offermill import console
from offers.channels import summary
from tests import literal_night

# Of every ten customers six are chosen for, one explores, and three get nothing; there are forty.
GROUPS = {
    "choose": {"people": 24, "offers": 24},
    "control": {"people": 4, "offers": 0},
    "excluded": {"people": 4, "offers": 0},
    "explore": {"people": 4, "offers": 4},
    "global_control": {"people": 4, "offers": 0},
}


def test_the_figures_count_people_offers_money_and_checks(tmp_path: Path) -> None:
    with literal_night.night(tmp_path) as (warehouse, run):
        figures = summary.figures(warehouse, run)
        broken = warehouse.value(
            "select count(*) from meta.check_result where business_date = $business_date and not is_success",
            run.parameters,
        )
    assert figures["groups"] == GROUPS
    caps = [(row["limit_name"], row.get("cap_minor"), row.get("cap_count")) for row in figures["budgets"]]
    assert caps == [("budget", 500_000, None), ("gift-mug", 200_000, None), ("mail", None, 50)]
    assert figures["choice"] == {"value_minor": 4000, "upper_bound_minor": 4010, "gap_share": 10 / 4010}
    assert figures["left_out"]["no_consent"] == {
        "people": 8,
        "alone": 7,
        "estimated": 6,
        "would_get": 5,
        "saved_cost_minor": 1234,
        "forgone_margin_minor": 2345,
    }
    assert figures["left_out"]["minor"]["saved_cost_minor"] is None
    assert figures["checks"]["broken"] == broken > 0


def test_the_terminal_says_who_got_an_offer_at_what_cost() -> None:
    budget = {
        "cap_minor": 250_000, "used_before_minor": 0, "expected_minor": 123_456,
        "worst_minor": 999_900, "period": "night", "limit_name": "budget", "counted": "money",
    }  # fmt: skip
    mail = {
        "limit_name": "mail", "counted": "contacts", "cap_count": 1_500, "used_before_count": 20,
        "given_count": 4, "period": "week",
    }  # fmt: skip
    facts = {
        "shop_name": "Shop", "business_date": "2026-06-30", "currency": "EUR", "currency_digits": 2,
        "groups": GROUPS, "budgets": [budget, mail], "checks": {"made": 9, "broken": 1},
    }  # fmt: skip
    said = console.decided({"offermill": facts, "folder": "exports/2026-06-30", "site": "site/index.html"})
    assert said.splitlines() == [
        "[bold]Shop, night of 2026-06-30[/]",
        "  decided  28 offers (choose 24, explore 4); no offer for 12 people (control 4, excluded 4, global control 4)",
        "  cost     expected 1234.56 EUR, at worst 9999.00 EUR of 2500.00 EUR for the night (0.00 EUR used before)",
        "  cost     mail: 4 of 1,500 contacts for the week (20 used before)",
        "  checks   9 made, 1 broken (none of them critical)",
        "  lists    exports/2026-06-30",
        "  site     site/index.html",
    ]
