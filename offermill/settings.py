"""shop.yml as one frozen object, read once at the edge and passed down."""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator

from offermill import businessday, yamlfile
from offermill.errors import ConfigError
from offermill.ingest import contracts
from offermill.ingest.sources import SourceSettings
from offermill.settings_channels import Block, ChannelSettings
from offermill.settings_checks import ApprovalSettings, LastCheckSettings
from offermill.settings_goals import GoalSettings, MeasurementSettings
from offermill.settings_portal import PortalSettings
from offermill.settings_section import Section as Section
from offermill.settings_section import Share as Share
from offermill.settings_texts import TextSettings

Language = Literal["lv", "ru", "en"]


class ShopSettings(Section):
    """Who the shop is."""

    # Short name of the shop in run ids and file names.
    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
    # Name as people read it on pages.
    name: str
    # The zone in which a business date begins and ends, such as Europe/Riga.
    time_zone: str
    # Country of phone numbers written without +, ISO 3166 letters.
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "LV"
    # The one currency of the shop, ISO 4217; orders in another are set aside, never summed.
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "EUR"
    # Digits behind the decimal point of the currency.
    currency_digits: Annotated[int, Field(ge=0, le=3)] = 2
    # Languages in which offers are written.
    languages: tuple[Language, ...] = ("lv", "ru", "en")
    # Language for customers whose own is not known.
    default_language: Language = "en"

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            businessday.zone(name)
        except ConfigError as problem:
            raise ValueError(str(problem).removeprefix("shop.time_zone: ")) from problem
        return name


class GateSettings(Section):
    """When a night stops."""

    # More bad records than this share of a delivery stop the night; a source may say otherwise.
    reject_rate_max: Share = 0.01
    # So few bad records of one delivery never stop a night by themselves, however small the delivery is.
    reject_count_allowed: Annotated[int, Field(ge=0)] = 0


class MarginSettings(Section):
    """What a sale leaves us when the files do not say."""

    # Margin as a share of net sales for products whose cost is unknown; pages call it an assumption.
    default_share: Share = 0.30
    # What serving one order costs (packing, till time, support), in minor units.
    service_cost_per_order_minor: Annotated[int, Field(ge=0)] = 50
    # What serving one return costs, in minor units.
    service_cost_per_return_minor: Annotated[int, Field(ge=0)] = 250


class CoreSettings(Section):
    """When facts are not taken at face value."""

    # An address that more records share than this is a shop's or a typing habit, and makes nobody one person.
    shared_address_records: Annotated[int, Field(ge=2)] = 5
    # A visitor with more browsing events on one day is a program, not a person.
    bot_events_per_day: Annotated[int, Field(gt=0)] = 2000


class SegmentSettings(Section):
    """Where segments begin and end."""

    # New: the first order was less than so many days ago.
    new_days: Annotated[int, Field(gt=0)] = 60
    # Due: this many times the own usual gap since the last order.
    due_factor: Annotated[float, Field(gt=0)] = 1.0
    # Slipping: this many times the own usual gap.
    slipping_factor: Annotated[float, Field(gt=0)] = 1.5
    # Lapsed: no order for so many days.
    lapsed_days: Annotated[int, Field(gt=0)] = 180
    # How many behavioural clusters are looked for.
    cluster_count: Annotated[int, Field(ge=2, le=20)] = 6
    # Inert: at least this many gaps between purchase days.
    inert_gap_count: Annotated[int, Field(ge=2)] = 5
    # Inert: gaps no more irregular than this (standard deviation over mean).
    inert_gap_variation: Annotated[float, Field(gt=0)] = 0.6
    # Inert: a narrow basket, of no more categories than this.
    inert_category_count: Annotated[int, Field(ge=1)] = 5
    # Inert: hardly ever on promotion.
    inert_promotion_share: Share = 0.2
    # Unprofitable: how certain a loss per order must be.
    unprofitable_chance: Share = 0.9


class CandidateSettings(Section):
    """Which categories and products are offered to a person, and why."""

    # So many categories and products at most are offered to one person, those with the strongest reasons.
    targets_per_person: Annotated[int, Field(ge=1)] = 3
    # Bought on at least so many days: fewer show no rhythm.
    rhythm_day_count: Annotated[int, Field(ge=3)] = 3
    # Due: from this many times the own usual gap since the last purchase.
    due_from: Annotated[float, Field(gt=0)] = 0.8
    # A lapsed favourite, no longer due: from this many times the own usual gap.
    lapsed_from: Annotated[float, Field(ge=1)] = 3.0
    # What goes together is read from the sales of the last so many days.
    association_days: Annotated[int, Field(gt=0)] = 90
    # Two goods go together only if at least so many baskets (or customers) hold both.
    minimum_support: Annotated[int, Field(ge=5)] = 30
    # And only if that is at least so many times as often as chance would have it.
    minimum_lift: Annotated[float, Field(gt=1)] = 1.2


class ContactWindow(Section):
    """How many contacts one channel may make with one person."""

    # At most so many contacts in the window.
    contacts: Annotated[int, Field(ge=1)]
    # Length of the sliding window in local days; the day of the new contact is its last.
    days: Annotated[int, Field(ge=1)]


