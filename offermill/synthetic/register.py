"""The customer register: customers, contacts, consents and strategic customers of a part, for ever."""

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from offermill.synthetic import names
from offermill.synthetic.arrays import Bools, Ints, days, moments, numbered, picked, unit_hash
from offermill.synthetic.assortment import STORE_IDS
from offermill.synthetic.clock import day_number
from offermill.synthetic.people import FAR, People
from offermill.synthetic.world import PRIMARY, SECOND, World, chance_of

PHONES = 9_999_991  # a prime, so that person -> number is one to one
DOMAINS = ("example.com", "example.org", "example.net", "pasts.example")
TIERS = ("basic", "silver", "gold")
TIER_FROM = (40_000, 120_000)  # minor units paid
POINTS_BLOCK = 500  # points are spent in blocks
AUDITED = "sex"
TOLD_SHARE = 0.7  # of the customers who tell it when they register
CHANNELS = ("email", "sms", "push", "post")
PURPOSES = ("offers", "profiling", "ads")
ADS_SHARE = 0.3  # of those who agree to offers by e-mail or text message


def customers(people: People, world: World, rows: Ints, is_second: Bools, paid: Ints) -> pa.Table:
    """The customers source for the chosen rows, given the minor units each person has paid."""
    person, made = people.person[rows], np.where(is_second, people.second_from[rows], people.registered[rows])
    paid = np.where(is_second, 0, paid[rows])
    return pa.table(
        {
            "customer_id": numbered("c", person + np.where(is_second, SECOND, PRIMARY)),
            "registered_at": moments(world.clock.utc(made)),
            "first_name": names.spellings(people.first_name[rows], is_first=True),
            "last_name": names.spellings(people.last_name[rows], is_first=False),
            "language": picked(names.LANGUAGES, people.language[rows]),
            "birth_date": _birth_dates(people, rows),
            "home_store_id": picked(STORE_IDS, people.home_store[rows]),
            "status": picked(("active", "closed"), _is_closed(people, world, rows).astype(np.int64)),
            "tier": picked(TIERS, np.searchsorted(TIER_FROM, paid, side="right")),
            "points_balance": pa.array(points(people.key[rows], paid)),
        }
    )


def points(key: Ints, paid: Ints) -> Ints:
    """One point per unit paid, less the blocks that this person has spent."""
    earned = np.maximum(paid, 0) // 100
    spent_share = unit_hash(key, 0, 31)
    return earned - POINTS_BLOCK * np.floor(earned * spent_share / POINTS_BLOCK).astype(np.int64)


