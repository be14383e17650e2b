"""Shops and plans of pilots, written in rows, for the tests of planning, drawing and reporting."""

from datetime import date, datetime, timedelta
from pathlib import Path

from offermill.run import Run
from offermill.warehouse import Warehouse
from offers import pilot
from tests.offers.small_shop import NIGHT, people

Rows = list[dict[str, object]]

PLAN = """\
id: trial
written_for: 2026-06-29
starts_on: 2026-06-30
last_night_on: 2026-07-03
horizon_days: 28
people_per_night: 10
arms:
  - {offer: control, people: 16}
  - {offer: basket-10, people: 12, expected_cost: "1.00", worst_cost: "20.00"}
  - {offer: points-500, people: 12, expected_cost: "2.50", worst_cost: "5.00"}
money: {expected: "42.00", worst: "300.00", at_most: "63.00"}
test: {metric: margin, effect: "0.50", alpha: 0.05, power: 0.8, looks_on: [2026-07-29, 2026-07-31]}
assumed:
  {mean: "3.00", standard_deviation: "3.01", explained_by_earlier: 0, chance_to_buy: 0.5, standing: 100,
   joining_per_night: 0}
go: {}
stop: {opt_outs_above_control: 0.01, complaints_above_control: 0.005, sample_ratio_alpha: 0.001}
extend: {at_most_times: 1.0}
"""


def plan_file(folder: Path, text: str = PLAN, name: str = "trial") -> Path:
    """Write a plan into a shop's folder."""
    path = folder / "pilots" / f"{name}.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def plan_of(text: str = PLAN) -> pilot.PilotPlan:
    """Return the plan in a text."""
    return pilot.parse(text, Path("trial.yml"))


def purchase(number: int, day: date, *, net: int = 2_000, margin: int = 600) -> tuple[dict[str, object], ...]:
    """Return an order of one line by the person with a number, at noon, as rows of both tables."""
    known = {
        "order_id": f"o{number:03d}-{day}",
        "customer_id": f"c{number:03d}",
        "channel": "store",
        "ordered_at": datetime(day.year, day.month, day.day, 12),
        "ordered_on": day,
        "arrived_on": day,
        "net_minor": net,
        "margin_minor": margin,
    }
    order = {**known, "is_return": False, "delivery_cost_minor": 0, "line_count": 1}
    line = {**known, "line_number": 1, "kind": "sale", "category_id": "coffee", "product_id": "p1"}
    return order, line


def half_buy(count: int, night: date = NIGHT) -> dict[str, Rows]:
    """Return people of whom every second bought for 20.00 (margin 6.00) ten days before the night, as a year before."""
    rows = people(count)
    for customer in rows["core.customer"]:
        customer["registered_on"] = date(2025, 1, 1)
    bought = [purchase(n, night - timedelta(days=days)) for n in range(0, count, 2) for days in (10, 365)]
    return {
        **rows,
        "core.purchase": [order for order, _ in bought],
        "core.purchase_line": [line for _, line in bought],
    }


def history(warehouse: Warehouse) -> Rows:
    """Return which plan each night drew by, without its text."""
    sql = "select business_date, pilot_id, plan_sha256 from offers.pilot_history order by business_date"
    return warehouse.arrow(sql).to_pylist()


def hand_over(run: Run, text: str = PLAN) -> Run:
    """Freeze a plan with the night, as the opening of a night does, and return the run."""
    plan_file(run.shop.folder, text)
    plan_file(run.snapshot, text)
    (run.snapshot / "run.json").write_text("{}")
    return run
