"""A real night from its scores to its delivery, whose customers say no at the boundaries between its steps."""

import csv
import hashlib
import io
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from offermill import flows
from offermill.paths import ShopPaths
from offermill.warehouse import Warehouse
from tests.nights import DAY, copy_of, perform_steps
from tests.offers.channels.said_no import account, bring, complaint, refusal
from tests.offers.delivery.inbox import Inbox

STEPS = [step.address for step in flows.nightly().steps]
SCORED = STEPS.index("models.offer_effect") + 1
BEHIND = STEPS[SCORED:]
# One boundary before each step behind the scores, and this one: the first block leaves while the others wait.
SENDING = len(BEHIND)
LATE = ("complaints", "consents", "customers", "withdrawals")

No = tuple[str, tuple[str, ...]]  # source, row of its file


@dataclass(frozen=True)
class Told:
    """A customer whom an undisturbed night tells an offer."""

    customer_id: str
    email: str
    phone: str
    channel: str
    offer_id: str
    offer_key: str
    code: str
    household: str

    @property
    def traces(self) -> set[str]:
        """Return all by which a file may name them: as they are, or hashed for an audience."""
        plain = {self.customer_id, self.email, self.phone, self.offer_key, self.code} - {""}
        return plain | {hashlib.sha256(one.lower().encode()).hexdigest() for one in (self.email, self.phone) if one}

    @property
    def noes(self) -> list[No]:
        """Return the ways in which they can say no."""
        one = self.customer_id
        refusals = [refusal(one, self.channel), refusal(one, self.channel, purpose="profiling")]
        complaints = [complaint(one), complaint(one, "2026-06-30T05:00:00Z")]
        withdrawals = [(f"w-{one}", one, offer, "a wrong price") for offer in ("", self.offer_id)]
        return [
            ("customers", account(one, "closed")),
            *(("consents", row) for row in refusals),
            *(("complaints", row) for row in complaints),
            *(("withdrawals", row) for row in withdrawals),
            *(("suppressions", row) for row in self._suppressions()),
        ]

    def _suppressions(self) -> list[tuple[str, ...]]:
        found = [("customer", self.customer_id, "court")]
        if self.email:
            name, _, domain = self.email.partition("@")
            spelled = (f"{name}@{domain.upper()}", f"  {self.email} ", f"{name}+x@{domain}", f"Me <{self.email}>")
            found += [("", self.email, "erasure"), *(("email", value, "opt_out") for value in spelled)]
        return [*found, ("household", self.household, "deceased")] if self.household else found


def prepare(shop: Path, inbox: Inbox, sent: Path) -> None:
    """Let most be told by lot and every block be sent; then do the night as far as the scores."""
    path = shop / "shop.yml"
    text = path.read_text(encoding="utf-8")
    folder = f"delivery: {{folder: {{path: {sent}}}}}"
    changes = {
        "exploration_share: 0.05": "exploration_share: 0.90",
        "{target: generic": f'{{target: generic, delivery: {{http: {{url: "{inbox.url}"}}}}',
        "target: google_data_manager": f"target: google_data_manager\n    {folder}",
        **{f"{{target: {one}": f"{{target: {one}, {folder}" for one in ("braze", "point_of_sale", "store_sheet")},
        **{f"files: {one}_{{date}}.csv": f'files: "{one}_{{date}}*.csv"' for one in LATE},
    }
    for old, new in changes.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    with Warehouse.open(ShopPaths(shop).warehouse):
        perform_steps(shop, DAY, STEPS[:SCORED])


@dataclass(frozen=True)
class Night:
    """Where a night is done that begins behind the scores, and where its files arrive: by HTTP and in a folder."""

    scored: Path
    shop: Path
    inbox: Inbox
    sent: Path

    def perform(self, said: Mapping[int, Sequence[No]]) -> None:
        """Do the night anew; at each boundary, by its number, some say no."""
        for place in (self.shop, self.sent):
            shutil.rmtree(place, ignore_errors=True)
        copy_of(self.scored, self.shop)
        self.sent.mkdir()
        self.inbox.taken.clear()
        self.inbox.on_taken = lambda: self._say(SENDING, said)
        with Warehouse.open(ShopPaths(self.shop).warehouse):
            for number, address in enumerate(BEHIND):
                self._say(number, said)
                perform_steps(self.shop, DAY, [address])

    def _say(self, number: int, said: Mapping[int, Sequence[No]]) -> None:
        for source in sorted({source for source, _ in said.get(number, ())}):
            rows = [row for other, row in said[number] if other == source]
            bring(self.shop / "landing", source, rows, f"_{number}")

    def arrived(self) -> dict[str, set[str]]:
        """Return the words in what arrived of each block."""
        found = {"crm": _words(self._crm())}
        for path in self.sent.rglob("*"):
            # A workbook says what the page beside it says.
            if path.is_file() and path.suffix != ".xlsx":
                found.setdefault(path.parent.name, set()).update(_words(path.read_bytes()))
        return found

    def told(self) -> list[Told]:
        """Return whom the file of the CRM names, by customer."""
        rows = csv.DictReader(io.StringIO(self._crm().decode(), newline=""), strict=True)
        homes = dict(self._rows("select customer_id, min(household) from core.household group by all"))
        names = [one.name for one in fields(Told) if one.name != "household"]
        people = [
            Told(**{name: row[name] for name in names}, household=homes.get(row["customer_id"], "")) for row in rows
        ]
        return sorted(people, key=lambda one: one.customer_id)

    def near(self, people: Sequence[Told]) -> set[str]:
        """Return the customers who share an address or a home with one of these people."""
        sql = (
            "select distinct near.customer_id from offers.watched_key as own "
            "inner join offers.watched_key as near using (key) where own.customer_id in (select unnest($ids))"
        )
        return {str(one) for (one,) in self._rows(sql, {"ids": [one.customer_id for one in people]})}

    def _crm(self) -> bytes:
        (body,) = self.inbox.taken.values()
        return body

    def _rows(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[tuple[object, ...]]:
        with Warehouse.open(ShopPaths(self.shop).warehouse) as warehouse:
            return warehouse.rows(sql, dict(parameters or {}))


def _words(body: bytes) -> set[str]:
    return set(re.findall(r"[0-9A-Za-z@.+_-]+", body.decode()))
