"""From randomised waves to effects per customer and offer; without evidence, an empty table and a reason."""

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from models import effect_ladder, registry, uplift_evidence, uplift_step
from models.uplift import UpliftModel
from offermill import sqlfiles
from offermill.run import Run
from offermill.warehouse import Warehouse
from tests.features import facts
from tests.models import shops, trials

WAVE = date(2026, 5, 4)
RUN = shops.run_of(Path("shop"))
FEATURES = [f"x{i}" for i in range(6)]
OFFERS = [
    ("d10", "percent", "basket", 10, 400),
    ("d20", "percent", "basket", 20, 800),
    ("mail", "points", "basket", None, 300),
]
COLUMNS = {
    "customer_id": "varchar", "offer_id": "varchar", "effect_minor": "bigint", "effect_error_minor": "bigint",
    "cost_minor": "bigint", "redeem_chance": "double", "baseline_chance": "double", "evidence": "varchar",
    "model_id": "varchar",
}  # fmt: skip


def with_wave(warehouse: Warehouse, seen: trials.Trial, wave: date = WAVE, *, is_randomised: bool = True) -> None:
    """Write one wave with its snapshot, purchases and redemptions: every buyer with a discount used it."""
    size = len(seen.arm)
    ids = [f"C{number:05d}" for number in range(size)]
    depth = pd.Series(seen.arm).map({"d10": 0.10, "d20": 0.20}).fillna(0.0).to_numpy()
    gross = np.round(seen.sales * 100)
    given = np.round(gross * depth)
    at = pd.Timestamp(wave) + pd.Timedelta(hours=9)
    frame = pd.DataFrame({
        "assignment_id": ids, "customer_id": ids, "wave_id": "w1", "campaign_id": "spring", "arm": seen.arm,
        "offer_id": pd.Series(seen.arm).where(seen.arm != "control"), "channel": "email",
        "propensity": [trials.SHARES[arm] for arm in seen.arm],
        "is_randomised": is_randomised, "assigned_at": at,
        "assigned_on": wave, "arrived_on": wave, "valid_from": wave, "valid_until": wave,
        "gross": gross, "given": given, "bought": seen.bought,
        "ordered_on": wave + timedelta(days=10),
    })  # fmt: skip
    warehouse.write("test.wave", pa.Table.from_pandas(frame, preserve_index=False))
    warehouse.replace_table(
        "core.offer_assignment", "select * exclude (gross, given, bought, ordered_on) from test.wave"
    )
    warehouse.replace_table("core.purchase", _PURCHASE)
    warehouse.replace_table("core.redemption", _REDEMPTION)
    examined(warehouse)
    rows = pa.Table.from_pandas(seen.features.assign(customer_id=ids, bought=seen.bought), preserve_index=False)
    rows = rows.append_column("snapshot_on", pa.array([wave - timedelta(days=1)] * size, pa.date32()))
    warehouse.append("models.training_snapshot", rows.append_column("purpose", pa.array(["wave"] * size)))


def examined(warehouse: Warehouse, run: Run = RUN) -> None:
    """Make the tables of evidence from the waves, as the training does; what was not written is empty."""
    addresses = [address for address in sqlfiles.tables("models") if address != "models.rfm_history"]
    for needed in sorted(set().union(*(sqlfiles.read(address).reads for address in addresses)) - set(addresses)):
        if not warehouse.exists(needed):
            facts.write_table(warehouse, needed, [])
    for address in addresses:
        warehouse.replace_table(address, sqlfiles.read(address).text, run.parameters)


# Margin is 40 % of sales before the discount.
_PURCHASE = """
    select 'o' || customer_id as order_id, customer_id, cast(ordered_on as timestamp) as ordered_at, ordered_on,
        ordered_on as arrived_on, false as is_return, cast(gross - given as bigint) as net_minor,
        cast(round(0.4 * gross) - given as bigint) as margin_minor, cast(0 as bigint) as delivery_cost_minor
    from test.wave where bought and gross > 0
"""
_REDEMPTION = """
    select 'r' || customer_id as redemption_id, customer_id, offer_id, cast(ordered_on as timestamp) as redeemed_at,
        ordered_on as redeemed_on, ordered_on as arrived_on, cast(given as bigint) as discount_minor
    from test.wave where bought and gross > 0 and offer_id is not null
"""


