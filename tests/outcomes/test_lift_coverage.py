"""The closed loop's measured lift, on people of whom it is known what was given to them."""

import numpy as np
import pyarrow as pa
import pytest

from benchmarks import lift_coverage, loop_lift

PEOPLE = 4_000


def people(lift: float = 0.0) -> pa.Table:
    """Margins with a long tail that lean on the year before; those outside the control group got more by `lift`."""
    random = np.random.default_rng(5)
    earlier = random.lognormal(8, 1, PEOPLE)
    is_control = random.random(PEOPLE) < 0.15
    margin = 0.25 * earlier + random.lognormal(6, 1, PEOPLE) + lift * ~is_control
    return pa.table({"is_control": is_control, "margin_minor": margin, "foretold_minor": earlier})


def test_an_interval_covers_in_19_of_20_draws_of_the_groups() -> None:
    found = lift_coverage.coverage(people(), draws=400, seed=1)
    # 400 draws: the share itself is known to one point.
    assert found.share == pytest.approx(0.95, abs=0.03)
    assert abs(found.mean) < 3 * found.scatter / 400**0.5
    assert found.scatter == pytest.approx(found.half / loop_lift.Z, rel=0.1)


def test_too_narrow_an_interval_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_lift, "Z", 1.28)
    assert lift_coverage.coverage(people(), draws=400, seed=1).share < 0.88


def test_a_lift_is_found() -> None:
    found = loop_lift.lift(people(lift=100.0))
    assert found["low"] < 100.0 < found["high"]
    assert found["low"] > 0.0


def test_all_shops_together() -> None:
    one = lift_coverage.Coverage(draws=100, missed_below=2, missed_above=3, mean=0.0, scatter=25.0, half=49.0)
    other = lift_coverage.Coverage(draws=300, missed_below=6, missed_above=9, mean=0.0, scatter=25.0, half=49.0)
    assert lift_coverage.together([one, other]) == (
        "95.00% of 400 intervals cover 0, give or take 1.09% (one standard error); 2.00% lie below, 3.00% above. "
        "Estimates scatter 1.000 times as much as the intervals say."
    )
