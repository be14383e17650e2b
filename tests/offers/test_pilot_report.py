"""`pilot report` on a small shop: figures by hand, verdicts by the plan's criteria, and changes that are named."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from math import sqrt
from pathlib import Path

import pytest
from rich.console import Console

from offermill.errors import ConfigError
from offermill.warehouse import Warehouse
from offers import catalogue, pilot_evidence, pilot_registry, pilot_report, pilot_text
from offers.pilot_report import Report
from tests.offers.pilots import PLAN, Rows, hand_over, plan_file, purchase
from tests.offers.small_shop import NIGHT, fill, run_of, shop

ARMS = [*[None] * 16, *["basket-10"] * 12, *["points-500"] * 12]
END = date(2026, 7, 31)


def bought(number: int, margin: int) -> dict[str, object]:
    """Return an order five days after the draw."""
    return purchase(number, NIGHT + timedelta(days=5), margin=margin)[0]


def redeemed(number: int, offer: str, discount: int) -> dict[str, object]:
    return {
        "redemption_id": f"r{number}",
        "offer_id": offer,
        "customer_id": f"c{number:03d}",
        "redeemed_at": datetime(2026, 7, 5, 12),
        "redeemed_on": date(2026, 7, 5),
        "arrived_on": date(2026, 7, 5),
        "discount_minor": discount,
    }


# Everybody buys: the control arm and points for 2.00 or 4.00 of margin, those with 10 % off for 10.00 or 12.00. Six of
# those with points use them, which costs 5.00 each.
ROWS: dict[str, Rows] = {
    "core.purchase": [
        *[bought(n, 200 + 200 * (n % 2)) for n in range(16)],
        *[bought(n, 1_000 + 200 * (n % 2)) for n in range(16, 28)],
        *[bought(n, 200 + 200 * (n % 2)) for n in range(28, 40)],
    ],
    "core.redemption": [
        *[redeemed(n, "basket-10", 150) for n in range(16, 20)],
        *[redeemed(n, "points-500", 500) for n in range(28, 34)],
    ],
}


@contextmanager
def drawn(folder: Path, rows: dict[str, Rows] = ROWS, text: str = PLAN) -> Iterator[Warehouse]:
    """Open a shop whose first night drew 40 people by the plan."""
    with shop(rows) as warehouse:
        fill(warehouse, "core.redemption", rows.get("core.redemption", []))
        run = hand_over(run_of(folder), text)
        catalogue.load_catalogue(warehouse, run)
        pilot_registry.register(warehouse, run)
        fill(
            warehouse,
            "offers.decision_history",
            [
                {
                    "business_date": NIGHT,
                    "customer_id": f"c{number:03d}",
                    "group_name": "pilot",
                    "offer_id": arm,
                    "valid_until": NIGHT + timedelta(days=28),
                }
                for number, arm in enumerate(ARMS)
            ],
        )
        yield warehouse


def reported(warehouse: Warehouse, folder: Path, day: date = END) -> Report:
    return pilot_report.of_warehouse(warehouse, run_of(folder, night=day), "trial")


def test_the_report_s_figures_by_hand(tmp_path: Path) -> None:
    with drawn(tmp_path) as warehouse:
        found = reported(warehouse, tmp_path)
        control, basket, points = found.arms

    # All 40 were drawn on the first night, so that the first look, on 29 July, saw everybody: one look, two arms.
    limit = pilot_evidence.limit_at([40], 40, alpha=0.05, arms=2, is_last=False)
    assert limit == pytest.approx(2.2365, abs=1e-4)
    assert (found.look, found.sample_ratio, found.note) == (END, 1.0, "")
    assert (control.mean, basket.mean) == (300.0, 1_100.0)
    # 12 x 3.00 less 6 x 5.00 of points.
    assert points.mean == pytest.approx((12 * 300 - 6 * 500) / 12)
    # Variances of 2.00 / 4.00 and of 10.00 / 12.00: 1.00^2 x n / (n - 1).
    error = sqrt(10_000 * 12 / 11 / 12 + 10_000 * 16 / 15 / 16)
    assert basket.difference == pilot_evidence.Difference(
        800.0, pytest.approx(error), pytest.approx(800 - limit * error), pytest.approx(800 + limit * error), 12, 16
    )
    assert [(arm.drawn, arm.complete, arm.buyers, arm.redeemed) for arm in found.arms] == [
        (16, 16, 16, 0),
        (12, 12, 12, 4),
        (12, 12, 12, 6),
    ]
    assert (found.spent_minor, found.open_minor) == (4 * 150 + 6 * 500, 0)


def test_the_verdicts_name_their_interval_and_date(tmp_path: Path) -> None:
    with drawn(tmp_path) as warehouse:
        control, basket, points = (arm.verdict for arm in reported(warehouse, tmp_path).arms)

    assert control.word == ""
    assert (basket.word, basket.on) == ("go", date(2026, 7, 29))
    assert basket.why == "+8.00 per person (95% interval over all arms and looks: +7.11 to +8.89), above 0."
    assert points.word == "stop"
    assert points.why.endswith("below 0: it does harm.")


def test_nothing_is_decided_before_the_first_look(tmp_path: Path) -> None:
    with drawn(tmp_path) as warehouse:
        found = reported(warehouse, tmp_path, date(2026, 7, 28))

    assert [(arm.verdict.word, arm.complete) for arm in found.arms[1:]] == [("wait", 0), ("wait", 0)]
    assert found.arms[1].verdict.why == "No look yet; the next look is on 2026-07-29."
    # 8 of those with 10 % off and 6 with points have not used them, but the last day of all is today.
    assert (found.look, found.open_minor) == (None, 0)


def test_offers_that_still_count_are_owed(tmp_path: Path) -> None:
    with drawn(tmp_path) as warehouse:
        found = reported(warehouse, tmp_path, date(2026, 7, 10))

    assert found.open_minor == 8 * 100 + 6 * 250


def test_a_pilot_that_costs_more_than_its_plan_stops(tmp_path: Path) -> None:
    dear = {**ROWS, "core.redemption": [redeemed(n, "basket-10", 1_000) for n in range(16, 28)]}
    with drawn(tmp_path, dear) as warehouse:
        verdicts = [arm.verdict for arm in reported(warehouse, tmp_path).arms[1:]]

    assert {verdict.word for verdict in verdicts} == {"stop"}
    assert verdicts[0].why == "The pilot has cost or still owes 120.00, more than the plan's 63.00."


def test_an_arm_that_people_opt_out_of_stops(tmp_path: Path) -> None:
    refusals = [
        {
            "customer_id": f"c{number:03d}",
            "channel": "email",
            "purpose": "offers",
            "is_granted": False,
            "recorded_at": datetime(2026, 7, 3),
            "arrived_on": date(2026, 7, 3),
        }
        for number in range(16, 20)
    ]
    with drawn(tmp_path, {**ROWS, "core.consent": refusals}) as warehouse:
        basket = reported(warehouse, tmp_path, date(2026, 7, 10)).arms[1]

    assert (basket.opted_out, basket.verdict.word) == (4, "stop")
    assert basket.verdict.why == (
        "33.3% opted out against 0.0% in the control arm: more than 1.0% above it, and beyond chance."
    )


def test_missing_people_stop_everything(tmp_path: Path) -> None:
    with drawn(tmp_path) as warehouse:
        warehouse.execute("delete from offers.decision_history where offer_id is null")
        verdict = reported(warehouse, tmp_path).arms[1].verdict

    assert verdict.word == "stop"
    assert verdict.why.startswith("The arms' sizes are not what the lots make (p = ")


@pytest.mark.parametrize(
    ("margins", "word", "said"),
    [
        # About the same as the control arm: nothing to go on for.
        ((200, 400), "stop", "undecided, and no better than 0."),
        # 1.00 more on average, spread so wide that 12 people leave it open: 163 would settle it.
        ((0, 800), "extend", "people an arm would decide it."),
        # 0.50 more: far more people than the plan allows to add.
        ((100, 600), "stop", "people an arm would be needed, more than 1 x 12."),
    ],
)
def test_an_undecided_arm_is_extended_only_when_it_is_worth_it(
    tmp_path: Path, margins: tuple[int, int], word: str, said: str
) -> None:
    rows = {
        "core.purchase": [
            *[bought(n, 200 + 200 * (n % 2)) for n in range(16)],
            *[bought(n, margins[n % 2]) for n in range(16, 28)],
            *[bought(n, 200 + 200 * (n % 2)) for n in range(28, 40)],
        ]
    }
    text = PLAN.replace("extend: {at_most_times: 1.0}", "extend: {at_most_times: 20.0}") if word == "extend" else PLAN
    with drawn(tmp_path, rows, text) as warehouse:
        verdict = reported(warehouse, tmp_path).arms[1].verdict

    assert verdict.word == word
    assert said in verdict.why


def could(number: int, **shares: float) -> list[dict[str, object]]:
    """Return what a person's lot could name on the night of the draw."""
    return [
        {"business_date": NIGHT, "customer_id": f"c{number:03d}", "offer_id": offer, "pilot_share": share}
        for offer, share in shares.items()
    ]


