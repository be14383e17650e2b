"""offers.yml: what it says becomes one row per offer."""

from dataclasses import asdict
from datetime import date
from fractions import Fraction
from pathlib import Path
from textwrap import dedent

import pytest

from offermill import paths
from offermill.errors import ConfigError
from offers import catalogue
from offers.offer import TargetItem
from tests.offers import small_shop
from tests.offers.catalogues import PERCENT, SHOP, template, written

NIGHT = date(2026, 6, 30)


@pytest.mark.parametrize(
    "shop", [*sorted((paths.ROOT / "shops").glob("*/offers.yml")), paths.ROOT / "shop" / "offers.yml"]
)
def test_the_example_catalogues_are_right(shop: Path) -> None:
    assert catalogue.read(shop, SHOP).templates


def test_the_budget_may_be_nothing(tmp_path: Path) -> None:
    read = catalogue.read(written(tmp_path, template(PERCENT).replace('"100.00"', '"0"')), SHOP)

    assert read.budget.amount == "0"


def test_the_hash_stands_for_what_is_said_not_for_how(tmp_path: Path) -> None:
    plain = catalogue.read(written(tmp_path, template(PERCENT)), SHOP)
    same = catalogue.read(written(tmp_path, "# A comment\n" + template(PERCENT + ", channels: null")), SHOP)
    other = catalogue.read(written(tmp_path, template(PERCENT).replace("[10]", "[11]")), SHOP)

    assert catalogue.catalogue_hash(plain) == catalogue.catalogue_hash(same) != catalogue.catalogue_hash(other)
    signed = template(PERCENT) + f"sign_off: {catalogue.catalogue_hash(plain)}\n"
    assert catalogue.read(written(tmp_path, signed), SHOP).sign_off == catalogue.catalogue_hash(plain)


ALL_KINDS = dedent("""\
    budget: {amount: "100.00"}
    point_value: "0.005"
    example_purchase: "40.00"
    campaigns:
      - {id: summer, name: Summer, valid_days: 28, channels: [email, sms]}
      - {id: july, name: July, valid_from: "2026-07-10", valid_until: "2026-07-31", channels: [post]}
    templates:
      - {id: basket, campaign: summer, kind: percent, depths: [5, 20], max_discount: "6.00"}
      - {id: coffee, campaign: july, kind: percent, depths: [20], max_discount: "6.00",
         target: {kind: category, ids: [coffee, tea]}, channels: [sms]}
      - {id: points, campaign: summer, kind: points, depths: [501]}
      - {id: amount, campaign: summer, kind: amount, depths: ["5.00", "7.50"], threshold: "40.00"}
      - {id: mug, campaign: summer, kind: gift,
         gift: {name: {en: a mug, lv: krūzi, ru: кружку}, value: "6.00", cost: "2.40"}}
      - {id: delivery, campaign: summer, kind: delivery, delivery: {value: "3.99", cost: "4.50"}}
""")


def test_a_template_makes_an_offer_per_target_and_depth(tmp_path: Path) -> None:
    read = catalogue.read(written(tmp_path, ALL_KINDS), SHOP)
    basket, goods = (TargetItem(),), (TargetItem("category", "coffee", "Coffee"), TargetItem("category", "tea", "Tea"))

    offers = catalogue.expand(read, [basket, goods, basket, basket, basket, basket], night=NIGHT, digits=2)

    names = (
        "offer_id",
        "campaign_id",
        "max_cost_minor",
        "customer_value_minor",
        "valid_from",
        "valid_until",
        "channels",
    )
    first, last, july = date(2026, 7, 1), date(2026, 7, 28), (date(2026, 7, 10), date(2026, 7, 31))
    mail = ("email", "sms")
    assert [tuple(asdict(offer)[name] for name in names) for offer in offers] == [
        ("amount-5-off-40", "summer", 500, 500, first, last, mail),
        ("amount-7-50-off-40", "summer", 750, 750, first, last, mail),
        ("basket-05", "summer", 600, 200, first, last, mail),  # 5 % of 40.00
        ("basket-20", "summer", 600, 600, first, last, mail),  # 20 % of 40.00 is 8.00, capped
        ("coffee-20-coffee", "july", 600, 600, *july, ("sms",)),
        ("coffee-20-tea", "july", 600, 600, *july, ("sms",)),
        ("delivery", "summer", 450, 399, first, last, mail),
        ("mug", "summer", 240, 600, first, last, mail),
        ("points-501", "summer", 251, 251, first, last, mail),  # 501 x 0.005 = 2.505, half away from zero
    ]


@pytest.mark.parametrize(
    ("night", "valid_from"),
    [
        ("2026-07-08", "2026-07-10"),
        ("2026-07-15", "2026-07-16"),
        ("2026-07-30", "2026-07-31"),
        ("2026-07-31", "2026-07-10"),
    ],
)
def test_fixed_dates_begin_the_day_after_the_night_while_they_last(tmp_path: Path, night: str, valid_from: str) -> None:
    read = catalogue.read(written(tmp_path, ALL_KINDS), SHOP)
    items = [(TargetItem(),)] * 6

    offers = catalogue.expand(read, items, night=date.fromisoformat(night), digits=2)

    july = next(offer for offer in offers if offer.campaign_id == "july")
    assert (july.valid_from, july.valid_until) == (date.fromisoformat(valid_from), date(2026, 7, 31))


