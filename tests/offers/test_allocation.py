"""The allocation against HiGHS, against brute force, and against what it promises."""

from itertools import product

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from offermill.errors import ConfigError
from offers import allocation_repair
from offers.allocation import Choice, Limit, allocate

Rows = list[tuple[str, str, int, int]]

THREE = [("anna", "a", 10, 5), ("anna", "b", 14, 8), ("boris", "a", 9, 4), ("boris", "b", 7, 2), ("cilda", "a", 3, 6)]


def table(rows: Rows) -> pa.Table:
    names = ("customer_id", "offer_id", "value", "cost_minor")
    return pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))


def budget(amount: int) -> list[Limit]:
    return [Limit("budget", amount, "cost_minor")]


def chosen(rows: Rows, choice: Choice) -> list[tuple[str, str]]:
    return [rows[row][:2] for row in choice.rows]


def brute_force(rows: Rows, cap: int) -> int:
    """Return the best value by trying every combination of one offer or none per customer."""
    by_customer: dict[str, list[tuple[int, int]]] = {}
    for customer, _, value, cost in rows:
        by_customer.setdefault(customer, [(0, 0)]).append((value, cost))
    combinations = product(*by_customer.values())
    return max(sum(v for v, _ in one) for one in combinations if sum(c for _, c in one) <= cap)


def random_table(seed: int, customers: int, offers: int) -> pa.Table:
    rng = np.random.default_rng(seed)
    count = customers * offers
    return pa.table(
        {
            "customer_id": np.repeat(np.arange(customers), offers),
            "offer_id": np.tile(np.arange(offers), customers),
            "value": rng.integers(-200, 2000, count),
            "cost_minor": rng.integers(0, 1500, count),
            "segment": [f"s{number}" for number in rng.integers(0, 3, count)],
        }
    )


def test_with_money_for_all_everybody_gets_their_best() -> None:
    choice = allocate(table(THREE), budget(100))

    assert chosen(THREE, choice) == [("anna", "b"), ("boris", "a"), ("cilda", "a")]
    assert (choice.value, choice.upper_bound, choice.gap) == (26.0, 26.0, 0.0)
    assert choice.prices == {"budget": 0.0}
    assert choice.used == {"budget": 8 + 4 + 6}


def test_a_tight_budget_goes_where_it_brings_most() -> None:
    # 10: anna b (14 for 8) + boris b (7 for 2) = 21 beats anna a + boris a (19 for 9) and everything else.
    choice = allocate(table(THREE), budget(10))

    assert chosen(THREE, choice) == [("anna", "b"), ("boris", "b")]
    assert (choice.value, choice.gap, choice.used) == (21.0, 0.0, {"budget": 10})


def test_no_money_no_offers() -> None:
    choice = allocate(table(THREE), budget(0))

    assert (list(choice.rows), choice.value, choice.upper_bound, choice.gap) == ([], 0.0, 0.0, 0.0)


def test_offers_that_cost_nothing_need_no_money() -> None:
    choice = allocate(table([("anna", "a", 10, 0), ("boris", "a", 5, 1)]), budget(0))

    assert list(choice.rows) == [0]


def test_what_loses_money_is_never_chosen() -> None:
    choice = allocate(table([("anna", "a", -1, 0), ("boris", "a", 0, 0)]), budget(10))

    assert list(choice.rows) == []


def test_no_candidates_at_all() -> None:
    choice = allocate(table(THREE).slice(0, 0), budget(10))

    assert (list(choice.rows), choice.value, choice.upper_bound, choice.prices) == ([], 0.0, 0.0, {"budget": 0.0})


def test_ties_go_to_the_first_key_whatever_the_order_of_rows() -> None:
    rows = [("boris", "b", 5, 3), ("boris", "a", 5, 3), ("anna", "b", 5, 3), ("anna", "a", 5, 3)]

    for order in (rows, rows[::-1], rows[1:] + rows[:1]):
        assert sorted(chosen(order, allocate(table(order), budget(6)))) == [("anna", "a"), ("boris", "a")]


@given(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.sampled_from("xyz"), st.integers(-5, 30), st.integers(0, 20)),
        min_size=1,
        max_size=9,
        unique_by=lambda row: row[:2],
    ),
    st.integers(0, 60),
)
@settings(max_examples=80, deadline=None, derandomize=True)
def test_small_choices_are_the_best_there_are(rows: Rows, cap: int) -> None:
    choice = allocate(table(rows), budget(cap))

    customers = [rows[row][0] for row in choice.rows]
    assert len(set(customers)) == len(customers)
    assert choice.used["budget"] == sum(rows[row][3] for row in choice.rows) <= cap
    assert choice.value == sum(rows[row][2] for row in choice.rows) == brute_force(rows, cap)
    assert choice.gap == 0.0


def _milp(candidates: pa.Table, limits: list[tuple[np.ndarray, int]], *, relaxed: bool = False) -> float:
    """Return the optimum of the whole instance (or of its linear relaxation) by SciPy's HiGHS."""
    value = candidates["value"].to_numpy().astype(float)
    customer = candidates["customer_id"].to_numpy()
    one = (customer[None, :] == np.unique(customer)[:, None]).astype(float)
    rows = np.vstack([one, *[weight.astype(float) for weight, _ in limits]])
    high = np.concatenate([np.ones(len(one)), [float(cap) for _, cap in limits]])
    if relaxed:
        return -float(linprog(-value, A_ub=rows, b_ub=high, bounds=(0, 1)).fun)
    constraint = LinearConstraint(rows, -np.inf, high)
    solved = milp(-value, integrality=np.ones(len(value)), bounds=Bounds(0, 1), constraints=constraint)
    return -float(solved.fun)


