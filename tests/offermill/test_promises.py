"""Every file of promises can be read, and says of every column what it means."""

from pathlib import Path

import pytest

from offermill import expectations, paths

FILES = sorted(paths.EXPECTATIONS.glob("*/*.yml"))


def address_of(path: Path) -> str:
    return f"{path.parent.name}.{path.stem}"


def test_there_are_promises() -> None:
    assert len(FILES) > 60


@pytest.mark.parametrize("path", FILES, ids=address_of)
def test_a_file_of_promises_is_whole(path: Path) -> None:
    promised = expectations.load(address_of(path))
    assert promised.grain.startswith("one row")
    assert set(promised.key) <= {*promised.columns, "_delivered_on", "_is_history", "_file", "_line"}
    assert [name for name, column in promised.columns.items() if not column.meaning] == []