def with_tonight(warehouse: Warehouse, seen: trials.Trial, offers: list[tuple[object, ...]] = OFFERS) -> None:
    """Write features.customer and offers.catalogue of tonight."""
    ids = [f"C{number:05d}" for number in range(len(seen.arm))]
    warehouse.write(
        "features.customer", pa.Table.from_pandas(seen.features.assign(customer_id=ids), preserve_index=False)
    )
    names = ["offer_id", "kind", "target_kind", "depth_pct", "max_cost_minor"]
    frame = pd.DataFrame(offers, columns=names).assign(
        template_id=[str(row[0])[:1] for row in offers], target_id=None, threshold_minor=None
    )
    frame["target_id"] = frame["target_id"].astype("string")
    warehouse.write("offers.catalogue", pa.Table.from_pandas(frame, preserve_index=False))


# One depth between the tested ones, one beyond them.
UNTESTED = [("d15", "percent", "basket", 15, 600), ("d30", "percent", "basket", 30, 900)]
SEEN, TONIGHT = trials.drawn(5_000, 21), trials.drawn(400, 22)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """One training and one scoring, read by the tests below."""
    folder = tmp_path_factory.mktemp("shop")
    run = shops.run_of(folder)
    with Warehouse.open() as warehouse:
        with_wave(warehouse, SEEN)
        with_tonight(warehouse, TONIGHT, [*OFFERS, *UNTESTED])
        trained = uplift_step.train(warehouse, run)
        scored = effect_ladder.score(warehouse, run)
        return {
            "trained": trained,
            "scored": scored,
            "rows": warehouse.frame("select * from models.offer_effect"),
            "columns": warehouse.columns("models.offer_effect"),
            "examples": warehouse.rows("select count(*), sum(cast(bought as integer)) from models.training_examples"),
            "card": json.loads((folder / "models/uplift/2026-06-30/card.json").read_text()),
            "stored": registry.newest(folder / "models", "uplift", run.business_date).model,
        }


def test_every_customer_gets_every_tested_offer_in_order(night: dict[str, object]) -> None:
    rows = night["rows"]
    assert isinstance(rows, pd.DataFrame)
    expected = [(f"C{number:05d}", offer) for number in range(400) for offer in ("d10", "d15", "d20", "mail")]
    assert list(zip(rows["customer_id"], rows["offer_id"], strict=True)) == expected
    assert night["columns"] == COLUMNS
    by_offer = rows.groupby("offer_id")["evidence"].unique().str.join(",").to_dict()
    assert by_offer == {"d10": "model", "d15": "segment", "d20": "model", "mail": "model"}


def test_a_depth_between_tested_ones_lies_between_them(night: dict[str, object]) -> None:
    rows = night["rows"]
    assert isinstance(rows, pd.DataFrame)
    means = rows.groupby("offer_id")[["effect_minor", "cost_minor", "effect_error_minor", "redeem_chance"]].mean()
    assert means.loc["d10", "cost_minor"] < means.loc["d15", "cost_minor"] < means.loc["d20", "cost_minor"]
    # Segments speak of one depth, the model of the others: they need not agree to the last percent.
    ten, fifteen, twenty = (means.loc[offer, "redeem_chance"] for offer in ("d10", "d15", "d20"))
    assert ten < fifteen < 1.02 * twenty
    assert (means["effect_error_minor"] > 0).all()


def test_an_offer_beyond_tested_depths_has_no_evidence(night: dict[str, object]) -> None:
    scored, trained = night["scored"], night["trained"]
    assert isinstance(trained, dict)
    assert scored == {
        "row_count": 1_600, "model_id": trained["model_id"], "offers": ["d10", "d20", "mail"],
        "segment_offers": ["d15"], "rule_offers": [], "season_factors": {}, "message": "",
    }  # fmt: skip


