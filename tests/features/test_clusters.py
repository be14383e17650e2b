"""Clusters find the groups that are there, keep their names, say what they are, and are read only when unaltered."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from features import cluster_model, cluster_store, clusters
from features.cluster_model import MEASURES, Clusters, Floats
from offermill.errors import ModelError
from offermill.run import Run
from offermill.warehouse import Warehouse
from tests.features import facts as made

Make = Callable[[Warehouse, Run], None]
RunAt = Callable[[date], Run]

NAMES = [measure.name for measure in MEASURES]


def people(count: int, seed: int, **values: float) -> Floats:
    """Customers who are alike: the middle of everything but for `values`, with a little noise."""
    middle = {"orders": 10, "basket": 3000, "recency": 20, "irregularity": 0.5, "web": 0.3, "weekend": 0.3}
    middle |= {"promotions": 0.2, "categories": 5, "views": 3, "returns": 0.05}
    chosen = np.array([(middle | values)[name] for name in NAMES], dtype=np.float64)
    return chosen * np.random.default_rng(seed).uniform(0.95, 1.05, (count, len(NAMES)))


def shop(seed: int) -> Floats:
    """Three kinds of people, 60 of each, in this order."""
    groups = [
        people(60, seed),
        people(60, seed + 1, web=0.95, views=40),
        people(60, seed + 2, promotions=0.8, orders=2),
    ]
    return np.vstack(groups)


def fit(raw: Floats, former: Clusters | None = None, count: int = 3) -> Clusters:
    return cluster_model.fit(raw, count, 1, former, currency="EUR", digits=2)


def members(raw: Floats, found: Clusters) -> list[str]:
    points = cluster_model.standardised(raw, np.array(found.middles), np.array(found.scales))
    return [found.names[number] for number in cluster_model.nearest(points, np.array(found.centres))[0]]


def test_groups_that_are_there_are_found() -> None:
    raw = shop(seed=1)

    names = members(raw, fit(raw))

    assert [len(set(names[start : start + 60])) for start in (0, 60, 120)] == [1, 1, 1]
    assert sorted({names[0], names[60], names[120]}) == ["cluster-a", "cluster-b", "cluster-c"]


def test_names_stay_with_their_people_when_the_training_is_repeated_on_others_in_another_order() -> None:
    first = fit(shop(seed=1))
    again = shop(seed=50)[::-1].copy()

    second = fit(again, first)

    assert members(again, second) == members(again, first)
    assert second.name_count == 3


def test_a_cluster_unlike_any_former_one_gets_a_name_that_was_never_used() -> None:
    first = fit(shop(seed=1))
    changed = np.vstack([shop(seed=1)[:120], people(60, 9, returns=1.0, basket=90_000, recency=300)])

    second = fit(changed, first)

    assert members(changed, second)[:120] == members(shop(seed=1), first)[:120]
    assert set(members(changed, second)[120:]) == {"cluster-d"}
    assert second.name_count == 4


def test_a_portrait_says_what_stands_out_in_plain_means() -> None:
    centre, own, everyone = (np.zeros(10) for _ in range(3))
    for name, deviation, mean, usual in (("basket", -1.5, 1240, 2500), ("web", 0.8, 0.9, 0.25), ("views", 0.4, 9, 3)):
        index = NAMES.index(name)
        centre[index], own[index], everyone[index] = deviation, mean, usual

    text = cluster_model.portrait(centre, own, everyone, currency="EUR", digits=2)

    assert text == (
        "Less: 12.40 EUR spent per order (all customers 25.00 EUR); more: 90% of orders on the web (all customers 25%)."
    )


def test_a_difference_that_the_means_do_not_show_is_not_told() -> None:
    centre = np.zeros(10)
    centre[NAMES.index("web")] = 2.0

    text = cluster_model.portrait(centre, np.zeros(10), np.ones(10), currency="EUR", digits=2)

    assert text == "Like all customers in everything."


def test_a_shop_of_few_customers_gets_fewer_clusters() -> None:
    assert len(fit(people(49, seed=1), count=6).names) == 1
    assert len(fit(people(50, seed=1), count=6).names) == 2


def test_equal_customers_are_one_cluster_without_a_warning() -> None:
    found = fit(np.ones((200, len(NAMES))), count=6)

    assert found.names == ("cluster-a",)
    assert found.portraits == ("Like all customers in everything.",)


def test_a_customer_without_a_value_is_put_in_the_middle() -> None:
    raw = np.full((1, len(NAMES)), np.nan)

    points = cluster_model.standardised(raw, np.full(len(NAMES), 7.0), np.ones(len(NAMES)))

    assert points.tolist() == [[0.0] * len(NAMES)]


def test_letters_go_on_after_z() -> None:
    assert [cluster_model.letters(number) for number in (0, 25, 26, 27, 51, 52, 701, 702)] == [
        "a", "z", "aa", "ab", "az", "ba", "zz", "aaa",
    ]  # fmt: skip


def test_what_is_stored_is_read_back_and_only_what_is_new_is_written(tmp_path: Path) -> None:
    found = fit(shop(seed=1))
    first = cluster_store.save(tmp_path, date(2026, 6, 28), found)
    stored = tmp_path / "clusters" / "2026-06-28" / "model.json"
    before = stored.stat().st_mtime_ns

    second = cluster_store.save(tmp_path, date(2026, 6, 28), found)

    assert cluster_store.load(stored) == found
    assert first == second == json.loads(stored.read_bytes())["sha256"]
    assert stored.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text[: len(text) // 2], "clusters/2026-06-28/model.json: is no stored training. Train again."),
        (
            lambda text: text.replace("cluster-a", "cluster-z"),
            "clusters/2026-06-28/model.json: was altered after training (SHA-256 differs). Train again.",
        ),
    ],
)
def test_an_altered_training_is_refused_and_the_one_before_is_used(
    tmp_path: Path, damage: Callable[[str], str], message: str
) -> None:
    older, newer = fit(shop(seed=1)), fit(shop(seed=2))
    cluster_store.save(tmp_path, date(2026, 6, 21), older)
    cluster_store.save(tmp_path, date(2026, 6, 28), newer)
    path = tmp_path / "clusters" / "2026-06-28" / "model.json"
    path.write_text(damage(path.read_text()))

    found = cluster_store.newest(tmp_path, date(2026, 6, 30))

    with pytest.raises(ModelError, match="Train again"):
        cluster_store.load(path)
    assert found == cluster_store.Found(older, date(2026, 6, 21), (message,))


def test_a_training_on_other_measures_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster_store.save(tmp_path, date(2026, 6, 28), fit(shop(seed=1)))
    monkeypatch.setattr(cluster_store, "MEASURES", MEASURES[1:])

    found = cluster_store.newest(tmp_path, date(2026, 6, 30))

    assert found.problems == ("clusters/2026-06-28/model.json: was trained on other measures than these. Train again.",)


def test_a_night_never_uses_a_training_of_its_future(tmp_path: Path) -> None:
    cluster_store.save(tmp_path, date(2026, 6, 28), fit(shop(seed=1)))
    (tmp_path / "clusters" / "notes").mkdir()

    assert cluster_store.newest(tmp_path, date(2026, 6, 27)).clusters is None
    assert cluster_store.newest(tmp_path, date(2026, 6, 28)).trained_on == date(2026, 6, 28)


@pytest.fixture
def shop_on(make_features: Make, run_at: RunAt) -> Callable[[Warehouse, date], Run]:
    def ready(warehouse: Warehouse, day: date) -> Run:
        made.write(warehouse, made.make(seed=3, customer_count=120))
        make_features(warehouse, run_at(day))
        return run_at(day)

    return ready


def test_every_customer_who_ordered_is_in_one_cluster_with_a_reason(shop_on: Callable[[Warehouse, date], Run]) -> None:
    with Warehouse.open() as warehouse:
        run = shop_on(warehouse, date(2026, 6, 1))

        summary = clusters.assign(warehouse, run)

        assert warehouse.rows("select customer_id from segments.cluster order by 1") == warehouse.rows(
            "select customer_id from features.customer where order_count > 0 order by 1"
        )
        (count,) = warehouse.rows("select count(distinct segment), count(distinct portrait) from segments.cluster")[0][
            :1
        ]
        reasons = warehouse.rows("select reason from segments.cluster")
    assert count == 120 // cluster_model.CUSTOMERS_PER_CLUSTER
    assert all(reason.startswith(f"Nearest of {count} clusters (distance ") for (reason,) in reasons)
    assert summary["trained_on"] == "2026-06-01"
    assert summary["problems"] == []


def test_training_and_a_night_without_training_learn_the_same(shop_on: Callable[[Warehouse, date], Run]) -> None:
    with Warehouse.open() as warehouse:
        run = shop_on(warehouse, date(2026, 6, 1))
        path = run.shop.models / "clusters" / "2026-06-01" / "model.json"
        clusters.assign(warehouse, run)
        by_night = path.read_bytes()
        path.unlink()

        clusters.train(warehouse, run)

        assert path.read_bytes() == by_night


def test_a_shop_without_orders_has_an_empty_table(make_features: Make, run_at: RunAt) -> None:
    with Warehouse.open() as warehouse:
        made.write(warehouse, {})
        make_features(warehouse, run_at(date(2026, 6, 1)))

        summary = clusters.assign(warehouse, run_at(date(2026, 6, 1)))

        assert summary == {"customers": 0, "trained_on": "2026-06-01", "problems": []}
        assert list(warehouse.columns("segments.cluster")) == [
            "customer_id", "segment", "distance", "trained_on", "reason", "portrait",
        ]  # fmt: skip
