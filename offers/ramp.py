"""Step offers.ramp: a template reaches 1, 5, 25, then 100 % of the people, and falls back when a guardrail fails.

The state of a night follows from the nights before it alone: the same night twice says the same. Who is inside a stage
is a permanent lot (sql/offers/exclusion_by_ramp.sql). A template begins its ramp on the first night on which something
is known of its offers; before that only a pilot can give them, and a pilot has lots of its own.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from offermill.run import Run
from offermill.settings import RampSettings
from offermill.warehouse import Warehouse
from offers import ramp_watch, tables
from offers.ramp_watch import Watch

HISTORY = "offers.ramp_history"
_NO_RAMP = "no ramp: reaches everybody"

_TEMPLATES = """
    select
        catalogue.template_id,
        bool_or(effects.offer_id is not null) as is_known,
        bool_or(given.offer_id is not null) as was_given
    from offers.catalogue as catalogue
    left join (select distinct offer_id from models.offer_effect) as effects on catalogue.offer_id = effects.offer_id
    left join (
        select distinct offer_id from offers.decision_history
        where business_date < $business_date and group_name <> 'pilot' and offer_id is not null
    ) as given
        on catalogue.offer_id = given.offer_id
    group by catalogue.template_id
    order by catalogue.template_id
"""

_BEFORE = f"""
    select template_id, stage_share, since, watched_since, reason from {HISTORY}
    where business_date < $business_date
    qualify row_number() over (partition by template_id order by business_date desc) = 1
"""


@dataclass(frozen=True)
class State:
    """How far a template has come.

    Attributes:
        stage_share: share of the people whom it may reach.
        since: first night of the stage.
        watched_since: offers from this night on speak for or against it.
        reason: why it is on this stage.
    """

    stage_share: float
    since: date
    watched_since: date
    reason: str


@dataclass(frozen=True)
class Rules:
    """The shop's settings, and the stages as shares from small to 1."""

    chosen: RampSettings
    night: date

    @property
    def stages(self) -> Sequence[float]:
        """Return the shares from small to 1."""
        return self.chosen.stages

    def place(self, share: float) -> int:
        """Return the stage of a share: the largest that is not above it, -1 below the first."""
        return bisect_right(self.stages, share + 1e-12) - 1


def begun(rules: Rules, *, was_given: bool) -> State:
    """Return the state of a template whose ramp begins tonight; one that everybody could get before stays there."""
    night, first = rules.night, rules.stages[0]
    if was_given and first < 1:
        return State(1.0, night, night, "reached everybody before there was a ramp")
    return State(first, night, night, _reaches(first) if first < 1 else _NO_RAMP)


def following(before: State, watch: Watch, rules: Rules) -> State:
    """Return tonight's state, from the last night's and from what became of the offers since it is watched."""
    if len(rules.stages) == 1:
        return before if before.stage_share == 1 else State(1.0, rules.night, rules.night, _NO_RAMP)
    failed = ramp_watch.failed(watch, rules.chosen, before.since)
    place = rules.place(before.stage_share)
    if failed and before.stage_share > 0:
        share = rules.stages[place - 1] if place > 0 else 0.0
        said = f"fell back from {before.stage_share:.4g} to {share:.4g} of the people on {rules.night}: {failed}"
        return State(share, rules.night, rules.night, said)
    if 0 < before.stage_share < 1 and _may_rise(before, watch, rules):
        share = rules.stages[place + 1]
        return State(share, rules.night, before.watched_since, _reaches(share))
    return before


def _may_rise(before: State, watch: Watch, rules: Rules) -> bool:
    nights = (rules.night - before.since).days
    return nights >= rules.chosen.nights_per_stage and watch.people >= rules.chosen.people_per_stage


def _reaches(share: float) -> str:
    return f"reaches {share:.4g} of the people for now" if share < 1 else "reaches everybody: every stage was passed"


def advance(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Step: write offers.ramp, the share of the people whom each template may reach tonight, and keep it per night."""
    tables.create_if_missing(warehouse, HISTORY)
    tables.create_if_missing(warehouse, "models.offer_effect")
    found = dict(_states(warehouse, run))
    rows = [{"template_id": name, **vars(state)} for name, (state, _) in found.items()]
    warehouse.write("offers.ramp", pa.Table.from_pylist(rows, schema=tables.schema("offers.ramp")))
    warehouse.execute(f"delete from {HISTORY} where business_date = $business_date", run.parameters)
    warehouse.execute(
        f"insert into {HISTORY} by name select cast($business_date as date) as business_date, * from offers.ramp "
        "where list_contains($begun, template_id) order by template_id",
        {**run.parameters, "begun": [name for name, (_, has_begun) in found.items() if has_begun]},
    )
    limited = {name: state.stage_share for name, (state, _) in found.items() if state.stage_share < 1}
    return {"templates": len(rows), "limited": limited}


def _states(warehouse: Warehouse, run: Run) -> Iterator[tuple[str, tuple[State, bool]]]:
    """Yield each template with its state and whether its ramp has begun."""
    rules = Rules(run.settings.ramp, run.business_date)
    before = {name: State(*rest) for name, *rest in warehouse.rows(_BEFORE, run.parameters)}
    watched = ramp_watch.read(warehouse, run, {name: state.watched_since for name, state in before.items()})
    for name, is_known, was_given in warehouse.rows(_TEMPLATES, run.parameters):
        if name in before:
            yield name, (following(before[name], watched[name], rules), True)
        elif is_known:
            yield name, (begun(rules, was_given=was_given), True)
        else:
            night = run.business_date
            yield name, (State(1.0, night, night, "nothing is known of it: only a pilot can give it"), False)
