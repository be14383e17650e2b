"""Who says no before a file leaves is not in it: said at every step boundary, and sent by the step that sends."""

import csv
import io
import random
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from offermill import publish
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers.channels import publication
from offers.delivery import step
from tests import literal_night
from tests.offers.channels import said_no
from tests.offers.channels.said_no import Person, account, complaint, land, refusal
from tests.offers.delivery.inbox import Inbox

# The first block goes by HTTP, the second into a folder.
CHANNELS = """\
channels:
  app: {{target: generic, delivery: {{http: {{url: "{url}"}}}}}}
  crm: {{target: generic, delivery: {{folder: {{path: "{folder}"}}}}}}
"""
LAST_STEPS = (
    ("publish.exports", publication.write),
    ("publish.release", publish.release),
    ("deliver.send", step.send),
)
# One before each step from the addresses on, and one while the second block waits for the first.
BOUNDARIES = 21
SPELLINGS = ("{0}@EXAMPLE.org", "  {0}@example.org ", "{0}+x@example.org", "Me <{0}@example.org>")


@dataclass(frozen=True)
class Shop:
    """A shop whose night begins behind the scores, and where its two blocks arrive."""

    warehouse: Warehouse
    run: Run
    inbox: Inbox
    folder: Path

    def boundaries(self) -> Iterator[int]:
        """Do everything from the scores to the delivery; yield the number of each boundary when it is reached."""
        number = -1
        for number, _ in enumerate(said_no.steps(self.warehouse, self.run)):
            yield number
        for _, act in LAST_STEPS:
            number += 1
            yield number
            act(self.warehouse, self.run)

    def clear(self) -> None:
        """Forget the night, what was said, and what arrived."""
        for place in (self.run.shop.landing, self.run.shop.exports, self.run.shop.state, self.folder):
            shutil.rmtree(place, ignore_errors=True)
        self.folder.mkdir()
        self.inbox.taken.clear()

    def told_by_http(self) -> set[str]:
        (body,) = self.inbox.taken.values()
        return _customers(body)

    def told_by_folder(self) -> set[str]:
        return _customers((self.folder / "2026-06-30" / "crm" / "offers.csv").read_bytes())


def _customers(body: bytes) -> set[str]:
    return {row["customer_id"] for row in csv.DictReader(io.StringIO(body.decode(), newline=""), strict=True)}


@contextmanager
def shop(folder: Path, inbox: Inbox, people: Sequence[Person]) -> Iterator[Shop]:
    """Yield a shop of these people, each with an offer."""
    target = folder / "inbox"
    target.mkdir()
    settings = said_no.SETTINGS + CHANNELS.format(url=inbox.url, folder=target)
    with Warehouse.open() as warehouse:
        literal_night.fill(warehouse)
        said_no.fill(warehouse, people)
        dates = "valid_from = '2026-07-01', valid_until = '2026-07-28', code = 'AB'"
        warehouse.execute(f"update offers.decision set {dates}")
        yield Shop(warehouse, literal_night.make_run(folder / "shop", settings=settings), inbox, target)


def say_no(run: Run, customers: Sequence[str], name: str) -> None:
    """Let these customers opt out now, every second one by consent and the others by a spelling of their address."""
    land(run, "consents", [refusal(one) for one in customers[::2]], name)
    spelled = [SPELLINGS[place % 4].format(one) for place, one in enumerate(customers[1::2])]
    land(run, "suppressions", [("email", value, "opt_out") for value in spelled], name)


def test_1000_opt_outs_at_every_boundary_between_scoring_and_delivery_reach_nobody(
    tmp_path: Path, inbox: Inbox
) -> None:
    people = [Person(f"c{number:04d}", email=f"c{number:04d}@example.org") for number in range(2000)]
    ids = [one.customer_id for one in people]
    random.Random(7).shuffle(ids)
    refusing, agreeing = ids[:1000], set(ids[1000:])
    share = [refusing[number::BOUNDARIES] for number in range(BOUNDARIES)]
    with shop(tmp_path, inbox, people) as one:
        inbox.on_taken = lambda: say_no(one.run, share[-1], "_sending")
        reached = 0
        for reached in one.boundaries():
            say_no(one.run, share[reached], f"_{reached}")

        assert reached == BOUNDARIES - 2
        assert one.told_by_http() == agreeing | set(share[-1]), "they spoke when this file had left"
        assert one.told_by_folder() == agreeing


# Who says no, and how: (source, row of its file).
WAYS = (
    ("consents", refusal("anna")),
    ("consents", refusal("anna", purpose="profiling")),
    *(("suppressions", ("email", spelling.format("anna"), "opt_out")) for spelling in SPELLINGS),
    ("suppressions", ("", "anna@example.org", "erasure")),
    ("suppressions", ("customer", "anna", "court")),
    ("suppressions", ("household", "Brivibas iela 1", "deceased")),
    ("customers", account("anna", "closed")),
    ("complaints", complaint("anna")),
    ("complaints", complaint("anna", "2026-06-30T05:00:00Z")),
    ("withdrawals", ("w1", "anna", "", "a wrong price")),
    ("withdrawals", ("w1", "anna", "points", "a wrong price")),
)


@pytest.mark.every_step
def test_a_no_in_each_of_1000_nights_reaches_nobody(tmp_path: Path, inbox: Inbox) -> None:
    people = [Person("anna", email="anna@example.org", household="Brivibas iela 1"), Person("zane", "zane@example.org")]
    with shop(tmp_path, inbox, people) as one:
        for night in range(1000):
            source, row = WAYS[night // BOUNDARIES % len(WAYS)]
            one.clear()
            moment = night % BOUNDARIES
            spoken = lambda: land(one.run, source, [row])  # noqa: B023, E731 called within this turn
            inbox.on_taken = spoken if moment == BOUNDARIES - 1 else (lambda: None)
            for reached in one.boundaries():
                if reached == moment:
                    spoken()
            assert one.told_by_folder() == {"zane"}, (moment, source, row)
            assert one.told_by_http() - {"anna"} == {"zane"}
            assert moment == BOUNDARIES - 1 or "anna" not in one.told_by_http(), (moment, source, row)
