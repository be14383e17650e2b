"""What offer ids mean to the demo customers, and how offers change the lines of a purchase."""

from pathlib import Path

import numpy as np
import pytest

from offermill.errors import InputError
from offermill.synthetic import till
from offermill.synthetic.assortment import CATEGORY_IDS, assortment, promotion_names
from offermill.synthetic.baskets import Lines
from offermill.synthetic.campaign import Uses, nobody
from offermill.synthetic.offers import EXAMPLE, Menu, Offer

MENU = Menu.of_shop(EXAMPLE.parent)
GOODS = assortment(1)
COFFEE = CATEGORY_IDS.index("coffee")
NONE = np.array([0])


@pytest.mark.parametrize(
    ("offer_id", "expected"),
    [
        ("basket-percent-05", Offer("basket-percent-05", "percent", pct=5, cap_minor=2_000)),
        (
            "category-percent-20-coffee",
            Offer("category-percent-20-coffee", "category", pct=20, category=COFFEE, cap_minor=1_000),
        ),
        ("points-500", Offer("points-500", "points", value_minor=500, points=500)),
        ("free-delivery", Offer("free-delivery", "delivery", value_minor=399)),
        ("amount-5-off-40", Offer("amount-5-off-40", "amount", value_minor=500, threshold_minor=4_000)),
        ("gift-mug", Offer("gift-mug", "gift", value_minor=240, threshold_minor=2_500, worth_minor=600)),
    ],
)
def test_an_offer_id_says_what_the_offer_is(offer_id: str, expected: Offer) -> None:
    assert MENU.offer(offer_id) == expected


@pytest.mark.parametrize("offer_id", ["basket-percent-", "category-percent-20-cars", "basket-percent-05 ", ""])
def test_other_ids_are_refused(offer_id: str) -> None:
    with pytest.raises(InputError) as error:
        MENU.offer(offer_id)

    assert str(error.value).startswith(f"offer {offer_id!r} is not in the catalogue that the demo customers know.")
    assert str(error.value).endswith("It has 23, such as amount-5-off-40, basket-percent-05, basket-percent-10.")


def test_an_offer_means_what_the_shops_own_catalogue_says(tmp_path: Path) -> None:
    rules = EXAMPLE.read_text(encoding="utf-8")
    rules = rules.replace('cost: "2.40"', 'cost: "1.90"').replace('max_discount: "20.00"', 'max_discount: "12.00"')
    (tmp_path / "offers.yml").write_text(rules.replace("depths: [500]", "depths: [300]"), encoding="utf-8")

    menu = Menu.of_shop(tmp_path)

    assert menu.offer("gift-mug") == Offer("gift-mug", "gift", value_minor=190, threshold_minor=2_500, worth_minor=600)
    assert menu.offer("basket-percent-15") == Offer("basket-percent-15", "percent", pct=15, cap_minor=1_200)
    assert menu.offer("points-300").value_minor == 300
    with pytest.raises(InputError):
        menu.offer("points-500")


def test_the_fee_of_a_parcel_is_what_the_catalogue_says_customers_save() -> None:
    assert MENU.offer("free-delivery").value_minor == till.FEE_MINOR


def test_offers_that_the_customers_would_not_understand_are_left_out() -> None:
    row = {"offer_id": "x", "kind": "percent", "depth_pct": 20, "max_cost_minor": 500, "max_discount_minor": 500,
           "customer_value_minor": 500, "threshold_minor": None}  # fmt: skip
    rows = [
        {**row, "target_kind": "product", "target_id": "p0001"},
        {**row, "target_kind": "category", "target_id": "cars"},
        {**row, "target_kind": "category", "target_id": "coffee", "kind": "points"},
    ]

    assert Menu.of_rows(rows).offers == {}


def purchase(amounts: list[int], discounts: list[int], products: list[int] | None = None) -> Lines:
    """One visit with lines of so much at list price, less the shelf discounts."""
    count = len(amounts)
    product = np.array(products or [0] * count)
    shelf = np.where(np.array(discounts) > 0, 7, -1)
    ones = np.ones(count, np.int64)
    return Lines(ones - 1, np.arange(count) + 1, product, ones, np.array(amounts), np.array(discounts), shelf)


def discounts_with(offer_id: str, lines: Lines) -> list[int]:
    return till.redeem(lines, GOODS, Uses(NONE, NONE), nobody(1), [MENU.offer(offer_id)], 1).discount.tolist()


def test_a_percentage_rounds_half_away_from_zero_and_the_better_discount_counts() -> None:
    # 15 % of 3.30 is 0.495; the shelf gives 2.00 on the second line, more than 15 % of 9.99.
    assert discounts_with("basket-percent-15", purchase([330, 999], [0, 200])) == [50, 200]


def test_the_line_says_who_gave_the_discount() -> None:
    lines = purchase([330, 999], [0, 200])

    redeemed = till.redeem(lines, GOODS, Uses(NONE, NONE), nobody(1), [MENU.offer("basket-percent-15")], 1)

    assert redeemed.promotion.tolist() == [len(promotion_names()), 7]
    assert till.discount_of_uses(
        redeemed, Uses(NONE, NONE), nobody(1), [MENU.offer("basket-percent-15")], 1
    ).tolist() == [50]


def test_a_percentage_takes_off_no_more_than_its_cap() -> None:
    # 20 % of 150.00 would be 30.00; 20.00 are shared 2 : 1.
    assert discounts_with("basket-percent-20", purchase([10_000, 5_000], [0, 0])) == [1_333, 667]


def test_a_category_offer_leaves_the_other_lines_alone() -> None:
    coffee = int(np.flatnonzero(GOODS.category == COFFEE)[0])
    other = int(np.flatnonzero(GOODS.category != COFFEE)[0])

    assert discounts_with("category-percent-20-coffee", purchase([1_000, 1_000], [0, 0], [coffee, other])) == [200, 0]


def test_an_amount_is_shared_by_what_the_lines_cost_and_sums_to_itself() -> None:
    # 5.00 on top of the shelf discounts, over lines that cost 10.00, 10.00 and 10.01 after them.
    assert discounts_with("amount-5-off-40", purchase([1_000, 1_500, 1_001], [0, 500, 0])) == [166, 667, 167]


@pytest.mark.parametrize("offer_id", ["points-500", "free-delivery", "gift-mug"])
def test_other_offers_leave_the_prices_alone(offer_id: str) -> None:
    lines = purchase([1_000, 1_500], [0, 500])

    assert discounts_with(offer_id, lines) == [0, 500]
    assert till.discount_of_uses(lines, Uses(NONE, NONE), nobody(1), [MENU.offer(offer_id)], 1).tolist() == [
        MENU.offer(offer_id).value_minor
    ]
