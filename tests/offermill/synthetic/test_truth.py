"""The truth about offers: what its function says, and that what happened in the shop agrees with it."""

from datetime import date
from math import sqrt
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from offermill.errors import InputError
from offermill.synthetic import shop, truth
from tests.offermill.synthetic.conftest import Landed

DEPTHS = ("basket-percent-05", "basket-percent-10", "basket-percent-15", "basket-percent-20")
HABIT = 0  # place of the kind in people.KINDS


def customers(small: Landed, count: int = 2_000) -> list[str]:
    return [f"c{10_000_000 + number}" for number in range(count)]


def column(small: Landed, offer: str | None, name: str) -> np.ndarray:
    ids = customers(small)
    return truth.effects(small.folder, ids, [offer] * len(ids))[name].to_numpy()


def test_the_chance_to_buy_rises_with_the_depth(small: Landed) -> None:
    chances = np.stack([column(small, offer, "chance_with") for offer in (None, *DEPTHS)])

    assert (np.diff(chances, axis=0) >= 0).all()
    assert [round(chance, 2) for chance in chances.mean(axis=1)] == sorted({round(c, 2) for c in chances.mean(axis=1)})


def test_a_good_part_of_the_people_is_moved_by_nothing(small: Landed) -> None:
    moved = column(small, "basket-percent-20", "chance_with") > column(small, None, "chance_with")

    assert 0.3 < moved.mean() < 0.6


def test_habit_buyers_buy_anyway_and_cost_the_discount(small: Landed) -> None:
    people = pq.read_table(small.folder / "truth" / "state" / "2026-07-01" / "people_part-0000.parquet")
    is_habit = people["kind"].to_numpy() == HABIT
    gains = column(small, "basket-percent-10", "incremental_margin_minor")[is_habit]

    assert (gains <= 0).all()
    assert gains.min() < -100


def test_no_offer_changes_nothing(small: Landed) -> None:
    table = truth.effects(small.folder, customers(small, 50), [None] * 50)

    assert table["chance_with"].to_pylist() == table["chance_without"].to_pylist()
    assert set(table["incremental_margin_minor"].to_pylist() + table["redeem_chance"].to_pylist()) == {0}


def test_pairs_are_answered_in_the_order_asked_and_for_second_records_too(small: Landed) -> None:
    second = small.rows("select distinct customer_id from customers where customer_id like 'c2%' order by 1")[0][0]
    first = "c1" + second[2:]

    table = truth.effects(small.folder, [second, "c10000007", first], ["points-500", None, "points-500"])

    assert table["customer_id"].to_pylist() == [second, "c10000007", first]
    assert table["offer_id"].to_pylist() == ["points-500", None, "points-500"]
    assert table["chance_with"][0] == table["chance_with"][2]
    assert table.column_names == ["customer_id", "offer_id", *truth.COLUMNS]


def test_the_truth_is_the_same_however_the_people_are_asked_about(small: Landed) -> None:
    ids = customers(small, 30)

    together = truth.effects(small.folder, ids, ["amount-5-off-40"] * 30)

    for place, each in enumerate(ids):
        alone = truth.effects(small.folder, [each], ["amount-5-off-40"])
        assert [alone[name][0].as_py() for name in truth.COLUMNS] == pytest.approx(
            [together[name][place].as_py() for name in truth.COLUMNS], rel=1e-12
        )


@pytest.mark.parametrize(
    ("ids", "offers", "message"),
    [
        (["x7"], [None], "no demo customer has the id 'x7'; expected c1 or c2 + 7 digits"),
        (["c19999999"], [None], "no demo customer has the id 'c19999999'"),
        (["c10000001"], [], "pairs expected: got 1 customers and 0 offers"),
        (
            ["c10000001"],
            ["half-price"],
            "offer 'half-price' is not in the catalogue that the demo customers know. It has 23, such as "
            "amount-5-off-40, basket-percent-05, basket-percent-10.",
        ),
    ],
)
def test_unknown_pairs_are_refused(small: Landed, ids: list[str], offers: list[str | None], message: str) -> None:
    with pytest.raises(InputError) as error:
        truth.effects(small.folder, ids, offers)

    assert str(error.value) == message


