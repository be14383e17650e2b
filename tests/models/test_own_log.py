"""Evidence from our own log is unbiased: nights played by lot, a policy that picks its people, a growing season.

Whoever has an offer stands aside for four weeks; who is held back stands there every night. People with a high x buy
more and are the ones the policy chooses. Controls taken from every night, or each person's first night, would be wrong.
"""

import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from models import policy_value
from models.policy_value import Log
from offermill.run import Run
from offermill.settings import HistorySettings
from offermill.warehouse import Warehouse
from offers import retention
from tests.models import shops
from tests.models.test_uplift_step import examined

PEOPLE, NIGHTS, HORIZON = 2_500, 60, 28
FIRST = shops.NIGHT - timedelta(days=NIGHTS + HORIZON)
GLOBAL, CAMPAIGN, EXPLORE, PILOT = 0.05, 0.10, 0.05, 0.05
HELD = 1 - (1 - GLOBAL) * (1 - CAMPAIGN)
EVIDENCE = ("models.training_examples", "models.evidence_arm", "models.evidence_count")
EFFECT = {"ten": 60.0, "gift": -20.0}


def effect(offer: str, x: np.ndarray) -> np.ndarray:
    return EFFECT[offer] + (30 * x if offer == "ten" else 0 * x)


def played(seed: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, np.ndarray]:
    """Decisions, propensities, purchases and x: `ten` is chosen for x > 0.5 and explored, `gift` is piloted."""
    rng = np.random.default_rng(seed)
    x, held = rng.standard_normal(PEOPLE), rng.random(PEOPLE) < HELD
    ids = np.array([f"C{number:05d}" for number in range(PEOPLE)])
    chosen = x > 0.5
    free_from, decisions, chances = np.zeros(PEOPLE), [], []
    gains = [weekly(ids, x, rng)]
    for night in range(NIGHTS):
        day, lot, arm = FIRST + timedelta(days=night), rng.random(PEOPLE), rng.random(PEOPLE) < 0.5
        stands = free_from <= night
        pilot = stands & ~held & (lot < PILOT)
        ten = stands & ~held & ~pilot & (chosen | (lot < PILOT + EXPLORE))
        offer = np.where(ten, "ten", np.where(pilot & arm, "gift", ""))
        group = np.where(held, "control", np.where(pilot, "pilot", np.where(ten & ~chosen, "explore", "choose")))
        group = np.where(stands, group, "excluded")
        wave = np.where(pilot | ten, f"s:{day}", "")
        decisions.append(pd.DataFrame({
            "business_date": day, "customer_id": ids, "group_name": group, "offer_id": offer, "wave_id": wave,
        }))  # fmt: skip
        of_ten = (1 - HELD) * np.where(chosen, 1 - PILOT, EXPLORE)
        for name, chance in (("ten", of_ten), ("gift", np.full(PEOPLE, (1 - HELD) * PILOT / 2))):
            chances.append(pd.DataFrame({
                "business_date": day, "customer_id": ids, "wave_id": f"s:{day}", "offer_id": name,
                "propensity": chance, "is_pilot": name == "gift", "pilot_control_propensity": (1 - HELD) * PILOT / 2,
            })[stands])  # fmt: skip
            got = offer == name
            gains.append(bought(ids[got], day + timedelta(days=1), effect(name, x[got]), f"{name}-{night}"))
        free_from = np.where(pilot | ten, night + HORIZON, free_from)
    return pd.concat(decisions), pd.concat(chances), pd.concat(gains), x


