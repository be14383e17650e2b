"""How well a played shop's pilot can tell the mean effect of each of its offers, by the signal that is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from benchmarks.closed_loop import FIRST
from benchmarks.loop_ceiling import learned
from benchmarks.loop_rivals import Floats, Ints
from benchmarks.picked_costs import evidence
from models.evidence import CONTROL
from models.uplift_evidence import Evidence
from offermill.synthetic import response, state, truth
from offermill.synthetic.clock import day_number
from offermill.synthetic.offers import Menu, Offer
from offermill.synthetic.world import World
from offers.pilot_evidence import adjusted

EARLIER = "margin_minor_365_days"
WORTH = truth.COLUMNS.index("basket_margin_minor")
# The pilot is drawn in the second night.
PILOT_UNTIL = FIRST + timedelta(days=3)
# Nobody buys less likely than this, so that no single order is told to say everything.
TINY = 1e-3
MOST = 0.9


def pilot(folder: Path) -> Evidence:
    """Return the rows of a played shop's pilot, of those people who were there when the shop was made."""
    nights = [path.name for path in (folder / "runs").iterdir() if path.is_dir()]
    seen = evidence(folder, max(map(date.fromisoformat, nights)), PILOT_UNTIL)
    return seen.part(persons(seen) < _person_count(folder))


def persons(seen: Evidence) -> Ints:
    """Return the person behind each row."""
    return truth.persons_of(seen.rows["customer_id"].tolist())


def of_outcomes(seen: Evidence, offers: Sequence[str], outcome: Floats, before: Floats) -> Floats:
    """Return the covariance (offers, offers) of the differences to the control arm, adjusted by what was known before.

    The offers share their controls, so their errors lean the same way.
    """
    arms = seen.arm
    left = adjusted(outcome, before, arms.tolist()).values
    means = {name: left[arms == name].mean() for name in np.unique(arms)}
    variance = float(np.mean((left - np.array([means[name] for name in arms.tolist()])) ** 2))
    controls = (seen.propensity[[*offers]].to_numpy() > 0)[arms == CONTROL].astype(np.float64)
    shared = controls.T @ controls / np.outer(controls.sum(axis=0), controls.sum(axis=0))
    return np.asarray(variance * (np.diag([1 / (arms == name).sum() for name in offers]) + shared))


def foretold(seen: Evidence, target: Floats) -> Floats:
    """Return what the features of each half of the rows tell of a target (rows,), learned on the other half."""
    features = np.column_stack([column.to_numpy().astype(np.float32) for column in seen.features.columns])
    return learned(features, target, np.arange(len(features)) % 2)


@dataclass(frozen=True)
class Chances:
    """What a pilot's people do in a horizon anyway, and what a trip brings; arrays (rows, offers).

    Attributes:
        buys: chance to buy with no offer.
        redeems: chance to redeem on a trip of one's own.
        worth: margin of a trip that the offer causes, in minor units.
        catches: chance that a trip which the offer causes may use it.
    """

    buys: Floats
    redeems: Floats
    worth: Floats
    catches: Floats

    @classmethod
    def of(cls, folder: Path, seen: Evidence, offers: Sequence[str]) -> "Chances":
        """Read the generator's chances of the day on which the shop was made."""
        day, menu, world = state.known_days(folder)[0], Menu.of_shop(folder), World.load(folder)
        parts = []
        for part in state.parts(folder, day):
            people, rhythm, _ = state.load_people(folder, day, part)
            known = truth.Known.of(world, people, rhythm.last, day_number(day))
            by_offer = [_chances(known, menu.offer(name)) for name in offers]
            parts.append([np.stack(each, axis=1) for each in zip(*by_offer, strict=True)])
        rows = persons(seen)
        return cls(*(np.concatenate(each)[rows] for each in zip(*parts, strict=True)))

    def told(self, seen: Evidence) -> "Chances":
        """Return the chances as far as features tell them, learned from the truth of half the people."""
        buys, redeems = (
            np.column_stack([np.clip(foretold(seen, each), TINY, MOST) for each in columns])
            for columns in (self.buys[:, :1].T, self.redeems.T)
        )
        return Chances(np.broadcast_to(buys, self.buys.shape), np.minimum(redeems, buys), self.worth, self.catches)


def _chances(known: truth.Known, offer: Offer) -> tuple[Floats, Floats, Floats, Floats]:
    own, caused = response.qualifying(known.people, known.typical, offer)
    worth = np.maximum(truth.columns(known, offer)[:, WORTH], 1.0)
    return known.without, known.without * known.people.redeem_chance * own, worth, caused


def _person_count(folder: Path) -> int:
    day = state.known_days(folder)[0]
    return sum(len(state.load_people(folder, day, part)[0]) for part in state.parts(folder, day))


def of_chances(known: Chances, arm: Ints, margin: Floats, mean: Floats, *, redeemed: bool) -> Floats:
    """Return the covariance (offers, offers) of the best possible estimates (Cramer-Rao) of the offers' mean margins.

    Seen is who bought and, if asked, who redeemed. Known exactly are the chances of either without the offer, how the
    effect differs between people as far as features tell, and what a trip is worth.

    Args:
        known: the chances of the pilot's people.
        arm: (rows,) place of the offer that each got, -1 for none.
        margin: (rows, offers) margin that an offer brings before its cost, as far as features tell, in minor units.
        mean: (offers,) its mean over those to whom the offer is open.
        redeemed: whether it is seen who redeemed.
    """
    found = []
    for offer, whole in enumerate(mean.tolist()):
        row = np.flatnonzero(arm == offer)
        more = np.minimum(margin[row, offer] / known.worth[row, offer], MOST)
        buys, own, catches = (each[row, offer] for each in (known.buys, known.redeems, known.catches))
        bought = 1 - (1 - buys) * (1 - more), (1 - buys) * more / whole
        cells = [bought, (1 - bought[0], -bought[1])]
        if redeemed:
            used = own + more * catches * (1 - own), catches * (1 - own) * more / whole
            cells = [used, (bought[0] - used[0], bought[1] - used[1]), cells[1]]
        found.append(sum(float((slope**2 / np.maximum(chance, TINY)).sum()) for chance, slope in cells))
    return np.diag(1 / np.array(found))
