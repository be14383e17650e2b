"""How sure the estimates are: intervals of cost and margin, and remarks in the reader's language."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dashboards import site, spread
from dashboards.context import Context
from tests import literal_night

NIGHT = "2026-06-30"


@pytest.fixture(scope="module")
def ctx(tmp_path_factory: pytest.TempPathFactory) -> Context:
    run = literal_night.make_run(Path(tmp_path_factory.mktemp("spread")) / "shop")
    return site.context(run, {"offermill": {"edition": NIGHT}})


def row(way: str, cost: int, variance: float = 0.0, error: float = 0.0, offer: str = "a") -> dict[str, object]:
    return {
        "business_date": NIGHT, "offer_id": offer, "group_name": way, "cost_minor": cost,
        "chance_variance": variance, "rate_error_minor": error,
    }  # fmt: skip


def test_the_interval_of_cost_covers_what_offers_cost() -> None:
    """2,000 offers of 5.00, each redeemed with a chance of 10 %, and a rate that is wrong by 20 % either way."""
    draw = np.random.default_rng(3)
    rate = 0.1 * (1 + 0.2 * draw.standard_normal(4000))
    spent = 500.0 * draw.binomial(2000, rate.clip(0, 1))
    found = spread.of_cost([row("choose", 100_000, 2000 * 50 * (500 - 50), 20_000.0)])
    assert found is not None
    assert 0.93 < np.mean((found[0] <= spent) & (spent <= found[1])) < 0.97


def test_what_a_pilot_sets_aside_is_certain() -> None:
    uncertain = spread.of_cost([row("choose", 10_000, 1_000_000.0)])
    assert uncertain is not None
    assert spread.of_cost([row("choose", 10_000, 1_000_000.0), row("pilot", 700)]) == (
        uncertain[0] + 700,
        uncertain[1] + 700,
    )
    assert spread.of_cost([row("pilot", 700)]) is None


def test_errors_of_rates_move_offers_together(ctx: Context) -> None:
    rows = (row("choose", 10_000, error=2_000.0), row("choose", 10_000, error=2_000.0, offer="b"))
    both, one = (spread.cost(replace(ctx, spread=rows), **of) for of in ({}, {"offer_id": "b"}))
    assert both is not None
    assert one is not None
    assert both == pytest.approx((2 * one[0], 2 * one[1])), "not smaller by the root of two"


def test_the_margin_is_as_sure_as_what_the_choice_brought_on_unseen_draws(ctx: Context) -> None:
    point = {"treated_share": 0.5, "predicted_minor": 40.0, "gain": {"low": 10.0, "high": 60.0}}
    curve = [point, point | {"treated_share": 0.1, "predicted_minor": 1.0}]
    judged = replace(ctx, cards={"uplift": {"card": {"cost_curve": curve}}}, choice_share=0.45)
    assert spread.margin(judged, 1000) == (1000 * 10 / 40, 1000 * 60 / 40)
    assert spread.said(judged, spread.margin(judged, 1000)) == "€2.50 to €15.00"
    assert spread.margin(ctx, 1000) is None
    assert spread.said(ctx, None) == "–"