def test_an_arm_is_compared_with_controls_to_whom_it_was_open(tmp_path: Path) -> None:
    # Points are open to the last 8 of the 16 controls and to everybody who got them; 10 % off to everybody.
    both, one = {"basket-10": 0.3, "points-500": 0.3}, {"basket-10": 0.5}
    with drawn(tmp_path) as warehouse:
        rows = [row for number in range(40) for row in could(number, **(one if number < 8 else both))]
        fill(warehouse, "offers.propensity_history", rows)
        warehouse.execute("update core.purchase set margin_minor = 900 where customer_id < 'c008'")
        control, basket, points = reported(warehouse, tmp_path).arms

    # The first eight controls are worth 9.00 each, the others 3.00 on average.
    assert control.mean == 600.0
    assert (basket.difference.estimate, basket.difference.controls) == (1_100.0 - 600.0, 16)
    assert (points.difference.estimate, points.difference.controls) == (50.0 - 300.0, 8)


def test_a_second_offer_is_counted_and_nobody_left_out(tmp_path: Path) -> None:
    with drawn(tmp_path) as warehouse:
        warehouse.execute(
            "insert into offers.decision_history by name "
            "select cast('2026-07-08' as date) as business_date, 'c000' as customer_id, 'choose' as group_name, "
            "'basket-10' as offer_id"
        )
        control = reported(warehouse, tmp_path).arms[0]

    assert (control.contaminated, control.complete) == (1, 16)