def test_days_at_which_the_shop_does_not_stand_are_refused(small: Landed) -> None:
    with pytest.raises(InputError) as error:
        truth.effects(small.folder, ["c10000001"], [None], on=date(2026, 7, 2))

    assert str(error.value) == "the demo shop does not stand at the start of 2026-07-02; it stands at: 2026-07-01"


def test_a_folder_without_a_shop_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        truth.effects(tmp_path, ["c10000001"], [None])

    assert str(error.value) == f"{tmp_path} holds no demo shop: truth/shop.json is missing; make one first"


BOUGHT = """
    with sales as (
        select 'c1' || substr(customer_id, 3) as customer_id, ordered_at from orders
        where order_id in (select order_id from order_lines where kind = 'sale')
    )
    select
        arm,
        chance_without,
        chance_with,
        exists (
            select 1 from sales where sales.customer_id = given.customer_id
            and sales.ordered_at >= timezone('Europe/Riga', cast(given.valid_from as timestamp))
            and sales.ordered_at < timezone('Europe/Riga', cast(given.valid_from + 28 as timestamp))
        ) as has_bought
    from offer_assignments as given
    inner join pilot using (assignment_id)
    order by assignment_id
"""


@pytest.fixture(scope="module")
def outcomes(large: Landed) -> dict[str, tuple[np.ndarray, ...]]:
    """By arm: the true chances without and with the offer, and who bought within 28 days."""
    large.warehouse.register("pilot", truth.pilot(large.folder))
    rows = large.rows(BOUGHT)
    arms = sorted({row[0] for row in rows})
    return {
        arm: tuple(np.array(each) for each in zip(*(r[1:] for r in rows if r[0] == arm), strict=True)) for arm in arms
    }


def deviation(chances: np.ndarray, outcomes: np.ndarray) -> float:
    """Standard errors between what happened and what the chances promised."""
    return float((outcomes.sum() - chances.sum()) / sqrt((chances * (1 - chances)).sum()))


def test_people_buy_in_the_pilot_as_the_truth_says(outcomes: dict[str, tuple[np.ndarray, ...]]) -> None:
    errors = {arm: deviation(promised, bought) for arm, (_, promised, bought) in outcomes.items()}

    # 7 arms: beyond 3.3 standard errors in any of them by chance in one seed of 150.
    assert {arm: error for arm, error in errors.items() if abs(error) > 3.3} == {}
    assert len(errors) == 7


def test_the_lift_of_the_pilot_cannot_be_mistaken_for_none(outcomes: dict[str, tuple[np.ndarray, ...]]) -> None:
    offered = [outcomes[arm] for arm in DEPTHS[1:]]
    without, bought = (np.concatenate([arm[place] for arm in offered]) for place in (0, 2))

    assert deviation(without, bought) > 6


def test_chances_are_right_at_every_level(outcomes: dict[str, tuple[np.ndarray, ...]]) -> None:
    promised, bought = (np.concatenate([arm[place] for arm in outcomes.values()]) for place in (1, 2))
    bands = np.minimum((promised * 8).astype(int), 7)

    errors = [deviation(promised[bands == band], bought[bands == band]) for band in range(8)]

    assert [round(error, 1) for error in errors if abs(error) > 3.3] == []


def test_the_control_group_says_what_would_have_happened(outcomes: dict[str, tuple[np.ndarray, ...]]) -> None:
    """Observed lift of an arm over the control, against the truth, within its sampling error."""
    _, _, control = outcomes["control"]
    for arm in DEPTHS:
        without, promised, bought = outcomes[arm]
        lift = bought.mean() - control.mean()
        error = sqrt(bought.var() / len(bought) + control.var() / len(control))
        assert abs(lift - (promised - without).mean()) < 3.3 * error, arm


def test_pilot_truth_is_kept_for_every_assignment(large: Landed) -> None:
    kept = set(truth.pilot(large.folder)["assignment_id"].to_pylist())

    assert kept == {row[0] for row in large.rows("select assignment_id from offer_assignments")}


def test_a_shop_without_a_pilot_has_an_empty_one(tmp_path: Path) -> None:
    shop.make(tmp_path, customers=100, start=date(2025, 1, 1), end=date(2025, 3, 31), deliveries=1)

    assert truth.pilot(tmp_path).num_rows == 0