def test_effects_agree_with_the_truth(night: dict[str, object]) -> None:
    rows = night["rows"]
    assert isinstance(rows, pd.DataFrame)
    d20 = rows[rows["offer_id"] == "d20"]
    truth = 100 * TONIGHT.gain("d20", 0.20)
    cost = 100 * 0.2 * (TONIGHT.chance["d20"] * TONIGHT.basket).mean()
    assert np.corrcoef(d20["effect_minor"], truth)[0, 1] > 0.6
    # All costs are multiplied by what those whom a tight budget picks cost beside the plan.
    stored = night["stored"]
    assert isinstance(stored, registry.StoredModel)
    assert d20["cost_minor"].mean() / stored.settings["cost_factor"] == pytest.approx(cost, rel=0.15)
    assert (rows["cost_minor"] >= 0).all()
    assert np.abs(d20["baseline_chance"].mean() - TONIGHT.chance["control"].mean()) < 0.03


def test_points_cost_what_the_catalogue_says_per_buyer(night: dict[str, object]) -> None:
    # Every buyer of the arm redeemed, at 3.00 each.
    card = night["card"]
    assert isinstance(card, dict)
    gives = {arm["arm"]: (arm["give_share"], arm["give_minor"]) for arm in card["arms"]}
    assert gives == {
        "d10": (pytest.approx(0.10, abs=1e-4), 0.0),
        "d20": (pytest.approx(0.20, abs=1e-4), 0.0),
        "mail": (0.0, 300.0),
    }


def test_the_card_tells_the_waves_and_every_arm_with_its_interval(night: dict[str, object]) -> None:
    card = night["card"]
    assert isinstance(card, dict)
    assert card["data"]["waves"] == [{"wave_id": "w1", "row_count": 5_000}]
    assert card["data"]["margin_share"] == pytest.approx(0.4, abs=1e-3)
    truth = SEEN.chance.sub(SEEN.chance["control"], axis=0).mean()
    assert [arm["arm"] for arm in card["arms"]] == ["d10", "d20", "mail"]
    assert all(arm["low"] < truth[arm["arm"]] < arm["high"] for arm in card["arms"])
    message = str(card["verdict"]["message"])
    assert message.startswith("Learned from 5,000 random assignments to 3 offers and a control arm. It earns ")
    assert " more per person and wave (90% interval " in message
    assert max(card["features"], key=lambda feature: feature["importance_share"])["name"] == "x0"


def test_examples_hold_one_row_per_person_and_wave(night: dict[str, object]) -> None:
    assert night["examples"] == [(5_000, int((np.round(SEEN.sales * 100) > 0).sum()))]


def test_the_stored_model_is_the_estimator(night: dict[str, object]) -> None:
    stored = night["stored"]
    assert isinstance(stored, registry.StoredModel)
    model = UpliftModel.restored(stored.parts, stored.settings)
    people = TONIGHT.features.astype(np.float32)
    effect, cost = model.effect(people, margin_share=stored.settings["margin_share"]), model.cost(people)
    # Costs are set right by those a tight budget picks, and effects are net of them.
    assert stored.settings["cost_factor"] == stored.card["picked"]["factor"] != 1
    effect = effect - (stored.settings["cost_factor"] - 1) * cost
    rows = night["rows"]
    assert isinstance(rows, pd.DataFrame)
    rounded = np.floor(np.abs(effect["d20"]) + 0.5) * np.sign(effect["d20"])
    assert rows.loc[rows["offer_id"] == "d20", "effect_minor"].tolist() == rounded.astype(int).tolist()


@pytest.mark.parametrize(("wave", "is_randomised", "what"), [
    (WAVE, False, "no offer was drawn at random"),
    (shops.NIGHT - timedelta(days=26), True, "300 random assignments, none with 28 full days after it"),
])  # fmt: skip
def test_without_evidence_the_table_is_empty_and_the_card_says_what_a_pilot_needs(
    tmp_path: Path, wave: date, is_randomised: bool, what: str
) -> None:
    run = shops.run_of(tmp_path)
    with Warehouse.open() as warehouse:
        with_wave(warehouse, trials.drawn(300, 23), wave, is_randomised=is_randomised)
        with_tonight(warehouse, TONIGHT)
        trained = uplift_step.train(warehouse, run)
        scored = effect_ladder.score(warehouse, run)
        rows, columns = warehouse.count("models.offer_effect"), warehouse.columns("models.offer_effect")
    message = f"No randomised evidence as of 2026-06-30: {what}. A pilot needs a control arm"
    assert str(trained["message"]).startswith(message)
    assert trained["verdict"] == "none"
    assert str(scored["message"]).startswith(message)
    assert (rows, columns) == (0, COLUMNS)
    card = json.loads((tmp_path / "models/uplift/2026-06-30/card.json").read_text())
    assert card["verdict"] == {"status": "none", "message": trained["message"]}


