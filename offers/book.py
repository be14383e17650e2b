"""The book of a ledger: promises reserve, redemptions post, ends release; what it admits never exceeds a limit's cap.

Pure: operations on the state in memory, each of which returns the movements it made (to be stored by offers.ledger) or
refuses and changes nothing. Every operation may be repeated: what is booked already is not booked again.

A limit has a pool for each of its periods, with five accounts. A movement goes from one to another, so debits are
credits by construction:

    free -> reserved -> posted        what is left of the cap, promised, redeemed
    beyond -> overrun                 redeemed although the pool had nothing left

`reserved` is one purse. A redemption takes from what its own reservation still holds; what it costs beyond that comes
from the pool's other reservations (an expected cost is an average: most reservations are never redeemed), then from the
free rest, and only then is it an overrun. A reservation that ends gives back what it still holds, or what the purse
still has.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from offermill.errors import OffermillError


class LedgerError(OffermillError):
    """A reservation would take a limit above its cap: nothing of it was booked."""

    exit_code = 4


class Pool(NamedTuple):
    """The money (or contacts, or pieces) of one limit in one period, named by the period's first day."""

    limit_name: str
    period_on: date
    counted: str = "money"


@dataclass(frozen=True)
class Movement:
    """One movement between two accounts of a pool; see expectations/offers/ledger_entry.yml."""

    kind: str
    pool: Pool
    from_account: str
    to_account: str
    amount: int
    cap: int
    reservation_id: str
    redemption_id: str | None
    is_own: bool
    reason: str


@dataclass
class Balance:
    """What stands in the accounts of a pool; `held` is what each reservation may still take as its own."""

    cap: int
    reserved: int = 0
    posted: int = 0
    overrun: int = 0
    held: dict[str, int] = field(default_factory=dict)

    @property
    def free(self) -> int:
        """Return what may still be promised; 0 also where a lowered cap is below what stands."""
        return max(self.cap - self.reserved - self.posted, 0)


@dataclass
class Posted:
    """What one redemption took of one pool: in all, and of that from its own reservation."""

    reservation_id: str
    amounts: dict[Pool, int] = field(default_factory=dict)
    own: dict[Pool, int] = field(default_factory=dict)