def _birth_dates(people: People, rows: Ints) -> pa.Array:
    born = days(people.born[rows])
    is_unknown = chance_of(people.key[rows], 33, 0.04) & (people.registered[rows] // 86_400 - people.born[rows] > 7_300)
    return pc.if_else(pa.array(is_unknown), pa.scalar(None, pa.date32()), born)


def _is_closed(people: People, world: World, rows: Ints) -> Bools:
    left = people.life_end[rows] < world.clock.effort_on(world.end - timedelta(days=60))
    return left & chance_of(people.key[rows], 35, 0.05)


def records(people: People) -> tuple[Ints, Bools, Ints]:
    """All records of all persons as (row, is it the second one, local seconds at which it was made), by time."""
    with_second = np.flatnonzero(people.second_from < FAR)
    row = np.append(np.arange(len(people)), with_second)
    is_second = np.arange(len(row)) >= len(people)
    made = np.append(people.registered, people.second_from[with_second])
    order = np.lexsort((row, made))
    return row[order], is_second[order], made[order]


def audit_attributes(people: People) -> tuple[pa.Table, Ints]:
    """The audit_attributes source and its local seconds: what some told, and no offer may depend on."""
    row = np.flatnonzero(chance_of(people.key, 37, TOLD_SHARE))
    row = row[np.argsort(people.registered[row], kind="stable")]
    table = pa.table(
        {
            "customer_id": numbered("c", people.person[row] + PRIMARY),
            "attribute": picked((AUDITED,), np.zeros(len(row), np.int64)),
            "value": picked(("female", "male"), people.is_male[row].astype(np.int64)),
        }
    )
    return table, people.registered[row]


def contacts(people: People, world: World) -> tuple[pa.Table, Ints]:
    """The contacts source and its local seconds; a second record repeats the e-mail or the phone, spelled otherwise."""
    row, is_second, made = records(people)
    key = people.key[row]
    has_second = people.second_from[row] < FAR
    shares_email = chance_of(key, 41, 0.6)
    with_email = np.where(is_second, shares_email, has_second | chance_of(key, 43, 0.93))
    with_phone = np.where(is_second, ~shares_email, has_second | chance_of(key, 45, 0.82))
    parts = [
        _contact(people, world, ("email", row[mine], is_second[mine], made[mine]))
        if kind == 0
        else _contact(people, world, ("phone", row[mine], is_second[mine], made[mine]))
        for kind, mine in enumerate((np.flatnonzero(with_email), np.flatnonzero(with_phone)))
    ]
    local = np.append(made[np.flatnonzero(with_email)], made[np.flatnonzero(with_phone)])
    return pa.concat_tables(parts), local


def _contact(people: People, world: World, chosen: tuple[str, Ints, Bools, Ints]) -> pa.Table:
    kind, row, is_second, made = chosen
    values = emails(people, row) if kind == "email" else phones(people, row, is_second)
    if kind == "email":
        values = pc.if_else(pa.array(is_second), pc.utf8_capitalize(values), values)
    return pa.table(
        {
            "customer_id": numbered("c", people.person[row] + np.where(is_second, SECOND, PRIMARY)),
            "kind": picked((kind,), np.zeros(len(row), np.int64)),
            "value": values,
            "updated_at": moments(world.clock.utc(made)),
        }
    )


def emails(people: People, row: Ints) -> pa.Array:
    """E-mail addresses of people, in small letters."""
    first = names.latin_spellings(people.first_name[row], is_first=True)
    last = names.latin_spellings(people.last_name[row], is_first=False)
    domain = picked(DOMAINS, people.person[row] % len(DOMAINS))
    return pc.binary_join_element_wise(first, ".", last, numbered("", people.person[row] + 10), "@", domain, "")


def phones(people: People, row: Ints, is_second: Bools) -> pa.Array:
    """Telephone numbers of people in E.164; of a second record with blanks."""
    number = 20_000_000 + people.person[row] * 7_368_787 % PHONES
    plain = numbered("+371", number)
    spaced = pc.binary_join_element_wise(
        "+371 ", pc.utf8_slice_codeunits(plain, 4, 8), " ", pc.utf8_slice_codeunits(plain, 8, 12), ""
    )
    return pc.if_else(pa.array(is_second), spaced, plain)


def consents(people: People, world: World) -> tuple[pa.Table, Ints]:
    """The consents source and its local seconds: given, never asked, refused, withdrawn."""
    parts = [*_email_consents(people), *_other_consents(people), *_second_consents(people)]
    row, channel, purpose, granted, local, is_second = (
        np.concatenate([np.broadcast_to(part[place], part[0].shape) for part in parts]) for place in range(6)
    )
    order = np.lexsort((purpose, channel, row, local))
    row, local = row[order], local[order]
    table = {
        "customer_id": numbered("c", people.person[row] + np.where(is_second[order], SECOND, PRIMARY)),
        "channel": picked(CHANNELS, channel[order]),
        "purpose": picked(PURPOSES, purpose[order]),
        "is_granted": pa.array(granted[order].astype(np.bool_)),
        "recorded_at": moments(world.clock.utc(local)),
    }
    return pa.table(table), local


_Part = tuple[Ints, int, int, bool, Ints, bool]  # row, channel, purpose, is granted, local seconds, is second record


def _email_consents(people: People) -> list[_Part]:
    given, withdrawn = (np.flatnonzero(moment < FAR) for moment in (people.email_from, people.email_until))
    profiled = given[chance_of(people.key[given], 51, 0.88)]
    matched = given[chance_of(people.key[given], 89, ADS_SHARE)]
    return [
        (given, 0, 0, True, people.email_from[given], False),
        (profiled, 0, 1, True, people.email_from[profiled], False),
        (matched, 0, 2, True, people.email_from[matched], False),
        (withdrawn, 0, 0, False, people.email_until[withdrawn], False),
    ]


def _other_consents(people: People) -> list[_Part]:
    parts: list[_Part] = []
    for channel, share in ((1, 0.40), (2, 0.25), (3, 0.35)):
        given = np.flatnonzero(chance_of(people.key, 53 + channel, share))
        refused = np.flatnonzero(chance_of(people.key, 63 + channel, 0.1) & ~chance_of(people.key, 53 + channel, share))
        parts.append((given, channel, 0, True, people.registered[given], False))
        parts.append((refused, channel, 0, False, people.registered[refused], False))
    texted = parts[0][0]
    matched = texted[chance_of(people.key[texted], 91, ADS_SHARE)]
    return [*parts, (matched, 1, 2, True, people.registered[matched], False)]


def _second_consents(people: People) -> list[_Part]:
    refusing = np.flatnonzero(people.is_second_refusing)
    agreeing = np.flatnonzero((people.second_from < FAR) & ~people.is_second_refusing)
    return [
        (refusing, 0, 0, False, people.second_from[refusing], True),
        (agreeing, 0, 0, True, people.second_from[agreeing], True),
    ]


def strategic(people: People, world: World) -> pa.Table:
    """The strategic_customers source: one in a thousand, a fifth of them expired."""
    row = np.flatnonzero(chance_of(people.key, 71, 0.001))
    is_expired = chance_of(people.key[row], 73, 0.2)
    end = day_number(world.end)
    return pa.table(
        {
            "customer_id": numbered("c", people.person[row] + PRIMARY),
            "owner": picked(("key accounts", "store management"), (people.person[row] % 2)),
            "expires_on": days(np.where(is_expired, end - 30, end + 184)),
            "reason": picked(("supplies a partner", "board decision", "public figure"), people.person[row] % 3),
        }
    )
