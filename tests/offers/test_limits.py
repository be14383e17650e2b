"""Limits: what offers.yml may say of them, which pools they have, and what a night may use."""

from datetime import date
from pathlib import Path

import pytest

from offermill.errors import ConfigError
from offers import catalogue
from offers.limits import BUDGET, Cap, caps, period_end, period_start
from tests.offers.catalogues import HEAD, SHOP, template, written

ALL_KINDS = """\
budget: {amount: "100.00", period: month, pacing: even}
campaigns:
  - id: summer
    name: Summer
    valid_until: 2026-08-31
    channels: [email]
    budget: {amount: "80.00", period: campaign, risk: {chance: 0.95}, pacing: even}
    capacity: {contacts: 1000}
templates:
  - id: mug
    campaign: summer
    kind: gift
    gift: {name: {en: a mug, lv: krūzi, ru: кружку}, value: "6.00", cost: "2.40"}
    budget: {amount: "30.00", risk: hard}
    pieces: 40
    funder: cocoa
funders:
  - {name: cocoa, amount: "50.00"}
limits:
  - {name: riga, amount: "20.00", at_least: "5.00", where: {store: s1, segment: [loyal, new]}}
  - {name: sms, contacts: 500, at_least: 10, where: {channel: [sms, push]}}
"""


def test_every_kind_of_limit_is_read(tmp_path: Path) -> None:
    read = catalogue.read(written(tmp_path, ALL_KINDS), SHOP)

    assert caps(read, 2, {"mug": ["mug"]}) == (
        Cap(BUDGET, "money", 10000, period="month", pacing="even"),
        Cap(
            "campaign:summer",
            "money",
            8000,
            period="campaign",
            risk="chance",
            chance=0.95,
            where={"campaign": ("summer",)},
            pacing="even",
            ends_on=date(2026, 8, 30),
        ),
        Cap(
            "capacity:summer",
            "count",
            1000,
            where={"campaign": ("summer",)},
            counted="contacts",
            ends_on=date(2026, 8, 30),
        ),
        Cap("template:mug", "money", 3000, risk="hard", where={"template": ("mug",)}, ends_on=date(2026, 8, 30)),
        Cap(
            "pieces:mug",
            "count",
            40,
            period="campaign",
            where={"offer": ("mug",)},
            counted="pieces",
            ends_on=date(2026, 8, 30),
        ),
        Cap("funder:cocoa", "money", 5000, period="campaign", where={"funder": ("cocoa",)}),
        Cap("riga", "money", 2000, at_least=500, where={"store": ("s1",), "segment": ("loyal", "new")}),
        Cap("sms", "count", 500, at_least=10, where={"channel": ("sms", "push")}, counted="contacts"),
    )


def test_a_limit_is_part_of_what_legal_signs(tmp_path: Path) -> None:
    with_limits = catalogue.read(written(tmp_path, ALL_KINDS), SHOP)
    changed = catalogue.read(written(tmp_path, ALL_KINDS.replace("contacts: 500", "contacts: 501")), SHOP)

    assert catalogue.catalogue_hash(with_limits) != catalogue.catalogue_hash(changed)


PERCENT = 'id: t, campaign: summer, kind: percent, depths: [10], max_discount: "5.00"'