class OffersPerPerson(Section):
    """How many offers one person may get, by all channels together."""

    # At most so many a day; a night makes one at most.
    day: Annotated[int, Field(ge=1)] = 1
    # At most so many a week, from Monday.
    week: Annotated[int, Field(ge=1)] = 2
    # At most so many a calendar month.
    month: Annotated[int, Field(ge=1)] = 4


Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class ContactPolicySettings(Section):
    """When people are left alone. The day of a contact is the one after the night, in the shop's time zone."""

    # E-mails with offers to one person; where a window is full, another channel the person allows may carry the offer.
    email: ContactWindow = ContactWindow(contacts=2, days=7)
    # Text messages with offers to one person.
    sms: ContactWindow = ContactWindow(contacts=1, days=7)
    # Push messages with offers to one person.
    push: ContactWindow = ContactWindow(contacts=3, days=7)
    # Letters with offers to one person.
    post: ContactWindow = ContactWindow(contacts=1, days=28)
    # Offers to one person by all channels together.
    offers_per_person: OffersPerPerson = OffersPerPerson()
    # No contact on so many days after the day of a purchase.
    days_after_purchase: Annotated[int, Field(ge=0)] = 1
    # No contact while a complaint is open, nor on so many days after the day on which it was settled.
    days_after_complaint: Annotated[int, Field(ge=0)] = 14
    # A template's offers stop after so many contacts without a purchase while they counted.
    unanswered_times: Annotated[int, Field(ge=1)] = 3
    # Only contacts of the last so many days count there, so that the template may be tried again later.
    unanswered_days: Annotated[int, Field(ge=1)] = 180
    # An address is not written to after so many messages in a row that its channel refused or that bounced.
    failed_times: Annotated[int, Field(ge=1)] = 2
    # Only messages of the last so many days count there, so that the address may be tried again; a new one is new.
    failed_days: Annotated[int, Field(ge=1)] = 180
    # Weekdays without contacts: the night before makes no offers.
    quiet_weekdays: tuple[Weekday, ...] = ()
    # Dates without contacts, such as 2026-12-25: the night before makes no offers.
    quiet_dates: tuple[date, ...] = ()


class ModelSettings(Section):
    """How models are trained."""

    # Days after the night in which a response counts.
    horizon_days: Annotated[int, Field(gt=0)] = 28
    # How many earlier dates a training looks back from.
    snapshot_count: Annotated[int, Field(ge=3)] = 6
    # Days between those dates.
    snapshot_step_days: Annotated[int, Field(gt=0)] = 28
    # Random draws of the last so many days are evidence of what offers change.
    evidence_days: Annotated[int, Field(gt=0)] = 180
    # How much less per person and wave (minor units) an uplift model may earn at worst, and still replace the old one.
    replacement_epsilon_minor: Annotated[int, Field(ge=0)] = 50
    # Assumed where nothing is known: an offer lifts the chance to buy by this share. 0 = nothing is assumed.
    rule_lift_share: Share = 0.0
    # Fewer training rows than this train no model.
    minimum_rows: Annotated[int, Field(gt=0)] = 500
    # Seed of everything random in training: same data, same model.
    seed: int = 20260101
    # Threads of a training.
    thread_count: Annotated[int, Field(gt=0)] = 1


class RandomisationSettings(Section):
    """Who is left out by lot, so that effects can be measured."""

    # Changing the salt draws all groups anew: the permanent control group would lose its history.
    salt: Annotated[str, Field(min_length=8)]
    # Share of people who never get an offer: the yardstick of the whole programme.
    global_control_share: Share = 0.05
    # Share of people held back from one campaign.
    campaign_control_share: Share = 0.10
    # Share who get a random affordable offer, so that effects keep being learned.
    exploration_share: Share = 0.05
    # Share who are drawn into a pilot where an offer has no evidence yet.
    pilot_share: Share = 0.05


class LedgerSettings(Section):
    """When money that was promised is free again, what is owed, and which redemptions it does not know."""

    # Days after an offer's last day on which its redemptions may still arrive.
    grace_days: Annotated[int, Field(ge=0)] = 2
    # A reward that was earned and is not credited in so many days is overdue.
    credit_days: Annotated[int, Field(ge=0)] = 7
    # Redemptions without a promise of ours are listed for so many days after the day on which they arrived.
    unmatched_days: Annotated[int, Field(ge=1)] = 28
    # A larger share of such redemptions (those of waves run elsewhere apart) breaks a promise of the night: a warning.
    unmatched_share_max: Share = 0.05


