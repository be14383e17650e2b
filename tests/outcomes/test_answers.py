"""The demo's survey answers, from the delivered files to the key figure: once more, file by file, in plain Python."""

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow.parquet as parquet
import pytest

from offermill.paths import ShopPaths
from offermill.warehouse import Warehouse

DAY = date(2026, 6, 30)
ZONE = ZoneInfo("Europe/Riga")
Answer = tuple[datetime, str, int]


def delivered(shop: Path) -> list[Answer]:
    """Return (answered at, customer's record, score) of every file that arrived by the day."""
    folder = shop / "landing" / "survey_answers"
    rows = [row for path in folder.glob("*_history*.parquet") for row in parquet.read_table(path).to_pylist()]
    for path in sorted(folder.glob("survey_answers_*.csv")):
        if path.stem.removeprefix("survey_answers_") <= DAY.isoformat():
            with path.open(encoding="utf-8-sig", newline="") as file:
                rows += list(csv.DictReader(file))
    return [(moment(row["answered_at"]), row["customer_id"], int(row["score"])) for row in rows]


def moment(written: object) -> datetime:
    found = written if isinstance(written, datetime) else datetime.fromisoformat(str(written))
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def points(answers: list[Answer], person: dict[str, str], groups: dict[str, str]) -> dict[str, list[int]]:
    """Return 100, 0 or -100 of everybody's latest answer of 182 days, beside those of the permanent control group."""
    latest: dict[str, tuple[datetime, int]] = {}
    for at, record, score in answers:
        is_counted = record in person and DAY - at.astimezone(ZONE).date() < timedelta(days=182)
        if is_counted and at > latest.get(person[record], (datetime.min.replace(tzinfo=UTC), 0))[0]:
            latest[person[record]] = (at, score)
    found: dict[str, list[int]] = {"offers": [], "control": []}
    for who, (_, score) in latest.items():
        arm = "control" if groups[who] == "global_control" else "offers"
        found[arm].append(100 if score >= 9 else -100 if score <= 6 else 0)
    return found


def test_satisfaction_by_arm_is_what_the_files_say(published: Path) -> None:
    with Warehouse.open(ShopPaths(published).warehouse, read_only=True) as warehouse:
        person = dict(warehouse.rows("select record_id, customer_id from core.person_link"))
        groups = dict(warehouse.rows("select customer_id, group_name from offers.assignment_group"))
        told = warehouse.rows("select group_name, value, base_count from outcomes.kpi where kpi = 'nps'")
    figures = {name: (value, count) for name, value, count in told}
    found = points(delivered(published), person, groups)
    assert found["offers"], "nobody answered"
    for arm, values in found.items():
        # With fewer than 30 answers there is a number of them and no figure.
        expected = pytest.approx(sum(values) / len(values)) if len(values) >= 30 else None
        assert figures[arm] == (expected, len(values))
    assert figures["difference"][1] == len(found["offers"]) + len(found["control"])
    if figures["difference"][0] is not None:
        assert figures["difference"][0] == pytest.approx(figures["offers"][0] - figures["control"][0])
