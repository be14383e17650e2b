"""A published night is the same night for ever: again, backwards, forwards, refused when it would differ."""

from datetime import timedelta
from pathlib import Path

import pytest

from offermill.errors import InputError, PublishError
from tests.nights import DAY, copy_of, digests, from_stage, perform, perform_apart


def run_night(shop: Path, days_before: int = 0) -> None:
    perform("nightly", shop, DAY - timedelta(days=days_before))


def test_a_second_run_of_the_same_date_gives_the_same_bytes(published: Path, tmp_path: Path) -> None:
    shop = copy_of(published, tmp_path / "shop")
    before = digests(shop)
    times = {path: path.stat().st_mtime_ns for path in (shop / "exports").rglob("*") if path.is_file()}
    run_night(shop)
    assert digests(shop) == before
    assert {path: path.stat().st_mtime_ns for path in times} == times, "published files are not even touched"


def test_a_night_that_would_differ_is_refused_and_the_old_one_stays(published: Path, tmp_path: Path) -> None:
    shop = copy_of(published, tmp_path / "shop")
    before = digests(shop)
    settings = shop / "shop.yml"
    settings.write_text(settings.read_text().replace("global_control_share: 0.05", "global_control_share: 0.50"))
    # Who gets what is decided from the stage offers on; the stages before it would make the same tables again.
    with pytest.raises(PublishError, match=r"2026-06-30"):
        perform_apart(shop, from_stage("offers"))
    assert digests(shop) == before


def test_backfill_goes_backwards_and_forwards(trained: Path, published: Path, tmp_path: Path) -> None:
    """Nights keep what they decided by date and read only earlier dates: a backfilled night sees no later one."""
    backwards, forwards = copy_of(published, tmp_path / "backwards"), copy_of(trained, tmp_path / "forwards")
    run_night(backwards, 2)
    run_night(forwards, 2)
    earlier = f"exports/{DAY - timedelta(days=2)}"
    first, second = digests(backwards), digests(forwards)
    assert {k: v for k, v in first.items() if k.startswith(earlier)} == {
        k: v for k, v in second.items() if k.startswith(earlier)
    }
    assert [k for k in first if k.startswith(earlier)]


def test_a_red_night_publishes_nothing_and_yesterday_stays(published: Path, tmp_path: Path) -> None:
    shop = copy_of(published, tmp_path / "shop")
    before = digests(shop)
    day = DAY + timedelta(days=1)
    for name in ("orders", "order_lines"):
        (shop / "landing" / name / f"{name}_{day}.csv.gz").write_bytes(b"")
    with pytest.raises(InputError, match=rf"{day}"):
        perform("nightly", shop, day)
    assert digests(shop) == before
