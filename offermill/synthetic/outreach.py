"""The log of offers: assignments, the channel's receipts, and redemptions."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from offermill.synthetic.arrays import Bools, Ints, Random, days, decimals, moments, picked
from offermill.synthetic.campaign import ASSIGNED_AT, PILOT_ARMS, PILOT_CAMPAIGN, PILOT_WAVES, Assignments, Uses
from offermill.synthetic.clock import DAY, Clock
from offermill.synthetic.offers import Offer
from offermill.synthetic.people import NEVER, People
from offermill.synthetic.world import Window, primary_ids

LABELS = (
    "assignment_id", "customer_id", "campaign_id", "wave_id", "offer_id", "channel", "propensity", "is_randomised",
)  # fmt: skip
PROPENSITY = pa.decimal128(9, 8)
STATUSES = ("accepted", "rejected", "delivered", "opened", "clicked", "bounced")
ACCEPTED, REJECTED, DELIVERED, OPENED, CLICKED, BOUNCED = range(len(STATUSES))
# What a mail server says of a message, and an importer of a record that it does not take (offers/delivery/refusals.py).
BOUNCES = ("mailbox full", "unknown address", "blocked by the recipient")
REFUSALS = ("invalid e-mail address", "unknown contact", "contact is archived")


@dataclass(frozen=True)
class Given:
    """Assignments with what the log says about them: ``labels`` has one row per assignment."""

    assignments: Assignments
    labels: pa.Table  # the columns of LABELS
    offers: list[Offer]
    fresh: int = 0  # the assignments from this place on are given in this window, the ones before earlier

    def take(self, rows: Ints) -> "Given":
        """The chosen assignments, and no more offers than they need."""
        chosen = self.assignments.take(rows)
        used = np.unique(chosen.offer[chosen.offer >= 0])
        offers = [self.offers[code] for code in used]
        coded = replace(chosen, offer=np.where(chosen.offer >= 0, np.searchsorted(used, chosen.offer), -1))
        return Given(coded, self.labels.take(pa.array(rows)), offers, fresh=len(rows))

    def with_more(self, others: "Given") -> "Given":
        """These, then the others as the fresh ones; the same id may mean another offer in each."""
        offers = sorted({*self.offers, *others.offers})
        both = [
            replace(each.assignments, offer=_recoded(each.assignments.offer, each.offers, offers))
            for each in (self, others)
        ]
        labels = pa.concat_tables([self.labels, others.labels])
        return Given(Assignments.joined(both), labels, offers, fresh=len(self.assignments))


def _recoded(code: Ints, old: list[Offer], new: list[Offer]) -> Ints:
    place = {offer: number for number, offer in enumerate(new)}
    # The last entry answers for the control, whose code is -1.
    return np.array([*(place[offer] for offer in old), -1], dtype=np.int64)[code]


def pilot_labels(people: People, window: Window, given: Assignments) -> pa.Table:
    """Labels of the pilot's assignments."""
    count = len(given)
    waves = [f"{PILOT_CAMPAIGN}-{day}" for day in PILOT_WAVES]
    shares = np.array([pct for _, pct in PILOT_ARMS]) * 1_000_000
    return pa.table(
        {
            "assignment_id": window.ids("a", count),
            "customer_id": primary_ids(people).take(pa.array(given.row)),
            "campaign_id": picked((PILOT_CAMPAIGN,), np.zeros(count, np.int64)),
            "wave_id": picked(waves, given.wave),
            "offer_id": picked([arm for arm, _ in PILOT_ARMS[1:]], given.offer),
            "channel": picked(("email",), np.zeros(count, np.int64)),
            "propensity": decimals(shares[given.offer + 1], PROPENSITY),
            "is_randomised": pa.array(np.ones(count, np.bool_)),
        }
    )


