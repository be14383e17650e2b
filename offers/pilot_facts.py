"""What the warehouse says about a pilot that might be: who stands, how margin scatters, what the arms would cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, isnan

from offermill.errors import ConfigError
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers.pilot_lots import OpenSet

# Earlier margin over so many days may explain the margin to come; the one that explains most is taken.
EARLIER_DAYS = (28, 91, 365)
# More than this is an accident of few people, not a promise for the next horizon.
EXPLAINED_AT_MOST = 0.95
# Who registered in so many last days shows how many people join per night.
JOINING_DAYS = 28

# Who may get which arm tonight; no lot stands in the way.
_STANDING = """
    with arms as (select offer_id, campaign_id from offers.catalogue where offer_id in (select unnest($offers))),
    open as (
        select
            candidate.customer_id,
            candidate.offer_id
        from offers.candidate as candidate
        inner join arms on candidate.offer_id = arms.offer_id
        semi join (select customer_id from offers.assignment_group where group_name <> 'global_control') as drawable
            on candidate.customer_id = drawable.customer_id
        anti join offers.campaign_control as held_back
            on candidate.customer_id = held_back.customer_id and arms.campaign_id = held_back.campaign_id
    ),
    standing as (select distinct customer_id from open)
"""

_OPEN = f"""
    {_STANDING},
    sets as (
        select customer_id, list(offer_id order by offer_id) as offers
        from open
        group by customer_id
    )
    select offers, count(*) from sets group by offers order by offers
"""

_PEOPLE = f"""
    {_STANDING}
    select
        count(*),
        count(*) filter (where customers.registered_on > $business_date - {JOINING_DAYS})
    from standing
    inner join core.customer as customers on standing.customer_id = customers.customer_id
"""

# Only who was a customer before the horizon began says what people do in one.
_OUTCOMES = f"""
    {_STANDING},
    known as (
        select standing.customer_id
        from standing
        inner join core.customer as customers on standing.customer_id = customers.customer_id
        where customers.registered_on <= $business_date - $horizon_days
    ),
    purchases as (
        select *, date_diff('day', ordered_on, $business_date) as age_days
        from core.purchase
        where ordered_at < $as_of and arrived_on <= $business_date
    ),
    sums as (
        select
            known.customer_id,
            sum(case when age_days < $horizon_days then margin_minor else 0 end) as now,
            bool_or(age_days < $horizon_days and not is_return) as bought,
            {{earlier}}
        from known
        left join purchases on known.customer_id = purchases.customer_id
        group by known.customer_id
    )
    select
        count(*),
        cast(avg(coalesce(now, 0)) as double),
        cast(var_samp(coalesce(now, 0)) as double),
        avg(cast(coalesce(bought, false) as integer)),
        {{explained}}
    from sums
"""

_COSTS = f"""
    {_STANDING},
    offers as (select * from offers.catalogue where offer_id in (select unnest($offers))),
    earned as (
        select
            offers.offer_id,
            lines.customer_id,
            lines.order_id,
            any_value(offers.kind) as kind,
            any_value(offers.depth_pct) as depth_pct,
            any_value(offers.max_cost_minor) as max_cost_minor,
            min(lines.ordered_at) as ordered_at,
            sum(lines.net_minor) as net_minor
        from core.purchase_line as lines
        inner join open on lines.customer_id = open.customer_id
        inner join offers
            on open.offer_id = offers.offer_id
            and (
                offers.target_kind = 'basket'
                or (offers.target_kind = 'category' and offers.target_id = lines.category_id)
                or (offers.target_kind = 'product' and offers.target_id = lines.product_id)
            )
        where
            lines.ordered_at < $as_of
            and lines.arrived_on <= $business_date
            and date_diff('day', lines.ordered_on, $business_date) < $horizon_days
            and lines.kind <> 'return'
            and (lines.channel = 'web' or not offers.is_web_only)
        group by offers.offer_id, lines.customer_id, lines.order_id
        having sum(lines.net_minor) >= coalesce(any_value(offers.threshold_minor), 1)
    ),
    firsts as (
        -- A code is redeemed once: the first order that earns it.
        select *
        from earned
        qualify row_number() over (partition by offer_id, customer_id order by ordered_at, order_id) = 1
    ),
    given as (
        select
            offer_id,
            sum(
                case kind when 'percent' then least(net_minor * depth_pct / 100, max_cost_minor) else max_cost_minor end
            ) as minor
        from firsts
        group by offer_id
    ),
    sizes as (select offer_id, count(*) as people from open group by offer_id)
    select
        offers.offer_id,
        coalesce(given.minor, 0) / sizes.people,
        offers.max_cost_minor,
        offers.campaign_id
    from offers
    inner join sizes on offers.offer_id = sizes.offer_id
    left join given on offers.offer_id = given.offer_id
    order by offers.offer_id