class Book:
    """The state of all pools, made from movements and changed by operations."""

    def __init__(self, movements: Iterable[Movement] = ()) -> None:
        self.pools: dict[Pool, Balance] = {}
        self.reservations: dict[str, tuple[Pool, ...]] = {}
        self.redemptions: dict[str, Posted] = {}
        for movement in movements:
            self._apply(movement)

    def reserve(
        self, wanted: Mapping[str, Mapping[Pool, int]], caps: Mapping[Pool, int], reason: str
    ) -> list[Movement]:
        """Promise: reservation -> what it takes of each pool. All of them or, when one pool is too small, none.

        Raises:
            LedgerError: names the pool, what is free and what was wanted.
        """
        fresh = {name: amounts for name, amounts in wanted.items() if name not in self.reservations}
        for pool, amount in _totals(fresh).items():
            free = Balance(caps[pool], *self._standing(pool)).free
            if amount > free:
                raise LedgerError(_refusal(pool, amount, free, caps[pool]))
        return [
            self._move("reserve", pool, ("free", "reserved"), amount, name, reason, is_own=True, cap=caps[pool])
            for name, amounts in fresh.items()
            for pool, amount in amounts.items()
        ]

    def post(self, redemption_id: str, reservation_id: str, amounts: Mapping[Pool, int], reason: str) -> list[Movement]:
        """Book a redemption of a reservation in the given pools of it."""
        if redemption_id in self.redemptions:
            return []
        self.redemptions[redemption_id] = Posted(reservation_id)
        made: list[Movement] = []
        for pool, amount in amounts.items():
            for source, taken in self._sources(pool, reservation_id, amount):
                kind, accounts = ("overrun", ("beyond", "overrun")) if source == "beyond" else ("post", _POST[source])
                made.append(
                    self._move(
                        kind, pool, accounts, taken, reservation_id, reason, redemption_id, is_own=source == "own"
                    )
                )
        return made

    def release(self, reservation_id: str, reason: str, *, kind: str = "release") -> list[Movement]:
        """Give back what the reservation still holds to the period it came from."""
        made = []
        for pool in self.reservations.get(reservation_id, ()):
            balance = self.pools[pool]
            held = balance.held.get(reservation_id, 0)
            if reservation_id in balance.held:
                # An amount of 0 is booked as well: it says that the reservation has ended.
                amount, accounts = min(held, balance.reserved), ("reserved", "free")
                made.append(self._move(kind, pool, accounts, amount, reservation_id, reason, is_own=True))
        return made

    def reverse(self, redemption_id: str, reason: str) -> list[Movement]:
        """Take a redemption back: overruns of the pool first, then what it took of a reservation that still stands."""
        posted = self.redemptions.get(redemption_id)
        if posted is None:
            return []
        made, name = [], posted.reservation_id
        for pool, amount in list(posted.amounts.items()):
            balance = self.pools[pool]
            over = min(balance.overrun, amount)
            own = min(posted.own.get(pool, 0), amount - over) if name in balance.held else 0
            parts = (
                (("overrun", "beyond"), over, False),
                (("posted", "reserved"), own, True),
                (("posted", "free"), amount - over - own, False),
            )
            made += [
                self._move("reverse", pool, accounts, part, name, reason, redemption_id, is_own=is_own)
                for accounts, part, is_own in parts
                if part > 0
            ]
        return made

    def _sources(self, pool: Pool, reservation_id: str, amount: int) -> list[tuple[str, int]]:
        """Return where a redemption's money comes from, part by part."""
        balance = self.pools[pool]
        own = min(balance.held.get(reservation_id, 0), balance.reserved, amount)
        room = {"own": own, "others": balance.reserved - own, "free": balance.free, "beyond": amount}
        # One that comes after its reservation ended finds its money where that went.
        is_open = reservation_id in balance.held
        order = ("own", "others", "free", "beyond") if is_open else ("free", "others", "beyond")
        parts, left = [], amount
        for source in order:
            taken = min(room[source], left)
            if taken > 0:
                parts.append((source, taken))
                left -= taken
        return parts

    def _standing(self, pool: Pool) -> tuple[int, int]:
        balance = self.pools.get(pool)
        return (balance.reserved, balance.posted) if balance else (0, 0)

    def _move(
        self, kind: str, pool: Pool, accounts: tuple[str, str], amount: int, reservation_id: str, reason: str,
        redemption_id: str | None = None, *, is_own: bool, cap: int | None = None,
    ) -> Movement:  # fmt: skip
        cap = self.pools[pool].cap if cap is None else cap
        movement = Movement(kind, pool, *accounts, amount, cap, reservation_id, redemption_id, is_own, reason)
        self._apply(movement)
        return movement

    def _apply(self, movement: Movement) -> None:
        balance = self.pools.setdefault(movement.pool, Balance(movement.cap))
        balance.cap = movement.cap
        for account, change in ((movement.from_account, -movement.amount), (movement.to_account, movement.amount)):
            if account in ("reserved", "posted", "overrun"):
                setattr(balance, account, getattr(balance, account) + change)
        self._apply_to_reservation(balance, movement)
        self._apply_to_redemption(movement)

    def _apply_to_reservation(self, balance: Balance, movement: Movement) -> None:
        name = movement.reservation_id
        if movement.kind == "reserve":
            self.reservations[name] = (*self.reservations.get(name, ()), movement.pool)
            balance.held[name] = movement.amount
        elif movement.is_own and movement.to_account == "free":
            balance.held.pop(name, None)
        elif movement.is_own:
            balance.held[name] += movement.amount if movement.to_account == "reserved" else -movement.amount

    def _apply_to_redemption(self, movement: Movement) -> None:
        if movement.redemption_id is None:
            return
        posted = self.redemptions.setdefault(movement.redemption_id, Posted(movement.reservation_id))
        sign = -1 if movement.kind == "reverse" else 1
        for amounts, counts in ((posted.amounts, True), (posted.own, movement.is_own)):
            if counts:
                amounts[movement.pool] = amounts.get(movement.pool, 0) + sign * movement.amount


_POST = {"own": ("reserved", "posted"), "others": ("reserved", "posted"), "free": ("free", "posted")}


def _totals(wanted: Mapping[str, Mapping[Pool, int]]) -> dict[Pool, int]:
    totals: dict[Pool, int] = {}
    for amounts in wanted.values():
        for pool, amount in amounts.items():
            totals[pool] = totals.get(pool, 0) + amount
    return totals


def _refusal(pool: Pool, amount: int, free: int, cap: int) -> str:
    return (
        f"offers.ledger_entry: {amount} cannot be reserved in the limit {pool.limit_name!r} of the period from "
        f"{pool.period_on}: {free} of {cap} is free (minor units, or a count). Nothing was booked. If later nights of "
        "the period hold the rest, run them again first; else raise the limit in offers.yml."
    )