@pytest.mark.parametrize(
    ("cost_share", "allowed", "reason"),
    [
        (None, None, None),
        (Fraction(4, 5), None, None),
        (
            Fraction(81, 100),
            None,
            "sells below cost: the goods cost 81.0% of their list price, the offer leaves 80.0%",
        ),
        (Fraction(81, 100), "loss leader of July", None),
    ],
)
def test_selling_below_cost_is_found(tmp_path: Path, cost_share: Fraction | None, allowed: str, reason: str) -> None:
    read = catalogue.read(written(tmp_path, ALL_KINDS), SHOP)
    coffee = TargetItem("category", "coffee", "Coffee", cost_share=cost_share)
    offers = catalogue.expand(read, [(coffee,)] * 6, night=NIGHT, digits=2)
    deep = next(offer for offer in offers if offer.offer_id == "basket-20-coffee")

    assert catalogue.below_cost_reason(deep, allowed) == reason


def goods() -> dict[str, list[dict[str, object]]]:
    """Return coffee (cost unknown for one of two), wine for adults, and who bought what when."""
    return {
        "core.category": [{"category_id": "coffee", "category_name": "Coffee"}, {"category_id": "wine"}],
        "core.product": [
            _product("p1", "coffee", "Beans", 1_000, cost_minor=850),
            _product("p2", "coffee", "Filter", 500),
            _product("p3", "wine", "Red", 900, cost_minor=300, is_age_restricted=True),
        ],
        "core.purchase_line": [
            _line("c1", "wine", "2026-06-01"),
            _line("c2", "wine", "2026-06-01"),
            _line("c1", "coffee", "2026-06-01"),
            _line("c3", "coffee", "2026-06-30 21:00:00"),
            _line("c4", "coffee", "2025-06-01"),
        ],
    }


def _product(product_id: str, category: str, name: str, price_minor: int, **more: object) -> dict[str, object]:
    facts = {"product_id": product_id, "category_id": category, "product_name": name, "list_price_minor": price_minor}
    return {**facts, **more}


def _line(customer: str, category: str, at: str) -> dict[str, object]:
    return {
        "customer_id": customer,
        "category_id": category,
        "kind": "sale",
        "ordered_at": at,
        "arrived_on": at[:10],
        "list_minor": 1_000,
        "cost_minor": 600,
    }


TARGETED = """
budget: {amount: "100.00"}
campaigns:
  - {id: summer, name: Summer, valid_days: 28, channels: [email]}
templates:
  - {id: basket, campaign: summer, kind: percent, depths: [50], max_discount: "6.00"}
  - {id: top, campaign: summer, kind: percent, depths: [20], max_discount: "6.00",
     target: {kind: category, top_categories: 1}}
  - {id: beans, campaign: summer, kind: percent, depths: [20], max_discount: "6.00", target: {kind: product, ids: [p1]},
     audience: {segments: [lapsed], excluded_segments: [new, inert], minimum_orders: 2}, budget_share: 0.25}
"""


def test_the_step_looks_targets_up_and_flags_what_sells_below_cost(tmp_path: Path) -> None:
    run = small_shop.run_of(tmp_path, TARGETED)
    with small_shop.shop(goods()) as warehouse:
        summary = catalogue.load_catalogue(warehouse, run)
        rows = warehouse.rows(
            "select offer_id, target_kind, target_id, target_name, is_age_restricted, below_cost_reason, "
            "required_segments, "
            "excluded_segments, minimum_orders, budget_share from offers.catalogue order by offer_id"
        )
        history = warehouse.count("offers.decision_history")

    # Sold in 365 days: goods of 30.00 list price that cost 18.00. Beans cost 8.50 of 10.00.
    # Wine has 2 customers, coffee 1.
    half = "sells below cost: the goods cost 60.0% of their list price, the offer leaves 50.0%"
    beans = "sells below cost: the goods cost 85.0% of their list price, the offer leaves 80.0%"
    assert rows == [
        ("basket-50", "basket", None, None, False, half, "", "", 0, None),
        ("beans-20-p1", "product", "p1", "Beans", False, beans, "lapsed", "new,inert", 2, 0.25),
        ("top-20-wine", "category", "wine", "wine", True, None, "", "", 0, None),
    ]
    assert (summary["offers"], summary["tonight"], history) == (3, 3, 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ("ids: [p1]", "ids: [p01]"),
            "offers.yml:9: templates.2.target.ids.0: the shop has no product 'p01'. Did you mean 'p1'?",
        ),
        (
            ("[lapsed]", "[lapse]"),
            "offers.yml:10: templates.2.audience.segments.0: 'lapse' is no segment. Did you mean 'lapsed'?",
        ),
    ],
)
def test_what_the_shop_does_not_have_is_named(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    run = small_shop.run_of(tmp_path, TARGETED.replace(*change))
    with small_shop.shop(goods()) as warehouse, pytest.raises(ConfigError) as problem:
        catalogue.load_catalogue(warehouse, run)

    assert str(problem.value) == message


def test_a_check_says_in_a_line_what_was_found(tmp_path: Path) -> None:
    text = catalogue.check(written(tmp_path, ALL_KINDS), small_shop.settings())

    assert text.startswith("2 campaigns, 6 templates, budget 100.00 EUR a night, sign-off ")
