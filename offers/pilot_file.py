"""A plan as the file that people read: every number with the sentence it stands for."""

from decimal import Decimal

from offers.pilot import Arm, PilotPlan
from offers.power import Spread, detectable, interval_width

_HEAD = """\
# Pilot {id}: {question}
# Written by `offermill pilot plan` from what was known on {written_for}. Read it, and change it now if you must: from
# the first night that draws by it ({starts_on}) the plan stands as that night read it; later changes are named, not
# followed.
#
# Who stands: people who may get at least one of these offers that night, outside the permanent control group, not held
# back from its campaign. Each night draws people_per_night of them by lot, all alike as far as limits allow, into the
# control arm or an arm that is open to them. An arm is compared with those of the control arm who could have got it.
# Whoever is drawn keeps the arm: no second offer while the offers of that night count.
#
"""

_BODY = """
id: {id}
written_for: {written_for}
starts_on: {starts_on}         # the first night that draws
last_night_on: {last_night_on}     # the last
horizon_days: {horizon_days}             # what people do so many days after the draw is counted
people_per_night: {people_per_night}

# {people:,} people, as expected. Everybody's lot is among the control arm and the arms open to them, by their `lots`;
# `controls`: how many of the control arm could have got the arm, and are compared with it.
arms:
{arms}

# Expected: at the present chance to buy, so a little less than what will be; worst: every offer used up.
money:
  expected: "{expected}"
  worst: "{worst}"
  at_most: "{at_most}"      # more than this, spent and still open, stops the pilot
  counts: {counts}        # what a draw counts in the night's budget: expected or worst

# Finds {effect_said} with a chance of {power:.0%}; errs about any arm at any look with {alpha:.0%} at most.
# Expected interval at the end: {width} wide; the cohort is made to see {seen}.
test:
  metric: {metric}            # margin (net of the offer's cost, per person) or conversion (chance to buy)
  effect: "{effect}"
  alpha: {alpha}
  power: {power}
  looks_on: [{looks}]   # bounds {limits} standard errors
  adjusted_by_days: {adjusted}        # margin of so many days before the draw is used to narrow the intervals (0: none)

# What the size rests on, measured on {written_for}.
assumed:
  mean: "{mean}"
  standard_deviation: "{deviation}"
  explained_by_earlier: {explained:.4f}   # of the variance
  chance_to_buy: {chance:.4f}
  standing: {standing}            # people who could be drawn that night
  joining_per_night: {joining:.2f}

# go: on the dates of looks_on, for an arm whose interval lies above this.
go:
  lower_bound_above: "{go}"

# stop: an arm whose interval lies below upper_bound_below (harm; at looks), or where more people than in the control
# arm, by these shares and beyond chance, opt out or complain (any night); the whole pilot when the arms' sizes are
# not what the lots make (sample_ratio_alpha), or when it costs more than money.at_most.
stop:
  upper_bound_below: "{harm}"
  opt_outs_above_control: {opt_outs}
  complaints_above_control: {complaints}
  sample_ratio_alpha: {sample_ratio}

# extend: an arm that is undecided at the last look, better than nothing by its estimate, and would be decided by a new
# pilot of at most so many times the people. (An extension is a pilot of its own, with a plan of its own.)
extend:
  at_most_times: {times}
"""


def text(plan: PilotPlan, *, digits: int, currency: str) -> str:
    """Return the plan as YAML with its comments; reading it back gives the same plan."""
    test, assumed = plan.test, plan.assumed
    spread = _spread(plan)
    unit = "" if test.metric == "conversion" else f" {currency}"
    places = 4 if test.metric == "conversion" else digits
    return (_HEAD + _BODY).format(
        id=plan.id,
        question=_question(plan),
        written_for=plan.written_for,
        starts_on=plan.starts_on,
        last_night_on=plan.last_night_on,
        horizon_days=plan.horizon_days,
        people_per_night=plan.people_per_night,
        people=plan.people,
        arms="\n".join(_arm(plan, index) for index in range(len(plan.arms))),
        expected=plan.money.expected,
        worst=plan.money.worst,
        at_most=plan.money.at_most,
        counts=plan.money.counts,
        effect_said=_said(plan, unit),
        power=test.power,
        alpha=test.alpha,
        width=f"{interval_width(plan.design, spread, plan.cohort):.{places}f}{unit}",
        seen=f"{detectable(plan.design, spread, plan.cohort):.{places}f}{unit}",
        metric=test.metric,
        effect=test.effect,
        looks=", ".join(str(look) for look in test.looks_on),
        limits=", ".join(f"{limit:.3f}" for limit in plan.design.limits),
        adjusted=test.adjusted_by_days,
        mean=assumed.mean,
        deviation=assumed.standard_deviation,
        explained=assumed.explained_by_earlier,
        chance=assumed.chance_to_buy,
        standing=assumed.standing,
        joining=assumed.joining_per_night,
        go=plan.go.lower_bound_above,
        harm=plan.stop.upper_bound_below,
        opt_outs=plan.stop.opt_outs_above_control,
        complaints=plan.stop.complaints_above_control,
        sample_ratio=plan.stop.sample_ratio_alpha,
        times=plan.extend.at_most_times,
    )


def _spread(plan: PilotPlan) -> Spread:
    if plan.test.metric == "conversion":
        return Spread.of_chance(plan.assumed.chance_to_buy, float(plan.test.effect))
    explained = plan.assumed.explained_by_earlier if plan.test.adjusted_by_days else 0.0
    return Spread.of_money(float(plan.assumed.standard_deviation) ** 2, explained)


def _question(plan: PilotPlan) -> str:
    what = "margin" if plan.test.metric == "margin" else "buyers"
    if len(plan.offers) == 1:
        return f"does {plan.offers[0].offer} bring more {what} than no offer?"
    return f"which of {len(plan.offers)} offers bring more {what} than no offer?"


def _said(plan: PilotPlan, unit: str) -> str:
    if plan.test.metric == "conversion":
        return f"a change of the chance to buy by {Decimal(plan.test.effect) * 100:f} points"
    return f"an effect of {plan.test.effect}{unit} margin per person"


def _arm(plan: PilotPlan, index: int) -> str:
    arm = plan.arms[index]
    return (
        f"  - {{offer: {arm.offer}, people: {arm.people}{_more(arm)}, "
        f'expected_cost: "{arm.expected_cost}", worst_cost: "{arm.worst_cost}"}}'
    )


def _more(arm: Arm) -> str:
    written = {"lots": arm.lots, "controls": arm.controls}
    return "".join(f", {name}: {count}" for name, count in written.items() if count is not None)