def weekly(ids: np.ndarray, x: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Every week an order: more for a high x, and more every week."""
    orders = []
    for week in range((NIGHTS + HORIZON) // 7 + 1):
        margin = 100 + 25 * x + 20 * week + rng.normal(0, 10, len(ids))
        orders.append(bought(ids, FIRST + timedelta(days=7 * week + 3), margin, f"w{week}"))
    return pd.concat(orders)


def bought(ids: np.ndarray, day: date, margin: np.ndarray, name: str) -> pd.DataFrame:
    return pd.DataFrame({
        "order_id": [f"{name}-{one}" for one in ids], "customer_id": ids, "ordered_on": day,
        "arrived_on": day, "margin_minor": np.round(margin).astype(int),
    })  # fmt: skip


def written(warehouse: Warehouse, seed: int) -> np.ndarray:
    """Write the played nights and make the tables of evidence; return x."""
    decisions, chances, purchases, x = played(seed)
    decisions["depth"] = 0.1
    for name, frame in (("offers.decision_history", decisions), ("offers.propensity_history", chances)):
        warehouse.write(name, pa.Table.from_pandas(frame, preserve_index=False))
    warehouse.execute(
        "update offers.decision_history set offer_id = nullif(offer_id, ''), wave_id = nullif(wave_id, '')"
    )
    warehouse.execute("alter table offers.decision_history add column channel varchar")
    warehouse.execute("alter table offers.decision_history add column is_exploration boolean")
    warehouse.write("test.purchase", pa.Table.from_pandas(purchases, preserve_index=False))
    warehouse.replace_table("core.purchase", _PURCHASE)
    examined(warehouse, shops.run_of(Path("shop")))
    return x


_PURCHASE = """
    select *, ordered_on + interval 12 hour as ordered_at, cast(margin_minor as bigint) as net_minor,
        false as is_return, cast(0 as bigint) as delivery_cost_minor
    from test.purchase
"""


@pytest.fixture(scope="module")
def evidence() -> tuple[pd.DataFrame, np.ndarray]:
    """Rows of evidence with their arms' propensities, and everybody's x."""
    with Warehouse.open() as warehouse:
        x = written(warehouse, 5)
        rows = warehouse.frame("""
            pivot (
                select examples.customer_id, examples.wave_id, examples.arm as drawn, examples.group_name,
                    cast(examples.margin_minor as double) as margin, arms.arm, arms.propensity
                from models.training_examples as examples
                inner join models.evidence_arm as arms using (customer_id, wave_id)
            ) on arm using sum(propensity) order by customer_id, wave_id
        """)
    return rows.fillna({"ten": 0.0, "gift": 0.0}), x


def test_what_an_offer_changes_is_found_again(evidence: tuple[pd.DataFrame, np.ndarray]) -> None:
    rows, x = evidence
    own = x[rows["customer_id"].str[1:].astype(int)]
    arms = ["control", "ten", "gift"]
    action = rows["drawn"].map({arm: place for place, arm in enumerate(arms)}).to_numpy()
    log = Log(action, rows["margin"].to_numpy(), rows[arms].to_numpy(), person=rows["customer_id"].to_numpy(dtype=str))
    assert rows[arms].sum(axis=1).to_numpy() == pytest.approx(np.ones(len(rows)))
    # What x explains may be taken out: it is the same for every arm.
    log = Log(log.action, log.outcome, log.propensity, np.tile((700 + 100 * own)[:, None], (1, 3)), log.person)
    for place, arm in ((1, "ten"), (2, "gift")):
        found = policy_value.difference(log, np.full(len(log), place), np.zeros(len(log), dtype=int), level=0.999)
        truth = float(effect(arm, own).mean())
        assert (found.low or 0.0) < truth < (found.high or 0.0), (arm, truth, found)
        # The interval must be able to refuse: the season alone moves margins by 80 in a horizon.
        assert (found.high or 0.0) - (found.low or 0.0) < 2 * 80


def test_held_back_people_are_as_common_as_their_lot_says(evidence: tuple[pd.DataFrame, np.ndarray]) -> None:
    rows, x = evidence
    chosen = x[rows["customer_id"].str[1:].astype(int)] > 0.5
    for part in (rows[chosen], rows[~chosen]):
        held = (part["group_name"] == "control").mean()
        assert held == pytest.approx(HELD, abs=4 * np.sqrt(HELD * (1 - HELD) / len(part)))


def test_taking_everybody_held_back_every_night_would_be_wrong(evidence: tuple[pd.DataFrame, np.ndarray]) -> None:
    """Break the design once: controls of the last four weeks only, as a careless look at tonight would take them."""
    rows, _ = evidence
    nights = pd.to_datetime(rows["wave_id"].str[2:])
    late = rows[(rows["drawn"] != "control") | (nights > nights.max() - pd.Timedelta(days=14))]
    naive = late.loc[late["drawn"] == "ten", "margin"].mean() - late.loc[late["drawn"] == "control", "margin"].mean()
    assert abs(naive - EFFECT["ten"]) > EFFECT["ten"]


def test_what_no_night_can_read_any_more_goes_and_the_evidence_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draws count for 50 days and nights run again for 10: of 60 nights from 88 to 29 days back, 28 are too old."""
    monkeypatch.setattr(sys.modules[__name__], "PEOPLE", 200)
    run = shops.run_of(Path("shop"))
    chosen = run.settings.model_copy(
        update={
            "models": run.settings.models.model_copy(update={"evidence_days": 50}),
            "history": HistorySettings(rerun_days=10),
        }
    )
    tonight, earlier = (replace(run.at(shops.NIGHT - timedelta(days=back)), settings=chosen) for back in (0, 10))

    def evidence_of(night: Run) -> list[tuple[object, ...]]:
        examined(warehouse, night)
        return [row for table in EVIDENCE for row in warehouse.rows(f"select * from {table} order by all")]

    def rows(condition: str) -> tuple[object, ...]:
        chances = warehouse.value("select count(*) from offers.propensity_history where " + condition)
        kept = "(offer_id is not null or group_name in ('pilot', 'control'))"
        counts = f"count(*) filter (where {kept}), count(*) filter (where not {kept})"
        return (chances, *warehouse.rows(f"select {counts} from offers.decision_history where {condition}")[0])

    with Warehouse.open() as warehouse:
        written(warehouse, 5)
        before = [evidence_of(night) for night in (tonight, earlier)]
        old, young = (f"business_date {sign} date '{FIRST + timedelta(days=28)}'" for sign in ("<", ">="))
        rows_before = rows(old), rows(young)
        retention.prune(warehouse, tonight)
        rows_after = rows(old), rows(young)

        assert [evidence_of(night) for night in (tonight, earlier)] == before
    assert min(map(len, before)) > 100
    (chances, kept, nothing), rest = rows_before
    assert min(chances, kept, nothing) > 100
    assert rows_after == ((0, kept, 0), rest)
