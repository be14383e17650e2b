"""`offermill pilot plan`: compute a pilot from what the warehouse says, and write it down before it starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import sqrt
from pathlib import Path

from offermill import durable, money
from offermill.errors import ConfigError
from offermill.paths import ShopPaths
from offermill.run import Run
from offermill.warehouse import Warehouse
from offermill.yamlfile import nearest
from offers import catalogue, pilot, pilot_facts, pilot_file, pilot_registry, pilot_size
from offers.pilot import CONTROL, PilotPlan
from offers.pilot_facts import ArmCost, Facts
from offers.pilot_size import Room, Size, Sizing, Wish
from offers.schema import ID, Catalogue

# The expected cost is that of people without an offer; with one more of them buy. So much more stops the pilot.
SPEND_ROOM = Decimal("1.5")
# Beyond these differences to the control arm people are annoyed, whatever they buy.
OPT_OUTS, COMPLAINTS = 0.01, 0.005
# The lots are ours: one false alarm in a thousand pilots is often enough (Fabijan et al., KDD 2019).
SAMPLE_RATIO_ALPHA = 0.001
EXTEND_TIMES = 1.0


@dataclass(frozen=True)
class Asked:
    """What somebody typed: texts as given, so that messages can repeat them."""

    pilot_id: str
    templates: Sequence[str] = ()
    offers: Sequence[str] = ()
    metric: str = "margin"
    effect: str = "0.50"
    alpha: float = 0.05
    power: float = 0.8
    nights: int | None = None
    budget: str | None = None
    counts: str = "expected"
    looks: int = 2


@dataclass(frozen=True)
class Written:
    """A plan and where it lies."""

    plan: PilotPlan
    path: Path
    text: str
    currency: str

    def as_dict(self) -> dict[str, object]:
        """Return the plan for machines."""
        return {"file": str(self.path), "sha256": pilot_registry.sha256(self.text), "plan": self.plan.model_dump()}

    def as_text(self) -> str:
        """Return the plan in a few lines."""
        plan, spend = self.plan, self.plan.money
        arms = ", ".join(f"{arm.offer} {arm.people:,}" for arm in plan.arms)
        return "\n".join([
            f"Pilot {plan.id}: {plan.people:,} people ({arms})",
            f"  draws    {plan.people_per_night:,} a night, from {plan.starts_on} to {plan.last_night_on}",
            f"  costs    expected {spend.expected}, at worst {spend.worst}, at most {spend.at_most} {self.currency}",
            f"  finds    {plan.test.effect} ({plan.test.metric}) with power {plan.test.power:.0%}, "
            f"errs with {plan.test.alpha:.0%}",
            f"  looks    {', '.join(str(look) for look in plan.test.looks_on)}",
            f"  plan     {self.path}",
        ])  # fmt: skip


def write(shop: ShopPaths, day: date, asked: Asked) -> Written:
    """Compute the plan as of `day` and write it to `pilots/<id>.yml`.

    Raises:
        ConfigError: the wish is nonsense, nobody stands, people or money do not suffice (says what would), the plan
            exists, or another plan draws people on the same nights.
    """
    _check_words(asked)
    path = pilot.path_of(shop, asked.pilot_id)
    if path.exists():
        raise ConfigError(
            f"pilots/{path.name}: exists already. A plan is fixed before the start: delete it if no night has drawn by "
            "it, or choose another --id."
        )
    run = Run.of_snapshot(shop.folder, day)
    with Warehouse.open(shop.warehouse, read_only=True) as warehouse:
        made = plan(warehouse, run, asked)
    _refuse_overlap(shop, made)
    shown = pilot_file.text(made, digits=run.settings.shop.currency_digits, currency=run.settings.shop.currency)
    if pilot.parse(shown, path) != made:
        raise ConfigError(f"pilots/{path.name}: the file would not say what was planned; nothing was written.")
    durable.replace(path, shown.encode())
    return Written(made, path, shown, run.settings.shop.currency)


def _check_words(asked: Asked) -> None:
    """Refuse words that are not known.

    Raises:
        ConfigError: names the option and what may stand there.
    """
    if not ID.fullmatch(asked.pilot_id):
        raise ConfigError(f"--id {asked.pilot_id}: use small letters, digits and '-', at most 40 characters.")
    for option, given, known in (
        ("metric", asked.metric, ("margin", "conversion")),
        ("counts", asked.counts, ("expected", "worst")),
    ):
        if given not in known:
            raise ConfigError(f"--{option} {given}: must be {known[0]} or {known[1]}.{nearest(given, known)}")


def plan(warehouse: Warehouse, run: Run, asked: Asked) -> PilotPlan:
    """Return the plan that the warehouse's data of the run's date allow.

    Raises:
        ConfigError: see `write`.
    """
    wish = _wish(asked, run.settings.shop.currency_digits)
    pilot_size.check(wish)
    pilot_facts.require_night(warehouse, run.business_date)
    if pilot_registry.first_night(warehouse, asked.pilot_id):
        raise ConfigError(f"--id {asked.pilot_id}: a pilot of this name has drawn people before; choose another --id.")
    offered = catalogue.read(run.catalogue, run.settings.shop, run.settings.texts)
    chosen = pilot_facts.chosen_offers(warehouse, asked.templates, asked.offers)
    facts = pilot_facts.gather(warehouse, run, chosen)
    pilot_size.check_chance(wish, facts)
    sizing = Sizing(wish, facts, _room(warehouse, run, offered, facts))
    size = sizing.fit()
    return _plan(run, asked, facts, size, sizing.at_most(size.cohort))


def _wish(asked: Asked, digits: int) -> Wish:
    scale = 1 if asked.metric == "conversion" else 10**digits
    return Wish(
        metric=asked.metric,
        effect=float(_number("--effect", asked.effect)) * scale,
        alpha=asked.alpha,
        power=asked.power,
        nights=asked.nights,
        budget=None if asked.budget is None else int(_number("--budget", asked.budget) * 10**digits),
        counts=asked.counts,
        looks=asked.looks,
    )


def _number(option: str, given: str) -> Decimal:
    try:
        return Decimal(given).scaleb(0) if money.to_minor(given, 6) is not None else Decimal(0)
    except ValueError as problem:
        raise ConfigError(f"{option} {given}: {problem}.") from problem


def _room(warehouse: Warehouse, run: Run, offered: Catalogue, facts: Facts) -> Room:
    shop = run.settings.shop
    budget = money.to_minor(offered.budget.amount, shop.currency_digits)
    last = _last_night(offered, facts.arms, run.business_date)
    return Room(
        night_money=pilot_facts.night_money(warehouse, run, budget, offered.budget.period),
        nights_at_most=(last - run.business_date).days,
        currency=shop.currency,
        digits=shop.currency_digits,
    )


def _last_night(offered: Catalogue, arms: Sequence[ArmCost], day: date) -> date:
    """Return the last night whose offers begin while every arm's campaign runs, at most a year from now.

    Raises:
        ConfigError: a campaign ends too soon for even one night.
    """
    ends = [(offered.campaign(arm.campaign_id).valid_until or date.max, arm.campaign_id) for arm in arms]
    ends_on, campaign = min(ends)
    if ends_on < day + timedelta(days=2):
        raise ConfigError(f"the campaign {campaign} ends on {ends_on}: no night after {day} can draw people into it.")
    return min(ends_on, day + timedelta(days=367)) - timedelta(days=1)


def _plan(run: Run, asked: Asked, facts: Facts, size: Size, needed_minor: int) -> PilotPlan:
    digits = run.settings.shop.currency_digits
    starts_on = run.business_date + timedelta(days=1)
    last = starts_on + timedelta(days=size.nights - 1)
    spend = {what: _total(size, facts, what, digits) for what in ("expected", "worst")}
    at_most = asked.budget or _at_most(spend, asked.counts, needed_minor, digits)
    return PilotPlan.model_validate({
        "id": asked.pilot_id,
        "written_for": run.business_date,
        "starts_on": starts_on,
        "last_night_on": last,
        "horizon_days": run.settings.models.horizon_days,
        "people_per_night": size.per_night,
        "arms": _arms(size, facts, digits),
        "money": {**spend, "at_most": at_most, "counts": asked.counts},
        "test": {
            "metric": asked.metric,
            "effect": asked.effect,
            "alpha": asked.alpha,
            "power": asked.power,
            "looks_on": _looks(run, size, starts_on),
            "adjusted_by_days": facts.earlier_days if asked.metric == "margin" else 0,
        },
        "assumed": _assumed(facts, digits),
        "go": {},
        "stop": {
            "opt_outs_above_control": OPT_OUTS,
            "complaints_above_control": COMPLAINTS,
            "sample_ratio_alpha": SAMPLE_RATIO_ALPHA,
        },
        "extend": {"at_most_times": EXTEND_TIMES},
    })  # fmt: skip


def _at_most(spend: dict[str, str], counts: str, needed_minor: int, digits: int) -> str:
    """Return where spending stops the pilot when nobody named a budget; never less than its last night may need."""
    minor = money.to_minor(spend[counts], digits)
    usual = minor if counts == "worst" else money.share_of(minor, SPEND_ROOM)
    return money.to_text(max(usual, needed_minor, 1), digits)


def _looks(run: Run, size: Size, starts_on: date) -> tuple[date, ...]:
    """Return the day after the horizon of each look's last night has ended."""
    horizon = run.settings.models.horizon_days
    return tuple(starts_on + timedelta(days=nights - 1 + horizon) for nights in size.look_nights)


