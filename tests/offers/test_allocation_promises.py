"""What the allocation promises of every instance: limits, bounds, and the same choice however it is asked for."""

from collections.abc import Callable
from dataclasses import replace

import numba
import numpy as np
import pyarrow as pa
import pytest

from offermill.errors import ConfigError
from offers import allocation_dual, allocation_kernels, allocation_problem, allocation_repair
from offers.allocation import Choice, Limit, allocate
from tests.offers.allocation_instances import broken, instance, limits, optimum


@pytest.fixture(autouse=True)
def _little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Branch and bound to the end is not what is tested here."""
    monkeypatch.setattr(allocation_repair, "FEW_CANDIDATES", 400)
    monkeypatch.setattr(allocation_repair, "_POLISH", (60, 10))
    monkeypatch.setattr(allocation_repair, "_PROOF", (60, 10))


@pytest.mark.parametrize("customers", [1, 7, 60, 300])
@pytest.mark.parametrize("seed", range(6))
def test_no_limit_is_ever_exceeded_and_prices_prove_the_bound(seed: int, customers: int) -> None:
    candidates = instance(seed, customers, whole=seed % 2 == 0)
    given = limits(seed, customers)

    choice = allocate(candidates, given)

    assert broken(candidates, given, choice) == []


@pytest.mark.parametrize("seed", range(3))
def test_large_instances_in_samples_and_boxes_keep_every_promise(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # The ways of a million customers, taken by thousands.
    monkeypatch.setattr(allocation_dual, "_MANY_CUSTOMERS", 200)
    monkeypatch.setattr(allocation_repair, "_ALL_NEAR", 0)
    candidates = instance(seed, 6_000, whole=False)
    given = limits(seed, 6_000)

    choice = allocate(candidates, given)

    assert broken(candidates, given, choice) == []
    assert choice.gap < 2e-4


@pytest.mark.parametrize("seed", range(4))
def test_small_instances_of_several_limits_equal_highs(seed: int) -> None:
    candidates = instance(seed, customers=15)
    given = limits(seed, 15)

    choice = allocate(candidates, given)

    assert choice.value == pytest.approx(optimum(candidates, given), abs=0.5)
    assert choice.is_optimal
    assert choice.gap == 0.0


def same(first: Choice, second: Choice) -> bool:
    return first.rows.tolist() == second.rows.tolist() and (first.prices, first.upper_bound) == (
        second.prices,
        second.upper_bound,
    )


def test_the_choice_does_not_depend_on_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocation_problem, "_WORTH_THREADS", 0)
    monkeypatch.setattr(allocation_dual, "_MANY_CUSTOMERS", 1_000)
    candidates, given = instance(1, 6_000, whole=False), limits(1, 6_000)

    one, two, five = (allocate(candidates, given, threads=threads) for threads in (1, 2, 5))

    assert same(one, two)
    assert same(one, five)


def test_the_choice_does_not_depend_on_the_order_of_rows() -> None:
    candidates, given = instance(2, 2_000), limits(2, 2_000)
    order = np.random.default_rng(0).permutation(candidates.num_rows)

    choice, shuffled = allocate(candidates, given), allocate(candidates.take(order), given)

    assert np.sort(order[shuffled.rows]).tolist() == choice.rows.tolist()
    assert shuffled.prices == choice.prices


def dictionary(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.dictionary_encode()


def in_two_chunks(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pa.chunked_array([column.chunk(0).slice(0, 901), column.chunk(0).slice(901)])


@pytest.mark.parametrize("form", [dictionary, in_two_chunks, lambda column: dictionary(in_two_chunks(column))])
def test_ids_and_labels_may_be_text_dictionaries_or_chunks(form: Callable[[pa.ChunkedArray], pa.ChunkedArray]) -> None:
    candidates, given = instance(3, 500), limits(3, 500)[:-1]
    named = candidates.set_column(
        0, "customer_id", pa.array([f"c{n:05d}" for n in candidates["customer_id"].to_pylist()])
    )
    formed = named
    for place, name in ((0, "customer_id"), (5, "segment"), (6, "channel")):
        formed = formed.set_column(place, name, form(named[name]))

    assert same(allocate(formed, given), allocate(candidates, given))


@pytest.mark.parametrize(
    ("wanted", "allowed"),
    [
        ({"is_new": True}, [1, 2, 3]),
        ({"is_new": [False, None]}, [0]),
        ({"store": 7}, [1, 2, 3]),
        ({"store": None}, [0, 1, 2]),
        ({"store": [7, 9, None]}, []),
        ({"store": 8}, [0, 1, 2, 3]),
        ({"campaign": "spring", "store": 9}, [0, 1, 3]),
        ({"campaign": None}, [0, 1, 2]),
    ],
)
def test_a_limit_of_nothing_shuts_out_what_it_is_about(wanted: dict[str, object], allowed: list[int]) -> None:
    candidates = pa.table(
        {
            "customer_id": [1, 2, 3, 4],
            "offer_id": ["a"] * 4,
            "value": [4.0, 3.0, 2.0, 1.0],
            "is_new": [True, False, False, None],
            "store": [7, 9, 9, None],
            "campaign": pa.array(["spring", "autumn", "spring", None]).dictionary_encode(),
        }
    )

    choice = allocate(candidates, [Limit("none", 0, where=wanted)])

    assert choice.rows.tolist() == allowed
    assert choice.gap == 0.0
    assert choice.prices["none"] * 0 + sum(candidates["value"].to_pylist()[row] for row in allowed) == choice.value


def test_the_price_of_a_limit_of_nothing_proves_the_bound() -> None:
    candidates = instance(5, 50)
    given = [Limit("no sms", 0, where={"channel": "sms"}), Limit("free only", 0, "cost_minor", {"segment": "s0"})]

    assert broken(candidates, given, allocate(candidates, given)) == []


def test_values_of_another_type_are_refused() -> None:
    with pytest.raises(ConfigError, match="limit 'a': the column 'channel' holds string, which 3 is not"):
        allocate(instance(1, 2), [Limit("a", 1, where={"channel": 3})])


def test_a_candidate_without_a_customer_is_refused() -> None:
    candidates = pa.table({"customer_id": ["a", None], "offer_id": ["x", "x"], "value": [1, 1]})

    with pytest.raises(ConfigError, match="1 rows have no customer_id; each candidate needs one"):
        allocate(candidates, [Limit("all", 1)])


@pytest.mark.parametrize("customers", [300, 20_000])
def test_last_nights_prices_lead_to_as_good_a_choice(customers: int) -> None:
    tonight, given = instance(7, customers, whole=False), limits(9, customers)
    prices = allocate(instance(6, customers, whole=False), given).prices

    cold, warm = allocate(tonight, given), allocate(tonight, given, warm_start={**prices, "a limit of then": 3.0})

    assert broken(tonight, given, warm) == []
    assert abs(warm.value - cold.value) <= (warm.gap + cold.gap) * cold.upper_bound + 1e-9
    assert warm.upper_bound == pytest.approx(cold.upper_bound, rel=1e-6)


@pytest.mark.parametrize("price", [0.0, 1e9, float("nan")])
def test_a_useless_warm_start_does_no_harm(price: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocation_dual, "_MANY_CUSTOMERS", 200)
    candidates, given = instance(8, 4_000), limits(8, 4_000)

    choice = allocate(candidates, given, warm_start={"budget": price, "sms": price})

    assert broken(candidates, given, choice) == []
    assert choice.gap < 2e-4


def test_cold_starts_who_are_all_alike_share_several_limits() -> None:
    # Twenty kinds of customers, a thousand of each: nearly everybody is tied with somebody.
    kinds = instance(9, 20, whole=False)
    candidates = pa.concat_tables(
        [kinds.set_column(0, "customer_id", pa.array(kinds["customer_id"].to_numpy() + 20 * n)) for n in range(1_000)]
    )
    given = limits(10, 20_000)

    choice = allocate(candidates, given)

    assert broken(candidates, given, choice) == []
    assert choice.gap < 1e-5


def test_without_a_folder_to_write_to_kernels_are_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[bool] = []

    def njit(*, nogil: bool, cache: bool = False) -> Callable[[object], object]:
        given.append(cache)
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(numba, "njit", njit)

    assert allocation_kernels._compiled(len) is len
    assert given == [True, False]


def test_limits_of_hundreds_of_labels_are_told_apart() -> None:
    # 300 stores x 3 channels x 240 campaigns: more classes than two bytes hold.
    rng = np.random.default_rng(2)
    candidates = instance(11, 600, 4).append_column("store", pa.array(rng.integers(0, 300, 2_400)))
    candidates = candidates.append_column("campaign", pa.array(rng.integers(0, 240, 2_400)))
    given = [
        Limit("budget", 80_000, "cost_minor"),
        *(Limit(f"store {number}", 2_000, "cost_minor", {"store": number}) for number in range(300)),
        *(Limit(f"campaign {number}", 3, where={"campaign": number}) for number in range(240)),
        Limit("sms", 80, where={"channel": "sms"}),
    ]

    choice = allocate(candidates, given)

    assert broken(candidates, given, choice) == []
    assert choice.gap < 0.02


def test_a_limit_is_a_value_that_can_be_changed_by_replacing() -> None:
    candidates, budget = instance(12, 30), Limit("budget", 9_000, "cost_minor")

    assert allocate(candidates, [replace(budget, at_most=4_000)]).value <= allocate(candidates, [budget]).value