class RampSettings(Section):
    """How many people a template reaches at first, and when it reaches more or fewer."""

    # Shares of the people that a new template reaches one after another, rising to 1; [1.0] switches the ramp off.
    stages: tuple[Annotated[float, Field(gt=0, le=1)], ...] = (1.0,)
    # So many nights at least on each stage; guardrails on redemptions speak of offers whose last day has passed.
    nights_per_stage: Annotated[int, Field(ge=1)] = 28
    # So many people at least must have got the template's offers before a stage is passed or a guardrail speaks.
    people_per_stage: Annotated[int, Field(ge=1)] = 50
    # Falls back when redemptions of ended offers are below this share of the expected ones.
    redemption_ratio_min: Annotated[float, Field(ge=0)] = 0.3
    # Falls back when offers cost more than so many times their estimate.
    cost_ratio_max: Annotated[float, Field(ge=1)] = 1.5
    # Falls back when more people opt out than in the control groups, by more than this share and beyond chance.
    opt_outs_above_control_max: Share = 0.01
    # Falls back when more people complain than in the control groups, by more than this share and beyond chance.
    complaints_above_control_max: Share = 0.005
    # Falls back when a new training finds the choices' lower end so many minor units or more per person below nothing.
    value_epsilon_minor: Annotated[int, Field(ge=0)] = 50

    @field_validator("stages")
    @classmethod
    def _rising_to_one(cls, stages: tuple[float, ...]) -> tuple[float, ...]:
        if not stages or list(stages) != sorted(set(stages)) or stages[-1] != 1:
            raise ValueError("stages must rise and end with 1.0, such as [0.01, 0.05, 0.25, 1.0]")
        return stages


class PacingSettings(Section):
    """How money and customers are spread over nights, and how estimated costs learn from what was redeemed."""

    # A customer is kept for a later night where the money of the coming nights would bring more with them then.
    people_wait: bool = True
    # How far off the models' estimates of costs usually are, as a share, before any redemption is known.
    prior_error: Annotated[float, Field(gt=0, le=1)] = 0.25
    # How much waves differ in what is redeemed of an estimate, as a share, however many redemptions there are.
    wave_error: Annotated[float, Field(gt=0, le=1)] = 0.4
    # Estimated costs are never multiplied or divided by more than this.
    factor_max: Annotated[float, Field(ge=1)] = 2.0
    # With fewer redemptions of an offer its worst case says how much they vary.
    redemptions_min: Annotated[int, Field(ge=2)] = 30


class HistorySettings(Section):
    """How long the log of the nights is kept."""

    # A night so many days back may run again on the same evidence; its log goes so long after models.evidence_days.
    rerun_days: Annotated[int, Field(ge=0)] = 220


class PublishSettings(Section):
    """What may be shown to people."""

    # Figures on fewer people than this are not shown on pages.
    minimum_cell: Annotated[int, Field(ge=1)] = 5


class Settings(Section):
    """All of shop.yml."""

    shop: ShopSettings
    randomisation: RandomisationSettings
    sources: dict[str, SourceSettings]
    gates: GateSettings = GateSettings()
    margin: MarginSettings = MarginSettings()
    core: CoreSettings = CoreSettings()
    segments: SegmentSettings = SegmentSettings()
    models: ModelSettings = ModelSettings()
    candidates: CandidateSettings = CandidateSettings()
    contact_policy: ContactPolicySettings = ContactPolicySettings()
    ledger: LedgerSettings = LedgerSettings()
    ramp: RampSettings = RampSettings()
    pacing: PacingSettings = PacingSettings()
    history: HistorySettings = HistorySettings()
    publish: PublishSettings = PublishSettings()
    last_check: LastCheckSettings = LastCheckSettings()
    texts: TextSettings = TextSettings()
    approval: ApprovalSettings = ApprovalSettings()
    portal: PortalSettings = PortalSettings()
    channels: Annotated[dict[Block, ChannelSettings], Field(default_factory=dict)]
    measurement: MeasurementSettings = MeasurementSettings()
    goals: GoalSettings = GoalSettings()

    @field_validator("sources")
    @classmethod
    def _known_sources(cls, given: dict[str, SourceSettings]) -> dict[str, SourceSettings]:
        known = contracts.names()
        for name in given:
            if name not in known:
                raise ValueError(f"{name!r} is no known source.{yamlfile.nearest(name, known)}")
        return given

    @property
    def parameters(self) -> dict[str, object]:
        """Return every setting as `section_key`, lists as text joined by ','; the sources are not for SQL."""
        sections = {name: getattr(self, name) for name in type(self).model_fields}
        return {
            key: value
            for name, section in sections.items()
            if isinstance(section, Section)
            for key, value in _parameters(section, name)
        }


def _parameters(section: Section, prefix: str) -> Iterator[tuple[str, object]]:
    for name in type(section).model_fields:
        value, key = getattr(section, name), f"{prefix}_{name}"
        if isinstance(value, Section):
            yield from _parameters(value, key)
        elif isinstance(value, tuple):
            yield key, ",".join(str(item) for item in value)
        elif isinstance(value, str | int | float):
            yield key, value


def load(path: Path) -> Settings:
    """Return the settings in the file at `path`, read anew only when its text has changed.

    Raises:
        ConfigError: every problem with file, line, key and what to do.
    """
    return _parsed(path, yamlfile.text_of(path))


@lru_cache(maxsize=64)
def _parsed(path: Path, text: str) -> Settings:
    values, lines = yamlfile.parse(text, path)
    return yamlfile.validate_values(Settings, values, lines, path)
