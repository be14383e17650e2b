"""`measurement` and `goals` in shop.yml: how effects are measured, and what the shop wants to reach."""

from typing import Annotated

from pydantic import Field

from offermill.settings_section import Section, Share

Days = Annotated[int, Field(gt=0)]


class MeasurementSettings(Section):
    """How the effect of offers is measured."""

    # Margin of so many days before the draw explains part of what people do after it (CUPED).
    before_days: Annotated[int, Field(ge=28)] = 364
    # Draws at which the intervals for daily looks are shortest; fixed before the first look.
    tightest_draws: Annotated[int, Field(ge=100)] = 2000
    # A larger share of controls who got an offer after all, or share an address with somebody offered, is an alarm.
    contaminated_share_max: Share = 0.05


class RepeatPurchaseGoal(Section):
    """Of those who bought in the days before, the share who bought again in the days that end tonight."""

    # Share to reach, such as 0.4.
    target: Share
    # Length of both periods.
    days: Days = 91


class NewCustomersGoal(Section):
    """People whose first order falls into the days that end tonight."""

    # People to reach.
    target: Annotated[int, Field(gt=0)]
    # Length of the period.
    days: Days = 28


class AverageCheckGoal(Section):
    """Net sales per order of the days that end tonight, returns apart."""

    # Net sales per order to reach, in minor units.
    target_minor: Annotated[int, Field(gt=0)]
    # Length of the period.
    days: Days = 28


class GoalSettings(Section):
    """What the shop wants to reach; a goal that is not written is not followed."""

    # Of the customers of a period, how many bought again in the next.
    repeat_purchase: RepeatPurchaseGoal | None = None
    # How many people order for the first time.
    new_customers: NewCustomersGoal | None = None
    # What an order is worth.
    average_check: AverageCheckGoal | None = None