def test_a_plan_changed_after_the_start_is_named_and_not_followed(tmp_path: Path) -> None:
    with drawn(tmp_path) as warehouse:
        before = reported(warehouse, tmp_path)
        plan_file(tmp_path, PLAN.replace("go: {}", 'go: {lower_bound_above: "20.00"}'))
        found = reported(warehouse, tmp_path)

    assert found.note.startswith(
        "The plan was changed after the start (2026-06-30): go was lower_bound_above 0, is 20.00. What stands is"
    )
    assert found.arms == before.arms


def test_the_report_is_printed_whole(tmp_path: Path) -> None:
    with drawn(tmp_path) as warehouse:
        plan_file(tmp_path, PLAN.replace("alpha: 0.05", "alpha: 0.5"))
        warehouse.execute("drop table if exists core.complaint")
        found = reported(warehouse, tmp_path)
    console = Console(width=200, record=True, quiet=False, file=None)
    with console.capture() as printed:
        console.print(pilot_text.of(found))
    text = printed.get()

    assert "people   40 of 40 drawn, 40 with a complete horizon at the look" in text
    assert "changed  The plan was changed after the start (2026-06-30): test was alpha 0.05, is 0.5" in text
    assert "basket-10: go, decided on 2026-07-29. +8.00 per person" in text
    assert "not known" in text  # the shop sends no complaints
    assert found.as_dict()["pilot_id"] == "trial"


@pytest.mark.parametrize(
    ("has_plan", "said"),
    [
        (False, "pilots/trial.yml: no such plan. There are: none."),
        (
            True,
            "pilot trial: no night up to 2026-07-31 has drawn people by its plan; it draws from 2026-06-30 to "
            "2026-07-03. Run those nights first.",
        ),
    ],
)
def test_a_pilot_that_has_not_begun_says_so(tmp_path: Path, has_plan: bool, said: str) -> None:
    if has_plan:
        plan_file(tmp_path)
    with shop({}) as warehouse, pytest.raises(ConfigError) as problem:
        reported(warehouse, tmp_path)

    assert str(problem.value) == said