def assignments(clock: Clock, given: Given) -> tuple[pa.Table, Ints]:
    """The offer_assignments source and its local seconds."""
    new = given.take(np.arange(given.fresh, len(given.assignments)))
    who, labels = new.assignments, new.labels
    local = who.from_day * DAY + ASSIGNED_AT
    table = {
        **{name: labels[name] for name in ("assignment_id", "customer_id", "campaign_id", "wave_id")},
        "arm": pc.fill_null(labels["offer_id"], "control"),
        **{name: labels[name] for name in ("offer_id", "channel", "propensity", "is_randomised")},
        "assigned_at": moments(clock.utc(local)),
        "valid_from": days(who.from_day),
        "valid_until": days(who.until_day),
    }
    return pa.table(table), local


def redemptions(
    clock: Clock, window: Window, given: Given, used: Uses, bought: tuple[pa.Array, Ints, Ints]
) -> tuple[pa.Table, Ints]:
    """The redemptions source and its local seconds; ``bought`` = (order ids, local seconds, discounts) of each use."""
    order_ids, local, discount = bought
    worth = np.flatnonzero(discount > 0)  # where the shelf price was better, there was nothing to redeem
    mine = given.labels.take(pa.array(used.assignment[worth]))
    table = {
        "redemption_id": window.ids("d", len(worth)),
        "assignment_id": mine["assignment_id"],
        "offer_id": mine["offer_id"],
        "customer_id": mine["customer_id"],
        "order_id": order_ids.take(pa.array(worth)),
        "redeemed_at": moments(clock.utc(local[worth])),
        "discount": decimals(discount[worth]),
    }
    return pa.table(table), local[worth]


def receipts(
    random: Random, people: People, clock: Clock, window: Window, given: Given, used: Uses
) -> tuple[pa.Table, Ints]:
    """The receipts source and its local seconds; whoever acted on an offer has opened it before."""
    place, status, local = _happenings(random, people, given, used)
    order = np.lexsort((status, place, local))
    place, status, local = place[order], status[order], local[order]
    refused = np.where(status == REJECTED, len(BOUNCES) + place % len(REFUSALS), -1)
    reason = np.where(status == BOUNCED, place % len(BOUNCES), refused)
    mine = given.labels.take(pa.array(place))
    table = {
        "receipt_id": window.ids("r", len(place)),
        "assignment_id": mine["assignment_id"],
        "customer_id": mine["customer_id"],
        "channel": mine["channel"],
        "status": picked(STATUSES, status),
        "occurred_at": moments(clock.utc(local)),
        "reason": picked((*BOUNCES, *REFUSALS), reason),
    }
    return pa.table(table), local


def _happenings(random: Random, people: People, given: Given, used: Uses) -> tuple[Ints, Ints, Ints]:
    who = given.assignments
    sent = np.flatnonzero((who.offer >= 0) & (np.arange(len(who)) >= given.fresh))
    has_acted = _has_acted(who, used)[sent]
    is_reached = has_acted | who.may_redeem[sent]
    unit, opens, clicks = (random.random(len(sent)) for _ in range(3))
    is_rejected = ~is_reached & (unit < 0.006)
    is_bounced = ~is_reached & ~is_rejected & (unit < 0.03)
    is_opened = has_acted | (~is_rejected & ~is_bounced & (opens < people.open_share[who.row[sent]]))
    is_clicked = is_opened & (clicks < np.where(has_acted, 0.6, 0.2))
    start = who.from_day[sent] * DAY + ASSIGNED_AT
    wait = np.where(has_acted, 1_500 + opens * 4_000, 3_600 + opens * 14 * 3_600).astype(np.int64)
    steps = (
        (ACCEPTED, ~is_rejected, start + 120), (REJECTED, is_rejected, start + 120), (BOUNCED, is_bounced, start + 700),
        (DELIVERED, ~is_rejected & ~is_bounced, start + 600), (OPENED, is_opened, start + wait),
        (CLICKED, is_clicked, start + wait + 45),
    )  # fmt: skip
    chosen = [(sent[mask], np.full(int(mask.sum()), status), when[mask]) for status, mask, when in steps]
    place, status, local = (np.concatenate([part[number] for part in chosen]) for number in range(3))
    return place, status, local


def _has_acted(who: Assignments, used: Uses) -> Bools:
    answer = who.persuaded_at < NEVER
    answer[used.assignment] = True
    return answer