"""


@dataclass(frozen=True)
class ArmCost:
    """What one person in an arm costs, in minor units: at the present chance to buy (rounded up), and at worst.

    The chance is that of people to whom the arm is open.
    """

    offer_id: str
    expected: int
    worst: int
    campaign_id: str


@dataclass(frozen=True)
class Facts:
    """The warehouse's answer; money in minor units per person and horizon.

    Attributes:
        standing: people who could be drawn tonight, into one arm at least.
        open_sets: how many of them may get which arms.
        joining: people who become so per night.
        mean, variance: of margin per person in the last horizon.
        chance: share of people who bought in it.
        explained: share of the variance that margin of the `earlier_days` before the horizon explains.
    """

    standing: int
    joining: float
    mean: float
    variance: float
    chance: float
    explained: float
    earlier_days: int
    arms: tuple[ArmCost, ...]
    open_sets: tuple[OpenSet, ...]

    def people(self, arm: int) -> int:
        """Return how many people may get an arm."""
        return sum(one.people for one in self.open_sets if arm in one.arms)


def require_night(warehouse: Warehouse, day: date) -> None:
    """Refuse a warehouse whose offers are those of another night.

    Raises:
        ConfigError: names the night that it holds.
    """
    address = "offers.allocation_summary"
    held = warehouse.value(f"select max(business_date) from {address}") if warehouse.exists(address) else None
    if held != day:
        holds = f"holds the night of {held}" if held else "holds no night yet"
        raise ConfigError(f"{day}: the warehouse {holds}; run `offermill run --date {day}` first, or name its date.")


def chosen_offers(warehouse: Warehouse, templates: Sequence[str], offers: Sequence[str]) -> tuple[str, ...]:
    """Return the offers to try: those named, those of the templates named, else all that nothing is known of.

    Raises:
        ConfigError: a name is not in tonight's catalogue; names the nearest.
    """
    from offermill.yamlfile import nearest

    known = warehouse.rows("select offer_id, template_id from offers.catalogue order by offer_id")
    for what, given, there in (
        ("template", templates, {t for _, t in known}),
        ("offer", offers, {o for o, _ in known}),
    ):
        for name in given:
            if name not in there:
                raise ConfigError(f"--{what} {name}: tonight's catalogue has none.{nearest(name, sorted(there))}")
    if templates or offers:
        return tuple(offer for offer, template in known if offer in offers or template in templates)
    untried = "select distinct offer_id from models.offer_effect where evidence = 'model'"
    tried = {offer for (offer,) in warehouse.rows(untried)} if warehouse.exists("models.offer_effect") else set()
    found = tuple(offer for offer, _ in known if offer not in tried)
    if not found:
        raise ConfigError("every offer of the catalogue has evidence; name what to try again: --template or --offer.")
    return found


def gather(warehouse: Warehouse, run: Run, offers: Sequence[str]) -> Facts:
    """Return the facts for a pilot of the offers as of the run's date.

    Raises:
        ConfigError: nobody may get one of them, or the shop has no full horizon of purchases behind it.
    """
    bound = {**run.parameters, "offers": list(offers), "horizon_days": run.settings.models.horizon_days}
    open_sets = _open_sets(warehouse, bound, sorted(offers))
    standing, joined = warehouse.rows(_PEOPLE, bound)[0]
    people, mean, variance, chance, *explained = warehouse.rows(_outcomes(bound), bound)[0]
    if not people or not variance:
        raise ConfigError(
            f"{run.business_date}: no purchases in the {bound['horizon_days']} days before; margin per person cannot "
            "be measured, so the size of a pilot cannot be computed. Load more history."
        )
    share, days = max((_share(one), -days) for one, days in zip(explained, EARLIER_DAYS, strict=True))
    arms = [
        ArmCost(offer, ceil(round(cost, 6)), worst, campaign)
        for offer, cost, worst, campaign in warehouse.rows(_COSTS, bound)
    ]
    return Facts(
        standing=standing,
        joining=joined / JOINING_DAYS,
        mean=mean,
        variance=variance,
        chance=chance,
        explained=share,
        earlier_days=-days,
        arms=tuple(arms),
        open_sets=open_sets,
    )


def _share(found: float | None) -> float:
    """Return a squared correlation that may be trusted; there is none (NaN) where nobody bought earlier."""
    return 0.0 if found is None or isnan(found) else min(found, EXPLAINED_AT_MOST)


def _outcomes(bound: Mapping[str, object]) -> str:
    """Return the query with one column per span of earlier days."""
    within = "age_days >= $horizon_days and age_days < $horizon_days + {days}"
    earlier = [
        f"sum(case when {within.format(days=d)} then margin_minor else 0 end) as before_{d}" for d in EARLIER_DAYS
    ]
    explained = [f"power(corr(coalesce(now, 0), coalesce(before_{d}, 0)), 2)" for d in EARLIER_DAYS]
    return _OUTCOMES.format(earlier=", ".join(earlier), explained=", ".join(explained))


def _open_sets(warehouse: Warehouse, bound: Mapping[str, object], offers: Sequence[str]) -> tuple[OpenSet, ...]:
    """Return how many people may get which of the offers, which are sorted by id."""
    rows = warehouse.rows(_OPEN, bound)
    sets = tuple(OpenSet(tuple(offers.index(offer) for offer in names), people) for names, people in rows)
    counts = [sum(one.people for one in sets if arm in one.arms) for arm in range(len(offers))]
    if 0 not in counts:
        return sets
    each = ", ".join(f"{offer} {count:,}" for offer, count in zip(offers, counts, strict=True))
    raise ConfigError(
        f"{offers[counts.index(0)]}: nobody may get it tonight (people by offer: {each}). Name other offers with "
        "--template or --offer, or read offers.exclusion for the reasons."
    )


def night_money(warehouse: Warehouse, run: Run, amount_minor: int, period: str) -> int:
    """Return what a night may spend on a pilot: its part of the budget, by randomisation.pilot_share unless cold."""
    nights = {"night": 1, "week": 7, "month": 30}[period]
    known = warehouse.exists("models.offer_effect") and warehouse.value("select count(*) from models.offer_effect")
    share = run.settings.randomisation.pilot_share if known else 1.0
    return int(amount_minor / nights * share)