def limit(body: str) -> str:
    """Return a catalogue whose limit stands on line 8."""
    return template(PERCENT) + f"limits:\n  - {{{body}}}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            limit('name: x, amount: "50.00", where: {chanel: email}'),
            "offers.yml:8: limits.0.where.chanel: unknown key. Did you mean 'channel'? Known keys: campaign, channel, "
            "funder, offer, segment, store, template.",
        ),
        (
            limit('name: x, amount: "50.00", where: {campaign: [summer, sumer]}'),
            "offers.yml:8: limits.0.where.campaign.1: 'sumer' is no campaign. Did you mean 'summer'?",
        ),
        (
            limit('name: x, amount: "50.00", where: {channel: fax}'),
            "offers.yml:8: limits.0.where.channel.0: 'fax' is no channel. Known: email, sms, push, post.",
        ),
        (
            limit('name: x, amount: "50.00", where: {campaign: []}'),
            "offers.yml:8: limits.0.where.campaign: is empty; write a name or leave the key out.",
        ),
        (
            limit('name: x, amount: "50.00", at_least: "60.00"'),
            "offers.yml:8: limits.0.at_least: the minimum 60.00 is above the maximum 50.00.",
        ),
        (
            limit("name: x, contacts: 5, at_least: 6"),
            "offers.yml:8: limits.0.at_least: the minimum 6 is above the maximum 5.",
        ),
        (
            limit('name: x, amount: "50.00", at_least: 5'),
            'offers.yml:8: limits.0.at_least: is a number; write money as text in quotes, such as "5.00".',
        ),
        (
            limit("name: x, contacts: 5, at_least: '3'"),
            "offers.yml:8: limits.0.at_least: '3' is text; write a number of customers.",
        ),
        (
            limit("name: x, contacts: 5, at_least: 3, period: week"),
            "offers.yml:8: limits.0.at_least: a minimum is for a night, not for a week; leave period out.",
        ),
        (
            limit("name: x, contacts: -5"),
            "offers.yml:8: limits.0.contacts: Input should be greater than or equal to 0 (got -5).",
        ),
        (
            limit("name: x, amount: 50.00"),
            'offers.yml:8: limits.0.amount: is a number; write money as text in quotes, such as "50.0".',
        ),
        (
            limit('name: x, amount: "-1.00"'),
            "offers.yml:8: limits.0.amount: '-1.00' is negative; write 0 or more.",
        ),
        (
            limit('name: x, amount: "50.001"'),
            "offers.yml:8: limits.0.amount: '50.001' has more than 2 decimal places.",
        ),
        (
            limit('name: x, amount: "4.00", where: {template: t}'),
            "offers.yml:8: limits.0.amount: 4.00 pays for no offer: the cheapest it covers, t-10, can cost 5.00; "
            "write 0 to make none.",
        ),
        (
            limit('name: x, amount: "50.00", contacts: 3'),
            "offers.yml:8: limits.0: write either amount (money) or contacts (a number of customers).",
        ),
        (
            limit("name: x, where: {channel: email}"),
            "offers.yml:8: limits.0: write either amount (money) or contacts (a number of customers).",
        ),
        (
            limit("name: x, contacts: 5, risk: hard"),
            "offers.yml:8: limits.0.risk: belongs to amount: a contact is made or not, nothing about it is uncertain.",
        ),
        (
            limit("name: budget, contacts: 5"),
            "offers.yml:8: limits.0.name: 'budget' is the name of the whole budget; choose another.",
        ),
        (
            limit("name: x, contacts: 5") + "  - {name: x, contacts: 6}\n",
            "offers.yml:9: limits.1.name: 'x' is used twice; names are unique.",
        ),
        (
            limit("name: x, contacts: 5, pacing: even"),
            "offers.yml:8: limits.0.pacing: even is for week or month: there are no nights to spread over.",
        ),
        (
            template(PERCENT).replace("night}", "night, pacing: even}"),
            "offers.yml:1: budget.pacing: even is for week, month or a campaign with valid_until: there are no nights "
            "to spread over.",
        ),
        (
            template(PERCENT).replace("night}", "night, risk: {chance: 95}}"),
            "offers.yml:1: budget.risk: the chance that the money suffices is from 0.5 to below 1, such as 0.95 "
            "(got 95).",
        ),
        (
            template(PERCENT).replace("night}", "night, risk: likely}"),
            "offers.yml:1: budget.risk: 'likely' is no risk; write expected, hard or {chance: 0.95}.",
        ),
        (
            template(PERCENT + ", funder: cocao") + 'funders:\n  - {name: cocoa, amount: "50.00"}\n',
            "offers.yml:6: templates.0.funder: 'cocao' is no funder. Did you mean 'cocoa'? Known: cocoa.",
        ),
        (
            template(PERCENT + ", pieces: 0"),
            "offers.yml:6: templates.0.pieces: Input should be greater than or equal to 1 (got 0).",
        ),
        (
            template(PERCENT + ', budget: {amount: "1.00"}'),
            "offers.yml:6: templates.0.budget.amount: 1.00 pays for no offer: the cheapest it covers, t-10, can cost "
            "5.00; write 0 to make none.",
        ),
        (
            HEAD.replace("[email]}", '[email], budget: {amount: "9.00", perid: week}}') + f"  - {{{PERCENT}}}\n",
            "offers.yml:4: campaigns.0.budget.perid: unknown key. Did you mean 'period'? Known keys: amount, pacing, "
            "period, risk.",
        ),
    ],
)
def test_every_mistake_is_named_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as problem:
        catalogue.read(written(tmp_path, text), SHOP)

    assert str(problem.value) == message


@pytest.mark.parametrize(
    ("period", "night", "first", "last"),
    [
        ("night", "2026-06-30", "2026-06-30", "2026-06-30"),
        ("week", "2026-06-29", "2026-06-29", "2026-07-05"),  # a Monday
        ("week", "2026-07-05", "2026-06-29", "2026-07-05"),  # its Sunday, in the next month
        ("week", "2027-01-01", "2026-12-28", "2027-01-03"),
        ("month", "2026-06-30", "2026-06-01", "2026-06-30"),
        ("month", "2028-02-01", "2028-02-01", "2028-02-29"),
        ("month", "2026-12-31", "2026-12-01", "2026-12-31"),
        ("campaign", "2026-06-30", "0001-01-01", "2026-08-30"),
    ],
)
def test_the_first_and_last_night_of_a_period(period: str, night: str, first: str, last: str) -> None:
    day = date.fromisoformat(night)

    assert period_start(period, day) == date.fromisoformat(first)  # type: ignore[arg-type]
    assert period_end(period, day, date(2026, 8, 30)) == date.fromisoformat(last)  # type: ignore[arg-type]


def test_even_pacing_counts_the_nights_left_tonight_included() -> None:
    cap = Cap("x", "money", 100, period="week")

    assert cap.nights_left(date(2026, 7, 3)) == 3  # Friday, Saturday, Sunday
