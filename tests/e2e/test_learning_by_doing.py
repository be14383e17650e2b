"""The loop closes: a cold shop's own first wave, answered by its customers, is what the next training learns from."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from benchmarks import loop_nights
from benchmarks.loop_nights import Clock
from offermill import examples
from offermill.run import Run
from offermill.synthetic import shop
from offermill.warehouse import Warehouse
from tests.nights import DAY

DAYS = 14
LATER = DAY + timedelta(days=DAYS)
SOURCES = ("orders", "order_lines", "offer_assignments", "redemptions")


def one_cheap_offer(offers: str) -> str:
    """Leave one template, cheap enough that the first night's money pays for a pilot with everybody."""
    first = offers.split("  - id: category-percent")[0].replace("valid_days: 28", f"valid_days: {DAYS}")
    return first.replace("[5, 10, 15, 20]", "[20]").replace('max_discount: "20.00"', 'max_discount: "2.50"')


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cold shop of 900 customers after its first night, two weeks (its horizon), and a training."""
    folder = tmp_path_factory.mktemp("cold")
    examples.copy("demo", folder)
    offers, settings = folder / "offers.yml", folder / "shop.yml"
    offers.write_text(one_cheap_offer(offers.read_text(encoding="utf-8")), encoding="utf-8")
    settings.write_text(settings.read_text(encoding="utf-8") + f"\nmodels:\n  horizon_days: {DAYS}\n", encoding="utf-8")
    shop.make(folder, customers=900, seed=3, start=date(2026, 1, 1), deliveries=1, pilot=False)
    loop_nights.decide(folder, DAY, Clock(), refresh=True, train=False)
    loop_nights.answer(folder, DAY, DAY + timedelta(days=1), DAYS, Clock())
    loop_nights.load(folder, LATER, SOURCES, train=True)
    return folder


def rows(folder: Path, sql: str) -> list[tuple[object, ...]]:
    with Warehouse.open(Run.of_snapshot(folder, LATER).shop.warehouse, read_only=True) as warehouse:
        return warehouse.rows(sql)


def test_the_first_night_of_a_cold_shop_draws_lots(learned: Path) -> None:
    first = dict(
        rows(
            learned,
            f"""
            select offer_id is not null as gets, count(*) from offers.decision_history
            where business_date = '{DAY}' and group_name = 'pilot' group by 1
            """,
        )
    )
    assert min(first.values()) > 200
    # Two arms as likely as each other: of n people the larger arm has more than 58 % once in ten thousand draws.
    assert max(first.values()) < 0.58 * sum(first.values())


def test_the_wave_that_was_played_is_what_the_model_learned_from(learned: Path) -> None:
    card = json.loads((learned / "models" / "uplift" / LATER.isoformat() / "card.json").read_text(encoding="utf-8"))
    drawn = rows(
        learned,
        f"""
        select count(*) from offers.decision_history as decisions
        semi join offers.propensity_history as arms using (business_date, customer_id)
        where business_date = '{DAY}' and is_randomised
        """,
    )[0][0]

    # Who was held back by the permanent lots, but stood for the wave, tells of it like its own control arm.
    assert card["data"]["waves"] == [{"wave_id": f"summer:{DAY}", "row_count": drawn}]
    assert [arm["arm"] for arm in card["arms"]] == ["basket-percent-20"]