def test_too_small_a_pilot_is_no_evidence(tmp_path: Path) -> None:
    with Warehouse.open() as warehouse:
        with_wave(warehouse, trials.drawn(300, 23))
        with_tonight(warehouse, TONIGHT)
        trained = uplift_step.train(warehouse, shops.run_of(tmp_path))
    assert str(trained["message"]).startswith("No randomised evidence: ")
    assert "people in the control arm, at least 200 are needed." in str(trained["message"])


def test_the_last_full_day_of_the_horizon_is_enough(tmp_path: Path) -> None:
    # Assigned 27 days before the business date: the 28 days of its horizon end with it.
    with Warehouse.open() as warehouse:
        with_wave(warehouse, trials.drawn(300, 23), shops.NIGHT - timedelta(days=27))
        seen = uplift_evidence.collect(warehouse, shops.run_of(tmp_path), dict.fromkeys(FEATURES, "double"))
    assert len(seen.rows) == 300


def test_without_a_catalogue_training_says_that_no_depth_is_known(tmp_path: Path) -> None:
    with Warehouse.open() as warehouse:
        with_wave(warehouse, trials.drawn(1_500, 24))
        trained = uplift_step.train(warehouse, shops.run_of(tmp_path))
    assert str(trained["message"]).startswith(
        "Learned from 1,500 random assignments to 3 offers and a control arm. No depth is known (no catalogue, or no "
        "percent offer in it): every offer counts as one without a price."
    )


def test_before_any_training_no_offer_has_evidence(tmp_path: Path) -> None:
    with Warehouse.open() as warehouse:
        with_tonight(warehouse, TONIGHT)
        scored = effect_ladder.score(warehouse, shops.run_of(tmp_path))
    assert scored == {
        "row_count": 0, "model_id": None, "offers": [], "segment_offers": [], "rule_offers": [], "season_factors": {},
        "message": "No uplift model: no offer has evidence.",
    }  # fmt: skip


def test_propensities_are_those_of_each_wave(tmp_path: Path) -> None:
    with Warehouse.open() as warehouse:
        with_wave(warehouse, trials.drawn(300, 23))
        half = "customer_id >= 'C00150' and arm <> 'd10'"
        warehouse.execute(
            f"update core.offer_assignment set wave_id = 'w2', propensity = propensity / 0.8 where {half}"
        )
        warehouse.execute("delete from core.offer_assignment where customer_id >= 'C00150' and arm = 'd10'")
        examined(warehouse)
        seen = uplift_evidence.collect(warehouse, shops.run_of(tmp_path), dict.fromkeys(FEATURES, "double"))
    assert seen.propensity.iloc[0].to_dict() == pytest.approx(trials.SHARES)
    assert seen.propensity.iloc[-1].to_dict() == pytest.approx({"control": 0.5, "d10": 0.0, "d20": 0.25, "mail": 0.25})


def test_a_persons_margin_share_is_pulled_to_the_shops() -> None:
    net, margin = np.array([0.0, 20_000.0, 1e9, -500.0]), np.array([0.0, 10_000.0, 1e8, -500.0])
    share = uplift_evidence.person_margin_share(net, margin, 0.3)
    assert share == pytest.approx([0.3, (10_000 + 6_000) / 40_000, 0.1, (6_000 - 500) / 20_000], abs=1e-4)


def test_percentages_without_a_threshold_are_redeemed_by_all_that_they_bring() -> None:
    with Warehouse.open() as warehouse:
        assert uplift_evidence.always_redeemed(warehouse) == []
        columns = ("offer_id", "kind", "threshold_minor")
        rows = [("all", "percent", None), ("from-40", "percent", 4_000), ("five-off", "amount", None)]
        facts.write_table(warehouse, "offers.catalogue", [dict(zip(columns, row, strict=True)) for row in rows])
        assert uplift_evidence.always_redeemed(warehouse) == ["all"]
