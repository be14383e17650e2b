"""Small cells are hidden, and cannot be found by subtraction."""

from dashboards.suppression import suppress


def counts(*numbers: int) -> list[dict[str, object]]:
    return [{"name": str(index), "count": number, "money": 10 * number} for index, number in enumerate(numbers)]


def shown(*numbers: int) -> list[object]:
    return [row["count"] for row in suppress(counts(*numbers), "count", 5)]


def test_nothing_small_nothing_hidden() -> None:
    assert shown(5, 100, 0) == [5, 100, 0]


def test_one_small_cell_takes_the_next_smallest_with_it() -> None:
    assert shown(100, 4, 20, 30) == [100, None, None, 30]


def test_two_small_cells_hide_each_other() -> None:
    assert shown(100, 4, 1) == [100, None, None]


def test_a_lone_small_cell_has_nothing_to_hide_behind() -> None:
    assert shown(4) == [None]


def test_nobody_is_not_a_small_group() -> None:
    assert shown(0, 4, 9) == [0, None, None]


def test_figures_of_hidden_people_go_with_them_and_the_rows_given_stay_as_they_were() -> None:
    rows = counts(3, 50, 60)
    hidden = suppress(rows, "count", 5, also=("money",))
    assert hidden == [
        {"name": "0", "count": None, "money": None},
        {"name": "1", "count": None, "money": None},
        {"name": "2", "count": 60, "money": 600},
    ]
    assert rows == counts(3, 50, 60)


def test_groups_with_totals_of_their_own_are_hidden_apart() -> None:
    rows = [{"family": family, "count": count} for family, count in (("a", 2), ("a", 9), ("a", 8), ("b", 7), ("b", 50))]
    hidden = suppress(rows, "count", 5, within=("family",))
    assert [row["count"] for row in hidden] == [None, 9, None, 7, 50]
