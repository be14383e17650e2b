"""The target that docs/how-to/add-a-channel.md shows works as it is written there."""

import re
from pathlib import Path
from typing import Any

import pytest

from offermill import paths
from offermill.warehouse import Warehouse
from offers.channels import handover, registry, tables
from tests.offers.channels.leaving import fill, message, run_with, withdrawn

PAGE = (paths.ROOT / "docs" / "how-to" / "add-a-channel.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[-1]


def test_the_target_of_the_page_writes_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module: dict[str, Any] = {}
    with monkeypatch.context() as patched:
        patched.setattr(tables, "query", lambda _: block("sql"))
        exec(block("python"), module)
    monkeypatch.setattr(registry, "targets", lambda: {"loyalty_app": module["TARGET"]})
    with Warehouse.open() as warehouse:
        fill(warehouse, [message(1, offer_text="Buy; get."), withdrawn(2)])
        handover.write(warehouse, run_with(tmp_path / "shop", "{app: {target: loyalty_app}}"), tmp_path)
    place = tmp_path / "channels" / "app"
    assert (place / "members.csv").read_text() == 'member;headline;worth;until\nc000001;"Buy; get.";0.06;2026-07-28\n'
    assert (place / "members.withdraw.csv").read_text() == (
        "member;headline;worth;until\nc000002;none;0.00;2026-06-30\n"
    )