@pytest.mark.parametrize("seed", range(5))
def test_equals_highs_on_two_hundred_candidates(seed: int) -> None:
    candidates = random_table(seed, customers=40, offers=5)
    cost = candidates["cost_minor"].to_numpy()

    choice = allocate(candidates, budget(8_000))

    assert choice.value == pytest.approx(_milp(candidates, [(cost, 8_000)]), abs=0.5)
    assert choice.gap == 0.0


@pytest.mark.parametrize("seed", range(3))
def test_the_dual_bound_is_that_of_the_linear_relaxation(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocation_repair, "FEW_CANDIDATES", 0)
    candidates = random_table(seed, customers=300, offers=6)
    cost = candidates["cost_minor"].to_numpy()

    choice = allocate(candidates, budget(40_000))

    relaxed = _milp(candidates, [(cost, 40_000)], relaxed=True)
    assert relaxed - 1.001 <= choice.upper_bound <= relaxed + 0.001
    assert choice.value <= choice.upper_bound
    assert choice.gap < 0.002


def test_several_limits_hold_together_and_their_prices_prove_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocation_repair, "FEW_CANDIDATES", 0)
    candidates = random_table(1, customers=2_000, offers=6)
    limits = [
        Limit("budget", 300_000, "cost_minor"),
        Limit("s0", 60_000, "cost_minor", {"segment": "s0"}),
        Limit("contacts", 700),
        Limit("s1 or s2", 500, where={"segment": ["s1", "s2"]}),
    ]

    choice = allocate(candidates, limits)

    cost, segment = candidates["cost_minor"].to_numpy(), np.array(candidates["segment"].to_pylist())
    weights = [cost, np.where(segment == "s0", cost, 0), np.ones(len(cost), int), np.isin(segment, ["s1", "s2"])]
    used = {limit.name: int(weight[choice.rows].sum()) for limit, weight in zip(limits, weights, strict=True)}
    assert used == choice.used
    assert all(used[limit.name] <= limit.at_most for limit in limits)
    net = candidates["value"].to_numpy().astype(float)
    for limit, weight in zip(limits, weights, strict=True):
        net = net - choice.prices[limit.name] * weight
    best = np.maximum(net.reshape(2_000, 6).max(axis=1), 0)
    proven = best.sum() + sum(choice.prices[limit.name] * limit.at_most for limit in limits)
    assert proven - 1 <= choice.upper_bound <= proven
    assert choice.gap < 0.002


def test_many_customers_who_are_all_alike_still_spend_the_budget() -> None:
    rows = [(f"c{number:04d}", "a", 10, 7) for number in range(1_500)]

    choice = allocate(table(rows), budget(700))

    assert list(choice.rows) == list(range(100))
    assert choice.gap == 0.0


def test_the_same_instance_gives_the_same_choice() -> None:
    candidates = random_table(9, customers=3_000, offers=8)

    first, second = (allocate(candidates, budget(500_000)) for _ in range(2))

    assert first.rows.tolist() == second.rows.tolist()
    assert (first.prices, first.upper_bound) == (second.prices, second.upper_bound)


def test_thirty_thousand_customers_have_a_gap_below_one_in_a_hundred_thousand() -> None:
    candidates = random_table(3, customers=30_000, offers=5)

    choice = allocate(candidates, budget(3_000_000))

    assert choice.gap <= 1e-5
    assert 3_000_000 - 2_000 <= choice.used["budget"] <= 3_000_000


def test_values_may_be_fractions() -> None:
    candidates = pa.table({"customer_id": [1, 2], "offer_id": ["a", "a"], "value": [0.5, 0.25], "cost_minor": [1, 1]})

    choice = allocate(candidates, budget(1))

    assert (list(choice.rows), choice.value) == ([0], 0.5)
    assert choice.upper_bound >= 0.5


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ([], "allocate: limits need unique names, at least one (got [])."),
        (
            [Limit("a", 1, "cost_minor"), Limit("a", 2)],
            "allocate: limits need unique names, at least one (got ['a', 'a']).",
        ),
        ([Limit("budget", -1, "cost_minor")], "allocate: limit 'budget' is negative (-1); write 0 or more."),
        ([Limit("budget", 1, "price")], "allocate: limit 'budget' names the column 'price', which is missing."),
        (
            [Limit("stores", 1, None, {"store": "s1"})],
            "allocate: limit 'stores' names the column 'store', which is missing.",
        ),
        (
            [Limit("budget", 1, "offer_id")],
            "allocate: limit 'budget': the column 'offer_id' must hold whole numbers of 0 or more.",
        ),
    ],
)
def test_limits_that_cannot_be_meant_are_refused(limits: list[Limit], message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        allocate(table(THREE), limits)

    assert str(refused.value) == message


def test_values_that_are_no_numbers_are_refused() -> None:
    candidates = pa.table({"customer_id": ["a"], "offer_id": ["x"], "value": [float("nan")], "cost_minor": [1]})

    with pytest.raises(ConfigError, match=r"^allocate: the column value must hold finite numbers\.$"):
        allocate(candidates, budget(1))


def test_negative_weights_are_refused() -> None:
    with pytest.raises(ConfigError, match="must hold whole numbers of 0 or more"):
        allocate(table([("anna", "a", 1, -1)]), budget(1))
