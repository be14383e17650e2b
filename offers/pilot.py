"""The plan of a pilot: `pilots/<id>.yml` in the shop's folder, written before the start and read by the night."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from offermill import yamlfile
from offermill.errors import ConfigError
from offermill.paths import ShopPaths
from offers.power import Cohort, Design
from offers.schema import BudgetMoney, Day, Id, Money, Part

CONTROL = "control"
# Two looks find nearly everything that more would; each is a date on which somebody has to decide.
LOOKS_AT_MOST = 5

Count = Annotated[int, Field(ge=1, strict=True)]
Chance = Annotated[float, Field(gt=0, lt=1)]
Share = Annotated[float, Field(ge=0, le=1)]


def _list_of_days(given: object) -> object:
    return tuple(given) if isinstance(given, list) else given


class Arm(Part):
    """One arm: `control`, or an offer of the catalogue; costs are per person drawn into it.

    `people` are as many as are expected in it, `controls` as many of the control arm as could have got it (all of
    them if it is not written); `lots` say how likely it is beside a person's other arms (as `people`, if not written).
    """

    offer: str
    people: Count
    lots: Count | None = None
    controls: Count | None = None
    expected_cost: BudgetMoney = "0"
    worst_cost: BudgetMoney = "0"


class PlannedMoney(Part):
    """What the whole pilot is expected to cost, at worst and at most; and what a draw counts in the night's budget."""

    expected: BudgetMoney
    worst: BudgetMoney
    at_most: Money
    counts: Literal["expected", "worst"] = "expected"


class PlannedTest(Part):
    """How the arms are compared; `looks_on` are the dates on which a verdict may fall."""

    metric: Literal["margin", "conversion"]
    effect: Money
    alpha: Chance
    power: Chance
    looks_on: Annotated[tuple[Day, ...], BeforeValidator(_list_of_days), Field(min_length=1, max_length=LOOKS_AT_MOST)]
    adjusted_by_days: Annotated[int, Field(ge=0, strict=True)] = 0


class Assumed(Part):
    """What the size was computed from, measured in the warehouse when the plan was written."""

    mean: str
    standard_deviation: str
    explained_by_earlier: Share
    chance_to_buy: Share
    standing: Annotated[int, Field(ge=0, strict=True)]
    joining_per_night: Annotated[float, Field(ge=0)]


class Go(Part):
    """An arm is worth going on with when its interval lies above this."""

    lower_bound_above: BudgetMoney = "0"


class Stop(Part):
    """What ends an arm (harm) or the pilot (money, complaints, a wrong draw)."""

    upper_bound_below: BudgetMoney = "0"
    opt_outs_above_control: Share
    complaints_above_control: Share
    sample_ratio_alpha: Chance


class Extend(Part):
    """An undecided arm is worth more people when so many times the cohort would decide it."""

    at_most_times: Annotated[float, Field(ge=0)]


class PilotPlan(Part):
    """All of a plan; see docs/how-to/run-a-pilot.md."""

    id: Id
    written_for: Day
    starts_on: Day
    last_night_on: Day
    horizon_days: Count
    people_per_night: Count
    arms: tuple[Arm, ...]
    money: PlannedMoney
    test: PlannedTest
    assumed: Assumed
    go: Go
    stop: Stop
    extend: Extend

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        for problem in _problems(self):
            raise ValueError(problem)
        return self

    @property
    def offers(self) -> tuple[Arm, ...]:
        """Return the arms that get an offer."""
        return tuple(arm for arm in self.arms if arm.offer != CONTROL)

    @property
    def control(self) -> Arm:
        """Return the control arm."""
        return next(arm for arm in self.arms if arm.offer == CONTROL)

    @property
    def people(self) -> int:
        """Return the size of the whole cohort."""
        return sum(arm.people for arm in self.arms)

    @property
    def cohort(self) -> Cohort:
        """Return the sizes of the arm that is told least surely and of its controls."""
        each = [Cohort(arm.people, arm.controls or self.control.people, len(self.offers)) for arm in self.offers]
        return max(each, key=lambda one: 1 / one.arm + 1 / one.control)

    @property
    def design(self) -> Design:
        """Return what the plan promises about its errors, with its looks as shares of the cohort."""
        return Design(len(self.offers), self.test.alpha, self.test.power, self.fractions)

    @property
    def fractions(self) -> tuple[float, ...]:
        """Return the share of the cohort whose horizon is complete at each look, when the draws go as planned."""
        return tuple(self._complete(look) / self.people for look in self.test.looks_on)

    @property
    def lot(self) -> tuple[str, str]:
        """Return what names the pilot's lots: no other pilot and no other lot of the night shares them."""
        return ("pilot", self.id)

    def is_drawing(self, night: date) -> bool:
        """Tell whether the night may draw people into the pilot."""
        return self.starts_on <= night <= self.last_night_on

    def shares(self) -> tuple[float, ...]:
        """Return the chance of each arm for somebody who is drawn and may get all, in the order of `arms`."""
        lots = self.lots
        return tuple(lots[arm.offer] / sum(lots.values()) for arm in self.arms)

    @property
    def lots(self) -> dict[str, int]:
        """Return how likely each arm is, control among them, beside the others that are open to a person."""
        return {arm.offer: arm.lots or arm.people for arm in self.arms}

    def _complete(self, look: date) -> int:
        nights = (look - timedelta(days=self.horizon_days) - self.starts_on).days + 1
        return min(max(nights, 0) * self.people_per_night, self.people)


