"""What became of a template's offers since it is watched, and which guardrail that breaks."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from offermill.run import Run
from offermill.settings import RampSettings
from offermill.warehouse import Warehouse
from offers.pilot_evidence import is_beyond

# Days after an offer in which a refusal or a complaint is laid to it.
_BLAMED_DAYS = 28

_WATCH = """
    with watched as (
        select unnest($templates) as template_id, unnest($since) as watched_since
    ),
    given as (
        select decisions.*, catalogue.template_id, catalogue.kind, catalogue.max_cost_minor
        from offers.decision_history as decisions
        inner join offers.catalogue as catalogue on decisions.offer_id = catalogue.offer_id
        inner join watched on catalogue.template_id = watched.template_id
        where
            decisions.business_date >= watched.watched_since
            and decisions.business_date < $business_date
            and decisions.group_name <> 'pilot'
    ),
    used as (
        select
            given.customer_id,
            given.business_date,
            given.offer_id,
            count(*) as redemption_count,
            -- What is given beside the price costs what the catalogue says.
            sum(if(given.kind in ('percent', 'amount'), redemptions.discount_minor, given.max_cost_minor)) as cost_minor
        from given
        inner join core.redemption as redemptions
            on given.customer_id = redemptions.customer_id
            and given.offer_id = redemptions.offer_id
            and redemptions.redeemed_on between given.valid_from and given.valid_until
        where redemptions.redeemed_at < $as_of and redemptions.arrived_on <= $business_date
        group by given.customer_id, given.business_date, given.offer_id
    ),
    money as (
        select
            given.template_id,
            count(distinct given.customer_id) as people,
            sum(given.cost_minor) as expected_minor,
            sum(coalesce(used.cost_minor, 0)) as actual_minor,
            count(*) filter (where given.valid_until <= $business_date) as ended,
            sum(given.redeem_chance) filter (where given.valid_until <= $business_date) as expected_redemptions,
            sum(least(coalesce(used.redemption_count, 0), 1)) filter (where given.valid_until <= $business_date)
                as redemptions
        from given
        left join used
            on given.customer_id = used.customer_id
            and given.business_date = used.business_date
            and given.offer_id = used.offer_id
        group by given.template_id
    ),
    exposed as (
        select template_id, customer_id, min(business_date) as first_on, true as is_given
        from given
        group by template_id, customer_id
        union all
        select watched.template_id, decisions.customer_id, min(decisions.business_date), false
        from offers.decision_history as decisions
        cross join watched
        where
            decisions.business_date >= watched.watched_since
            and decisions.business_date < $business_date
            and decisions.group_name in ('global_control', 'control')
        group by watched.template_id, decisions.customer_id
    ),
    refused as (
        select customer_id, cast(recorded_at as date) as on_day
        from core.consent
        where not is_granted and recorded_at < $as_of and arrived_on <= $business_date
    ),
    complained as (
        {complaints}
    ),
    moods as (
        select
            exposed.template_id,
            exposed.is_given,
            exists (
                select 1 from refused
                where refused.customer_id = exposed.customer_id
                    and refused.on_day > exposed.first_on
                    and date_diff('day', exposed.first_on, refused.on_day) <= $blamed_days
            ) as has_refused,
            exists (
                select 1 from complained
                where complained.customer_id = exposed.customer_id
                    and complained.on_day > exposed.first_on
                    and date_diff('day', exposed.first_on, complained.on_day) <= $blamed_days
            ) as has_complained
        from exposed
    ),
    counts as (
        select
            template_id,
            count(*) filter (where is_given) as given_people,
            count(*) filter (where is_given and has_refused) as given_refused,
            count(*) filter (where is_given and has_complained) as given_complained,
            count(*) filter (where not is_given) as control_people,
            count(*) filter (where not is_given and has_refused) as control_refused,
            count(*) filter (where not is_given and has_complained) as control_complained
        from moods
        group by template_id
    )
    select
        watched.template_id,
        coalesce(money.people, 0),
        coalesce(money.expected_minor, 0),
        coalesce(money.actual_minor, 0),
        coalesce(money.ended, 0),
        coalesce(money.expected_redemptions, 0),
        coalesce(money.redemptions, 0),
        coalesce(counts.given_people, 0),
        coalesce(counts.given_refused, 0),
        coalesce(counts.given_complained, 0),
        coalesce(counts.control_people, 0),
        coalesce(counts.control_refused, 0),
        coalesce(counts.control_complained, 0)
    from watched
    left join money on watched.template_id = money.template_id
    left join counts on watched.template_id = counts.template_id
    order by watched.template_id
"""

_COMPLAINTS = """
    select customer_id, opened_on as on_day from core.complaint
    where opened_at < $as_of and arrived_on <= $business_date
