"""Small cells are hidden, and cannot be found by subtraction."""

import random

import numpy as np

from dashboards.suppression import hidden_cells, suppress


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


def test_few_people_together_are_hidden_behind_more() -> None:
    """1 and 2 hidden alone: their sum, 3, follows from the total, and both are known to be somebody."""
    assert shown(100, 1, 2, 20) == [100, None, None, None]


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


def cells(*rows: tuple[int, ...]) -> dict[tuple[str, str], int]:
    return {(f"r{row}", f"c{column}"): count for row, counts in enumerate(rows) for column, count in enumerate(counts)}


def drawn(*rows: tuple[int, ...]) -> list[str]:
    """Return the table with x for what is hidden."""
    hidden = hidden_cells(cells(*rows), 5)
    return [
        " ".join("x" if (f"r{row}", f"c{column}") in hidden else str(count) for column, count in enumerate(counts))
        for row, counts in enumerate(rows)
    ]


def test_a_small_cell_of_a_table_takes_a_rectangle_with_it() -> None:
    assert drawn((3, 20, 30), (40, 10, 60), (70, 80, 90)) == ["x x 30", "x x 60", "70 80 90"]


def test_a_table_without_small_cells_is_shown_whole() -> None:
    assert drawn((5, 0), (7, 8)) == ["5 0", "7 8"]


def test_nobody_hides_nobody() -> None:
    """The second row has nobody else: its total is the small cell, and is hidden where that total stands."""
    assert drawn((9, 0, 30), (3, 0, 0), (20, 50, 60)) == ["x 0 x", "x 0 0", "x 50 x"]


def test_a_cell_that_rows_and_columns_give_away_together_is_hidden_in_a_ring() -> None:
    """Two squares of hidden cells joined by one: each line has two hidden cells, and yet 3 is what the totals leave."""
    table = [[3 if (row, column) == (1, 2) else 50 + 10 * row + column for column in range(4)] for row in range(4)]
    for row, column in ((0, 0), (0, 1), (1, 0), (2, 2), (2, 3), (3, 3)):
        table[row][column] = 4
    table[1][1], table[3][2] = 7, 8
    hidden = hidden_cells(cells(*map(tuple, table)), 5)
    unknown = sorted(hidden)
    names = sorted({(side, cell[side]) for cell in unknown for side in (0, 1)})
    equations = np.array([[float(cell[side] == name) for cell in unknown] for side, name in names])
    for place in range(len(unknown)):
        only = np.eye(len(unknown))[place]
        given_away = np.linalg.matrix_rank(np.vstack([equations, only])) == np.linalg.matrix_rank(equations)
        assert not given_away, unknown[place]


def test_the_cells_of_a_row_whose_total_is_hidden_all_go() -> None:
    found = hidden_cells(cells((9, 20), (30, 40), (50, 60)), 5, unknown=({"r0"}, set()))
    assert {"r0"} <= {row for row, _ in found}
    assert ("r0", "c0") in found
    assert ("r0", "c1") in found


def test_in_no_table_a_hidden_cell_can_be_found_from_one_total() -> None:
    draw = random.Random(5)
    for _ in range(300):
        rows = [tuple(draw.choice((0, 0, 2, 6, 9, 30)) for _ in range(5)) for _ in range(4)]
        counts = cells(*rows)
        hidden = hidden_cells(counts, 5)
        assert {cell for cell, count in counts.items() if 0 < count < 5} <= hidden
        for side in (0, 1):
            for name in {cell[side] for cell in hidden}:
                line = [cell for cell, count in counts.items() if cell[side] == name and count]
                assert len([cell for cell in line if cell in hidden]) >= min(2, len(line)), rows