def _arms(size: Size, facts: Facts, digits: int) -> tuple[dict[str, object], ...]:
    control = {"offer": CONTROL, "people": size.cohort.control, "lots": size.lots.control}
    offers = [
        {
            "offer": arm.offer_id,
            "people": people,
            "lots": lots,
            "controls": controls,
            "expected_cost": money.to_text(arm.expected, digits),
            "worst_cost": money.to_text(arm.worst, digits),
        }
        for arm, people, lots, controls in zip(
            facts.arms, size.cohort.arms, size.lots.arms, size.cohort.controls, strict=True
        )
    ]
    return (control, *offers)


def _total(size: Size, facts: Facts, what: str, digits: int) -> str:
    """Return what the cohort costs, as expected or at worst."""
    each = [arm.expected if what == "expected" else arm.worst for arm in facts.arms]
    return money.to_text(sum(people * cost for people, cost in zip(size.cohort.arms, each, strict=True)), digits)


def _assumed(facts: Facts, digits: int) -> dict[str, object]:
    scale = 10**digits
    return {
        "mean": f"{facts.mean / scale:.4f}",
        "standard_deviation": f"{sqrt(facts.variance) / scale:.4f}",
        "explained_by_earlier": round(facts.explained, 4),
        "chance_to_buy": round(facts.chance, 4),
        "standing": facts.standing,
        "joining_per_night": round(facts.joining, 2),
    }


def _refuse_overlap(shop: ShopPaths, made: PilotPlan) -> None:
    for other in pilot.plans(pilot.folder(shop)):
        if made.starts_on <= other.last_night_on and other.starts_on <= made.last_night_on:
            raise ConfigError(
                f"pilots/{other.id}.yml draws people until {other.last_night_on}, and one pilot draws at a time; "
                f"plan this one when that has ended, or delete that plan if it shall not run."
            )