"""
_NO_COMPLAINTS = "select cast(null as varchar) as customer_id, cast(null as date) as on_day where false"


@dataclass(frozen=True)
class Watch:
    """Offers of a template since it is watched (pilots apart), and the control groups of the same nights.

    Attributes:
        people: distinct people who got one.
        expected_minor, actual_minor: what they were estimated to cost in all, and did cost so far.
        ended, expected_redemptions, redemptions: offers whose last day has passed, and their redemptions.
        refused, complained: (people, of how many) within the days for which the offer is blamed.
        control_refused, control_complained: the same in the control groups.
        worth: the newest judgement of the uplift model's choices, or None where there is none.
    """

    people: int
    expected_minor: int
    actual_minor: int
    ended: int
    expected_redemptions: float
    redemptions: int
    refused: tuple[int, int]
    complained: tuple[int, int]
    control_refused: tuple[int, int]
    control_complained: tuple[int, int]
    worth: "Worth | None" = None


@dataclass(frozen=True)
class Worth:
    """What a model's choices would earn on people it did not learn from, more than no offers.

    Attributes:
        judged_on: date of the training that judged it.
        lower_minor: lower end of the interval, per person and wave.
    """

    judged_on: date
    lower_minor: float


def worth(run: Run) -> Worth | None:
    """Return the newest judgement on or before the business date, accepted or not; None where none could be made."""
    cards = sorted(run.shop.models.glob("uplift/*/card.json"), reverse=True)
    for path in (path for path in cards if path.parent.name <= run.business_date.isoformat()):
        figures = json.loads(path.read_text(encoding="utf-8")).get("figures", {})
        leads = [lead for each in figures.get("judged", {}).get("budgets", [])[:1] for lead in each["leads"]]
        lower = next((lead["low"] for lead in leads if lead["against"] == "nothing"), None)
        return None if lower is None else Worth(date.fromisoformat(path.parent.name), float(lower))
    return None


def read(warehouse: Warehouse, run: Run, since: Mapping[str, date]) -> dict[str, Watch]:
    """Return what became of each template's offers since the date from which it is watched."""
    if not since:
        return {}
    complaints = _COMPLAINTS if warehouse.exists("core.complaint") else _NO_COMPLAINTS
    names = sorted(since)
    bound = {
        **run.parameters,
        "templates": names,
        "since": [since[name] for name in names],
        "blamed_days": _BLAMED_DAYS,
    }
    rows, found = warehouse.rows(_WATCH.format(complaints=complaints), bound), worth(run)
    return {name: replace(_watch(*rest), worth=found) for name, *rest in rows}


def _watch(
    people: int, expected: int, actual: int, ended: int, expected_redemptions: float, redemptions: int,
    given: int, refused: int, complained: int, control: int, control_refused: int, control_complained: int,
) -> Watch:  # fmt: skip
    return Watch(
        people=people,
        expected_minor=int(expected),
        actual_minor=int(actual),
        ended=ended,
        expected_redemptions=float(expected_redemptions),
        redemptions=int(redemptions),
        refused=(refused, given),
        complained=(complained, given),
        control_refused=(control_refused, control),
        control_complained=(control_complained, control),
    )


def failed(watch: Watch, rules: RampSettings, since: date) -> str:
    """Return which guardrails fail, in words, or an empty text; a judgement counts once, for the stage it fell in."""
    return "; ".join([*_failures(watch, rules), *_worthless(watch, rules, since)])


def _worthless(watch: Watch, rules: RampSettings, since: date) -> Iterator[str]:
    found = watch.worth
    if found and found.judged_on > since and found.lower_minor <= -rules.value_epsilon_minor:
        yield (
            f"by the training of {found.judged_on} the choices earn {found.lower_minor / 100:+.2f} per person at the "
            f"lower end, more than {-rules.value_epsilon_minor / 100:+.2f} is asked for"
        )


def _failures(watch: Watch, rules: RampSettings) -> Iterator[str]:
    if watch.people >= rules.people_per_stage and watch.actual_minor > rules.cost_ratio_max * watch.expected_minor:
        yield (
            f"its offers cost {watch.actual_minor / max(watch.expected_minor, 1):.2f} times the estimate so far, at "
            f"most {rules.cost_ratio_max:g} is allowed"
        )
    if watch.ended >= rules.people_per_stage and (
        watch.redemptions < rules.redemption_ratio_min * watch.expected_redemptions
    ):
        yield (
            f"{watch.redemptions} of {watch.ended} ended offers were used, {watch.expected_redemptions:.1f} were "
            f"expected, at least {rules.redemption_ratio_min:g} of that is asked for"
        )
    for said, given, control, most in (
        ("opted out", watch.refused, watch.control_refused, rules.opt_outs_above_control_max),
        ("complained", watch.complained, watch.control_complained, rules.complaints_above_control_max),
    ):
        if is_beyond(given, control, most):
            yield (
                f"{given[0] / given[1]:.2%} {said} against {control[0] / control[1]:.2%} in the control groups, more "
                f"than {most:.2%} above them and beyond chance"
            )