def _problems(plan: PilotPlan) -> Iterator[str]:
    """Yield what is wrong although every key is well formed."""
    offers = [arm.offer for arm in plan.arms]
    looks = plan.test.looks_on
    if offers.count(CONTROL) != 1 or len(offers) < 2 or len(set(offers)) < len(offers):
        yield "arms: one of them must be 'control', at least one an offer, and none may stand twice"
    if not plan.written_for < plan.starts_on <= plan.last_night_on:
        yield "starts_on must come after written_for, and last_night_on not before starts_on"
    if list(looks) != sorted(set(looks)) or looks[-1] < plan.last_night_on + timedelta(days=plan.horizon_days):
        yield (
            "test.looks_on must rise, and the last look must leave the last night its horizon: "
            f"{plan.last_night_on + timedelta(days=plan.horizon_days)} or later"
        )
    if plan.fractions[0] <= 0 or list(plan.fractions) != sorted(set(plan.fractions)):
        yield "test.looks_on: at each look more horizons must be complete than at the one before, at the first some"
    if Decimal(plan.money.worst) < Decimal(plan.money.expected):
        yield "money.worst is less than money.expected"
    if Decimal(plan.money.at_most) < Decimal(getattr(plan.money, plan.money.counts)):
        yield f"money.at_most is less than money.{plan.money.counts}, what the cohort counts"


def folder(shop: ShopPaths, night: date | None = None) -> Path:
    """Return where the plans lie: those frozen with the night where it has begun, else those in the shop's folder."""
    frozen = shop.runs / night.isoformat() if night else None
    return frozen / "pilots" if frozen and (frozen / "run.json").is_file() else shop.folder / "pilots"


def path_of(shop: ShopPaths, pilot_id: str) -> Path:
    """Return the file of a plan."""
    return folder(shop) / f"{pilot_id}.yml"


def read(path: Path) -> PilotPlan:
    """Return the plan in a file.

    Raises:
        ConfigError: every problem with file, line, key and what to do.
    """
    plan = yamlfile.validate(PilotPlan, path)
    if plan.id != path.stem:
        raise ConfigError(f"{path.name}: id: is {plan.id!r}; a plan's file is named after it: {plan.id}.yml.")
    return plan


def parse(text: str, path: Path) -> PilotPlan:
    """Return the plan in a text; `path` only names it in errors."""
    values, lines = yamlfile.parse(text, path)
    return yamlfile.validate_values(PilotPlan, values, lines, path)


def plans(where: Path) -> list[PilotPlan]:
    """Return all plans of a folder, by id.

    Raises:
        ConfigError: one cannot be meant as written, or two draw people on the same night.
    """
    found = [read(path) for path in sorted(where.glob("*.yml"))]
    for one in found:
        for other in found:
            if one.id < other.id and one.starts_on <= other.last_night_on and other.starts_on <= one.last_night_on:
                raise ConfigError(
                    f"pilots/{one.id}.yml and pilots/{other.id}.yml both draw people from "
                    f"{max(one.starts_on, other.starts_on)} on; let one start after the other's last_night_on."
                )
    return found


def active(shop: ShopPaths, business_date: date) -> PilotPlan | None:
    """Return the plan that draws people on a night, or None.

    Raises:
        ConfigError: a plan cannot be meant as written, or two draw people on the same night.
    """
    return next((plan for plan in plans(folder(shop, business_date)) if plan.is_drawing(business_date)), None)
