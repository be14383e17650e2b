"""100,000 random steps x 20 seeds of reserve, post, release, crash and retry: the cap and the books at each step.

Every step is followed by a check of the pools it touched against accounts summed independently from the movements:
reserved + posted <= cap, no account below 0, debits = credits, what reservations hold covers what is reserved, an
overrun only where nothing else was left. At each crash everything in memory is lost, the state is made anew from the
stored movements, and what was under way is tried again; now and then an old operation is tried again out of the blue
and must book nothing it booked before.

    python -m benchmarks.ledger --steps 100000 --seeds 20
"""

import argparse
import random
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from offers.book import Book, LedgerError, Movement, Pool

# Limits differ in size, so that some are always full by the end of their period and others never.
_MOST = {
    ("budget", "money"): 100_000,
    ("campaign:summer", "money"): 30_000,
    ("funder:cocoa", "money"): 5_000,
    ("capacity:summer", "contacts"): 100,
    ("pieces:mug", "pieces"): 40,
}
Operation = Callable[[], list[Movement]]

CRASH_SHARE, RETRY_SHARE = 0.0005, 0.05
# A period lasts so many steps; promises of earlier ones go on being redeemed and released.
PERIOD_STEPS, FULL_CHECK_EVERY = 500, 5000


def caps(step: int) -> dict[Pool, int]:
    """Return the pools of the period that a step is in."""
    on = date(2026, 6, 30) + timedelta(days=step // PERIOD_STEPS)
    return {Pool(name, on, counted): most for (name, counted), most in _MOST.items()}


@dataclass
class Played:
    """What happened in one run."""

    steps: int = 0
    movements: int = 0
    crashes: int = 0
    retries: int = 0
    refused: int = 0
    overruns: int = 0
    reversals: int = 0
    seconds: float = 0.0


@dataclass
class _Shadow:
    """The accounts summed from movements alone: no operation of the book is used."""

    accounts: dict[tuple[Pool, str], int] = field(default_factory=lambda: defaultdict(int))

    def add(self, movements: list[Movement]) -> None:
        for one in movements:
            self.accounts[one.pool, one.from_account] -= one.amount
            self.accounts[one.pool, one.to_account] += one.amount


def _check(book: Book, shadow: _Shadow, pools: set[Pool]) -> None:
    """Raise when a pool breaks its cap, or its balance is not what the movements sum to."""
    for pool in pools:
        balance = book.pools[pool]
        reserved, posted, overrun = (shadow.accounts[pool, name] for name in ("reserved", "posted", "overrun"))
        sound = (
            (reserved, posted, overrun) == (balance.reserved, balance.posted, balance.overrun)
            and min(reserved, posted, overrun) >= 0
            and reserved + posted <= _MOST[pool.limit_name, pool.counted]
            # Debits = credits: what left free and beyond is what the other accounts hold.
            and shadow.accounts[pool, "free"] + shadow.accounts[pool, "beyond"] == -(reserved + posted + overrun)
            and -shadow.accounts[pool, "beyond"] == overrun
            and reserved <= sum(balance.held.values())
        )
        if not sound:
            raise SystemExit(f"{pool}: the books do not balance: {balance}")


class _Play:
    """One run: the book, what is stored of it, and what may happen next."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.book, self.stored, self.shadow = Book(), list[Movement](), _Shadow()
        self.open: list[str] = []
        self.ended: list[str] = []
        self.redeemed: list[str] = []
        self.done: list[tuple[Operation, bool]] = []
        self.count, self.played = 0, Played()

    def step(self) -> None:
        operation = self._operation()
        if self.random.random() < CRASH_SHARE:
            # The movements are made, but the process dies before they are stored.
            self._tried(operation)
            self.book = Book(self.stored)
            self.played.crashes += 1
        made = self._tried(operation)
        self._store(made)
        if self.random.random() < RETRY_SHARE and self.done:
            self._retry(*self.random.choice(self.done))
        self.done.append((operation, bool(made)))
        del self.done[:-500]

    def _tried(self, operation: Operation) -> list[Movement]:
        try:
            return operation()
        except LedgerError:
            self.played.refused += 1
            return []

    def _retry(self, operation: Operation, was_booked: bool) -> None:
        self.played.retries += 1
        again = self._tried(operation)  # a promise refused before may fit now
        if again and was_booked:
            raise SystemExit(f"a retry booked {again}")
        self._store(again)

    def _store(self, made: list[Movement]) -> None:
        self.stored += made
        self.shadow.add(made)
        self.played.movements += len(made)
        self.played.overruns += sum(one.kind == "overrun" for one in made)
        _check(self.book, self.shadow, {one.pool for one in made})
        for pool in (one.pool for one in made if one.kind == "overrun"):
            if self.book.pools[pool].free or self.book.pools[pool].reserved:
                raise SystemExit(f"{pool}: an overrun although money was left: {self.book.pools[pool]}")

    def _operation(self) -> Operation:
        kind = self.random.choices(("reserve", "post", "late", "release", "reverse"), (45, 30, 3, 20, 2))[0]
        self.count += 1
        if kind == "reserve" or not self.open:
            return self._reserve()
        if kind in ("post", "late"):
            return self._post(self.random.choice(self.ended if kind == "late" and self.ended else self.open))
        if kind == "release":
            return self._release()
        if self.redeemed:
            self.played.reversals += 1
            name = self.random.choice(self.redeemed)
            return lambda: self.book.reverse(name, "source_changed")
        return self._release()

    def _reserve(self) -> Operation:
        random = self.random
        name, cost, tonight = f"r{self.count}", random.randrange(0, 400), caps(self.count)
        pools = random.sample(list(tonight), random.randrange(1, len(tonight) + 1))
        amounts = {pool: cost if pool.counted == "money" else 1 for pool in pools}
        self.open.append(name)
        return lambda: self.book.reserve({name: amounts}, tonight, "decided")

    def _post(self, name: str) -> Operation:
        redemption, cost = f"d{self.count}", self.random.randrange(0, 2000)
        self.redeemed.append(redemption)

        def operation() -> list[Movement]:
            pools = self.book.reservations.get(name, ())
            amounts = {pool: cost if pool.counted == "money" else 1 for pool in pools}
            return self.book.post(redemption, name, amounts, "redeemed")

        return operation

    def _release(self) -> Operation:
        place = self.random.randrange(len(self.open))
        self.open[place], self.open[-1] = self.open[-1], self.open[place]
        name = self.open.pop()
        self.ended.append(name)
        return lambda: self.book.release(name, "expired")


def play(seed: int, *, steps: int) -> Played:
    """Return what happened in `steps` random steps.

    Raises:
        SystemExit: a cap or the trial balance did not hold; names the pool and its balance.
    """
    begun, run = time.perf_counter(), _Play(seed)
    for number in range(steps):
        run.step()
        if number % FULL_CHECK_EVERY == 0:
            _check(run.book, run.shadow, set(run.book.pools))
            _check(Book(run.stored), run.shadow, set(run.book.pools))
    run.played.steps, run.played.seconds = steps, time.perf_counter() - begun
    return run.played


def main() -> None:
    """Print one line per seed and the sum."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--seeds", type=int, default=20)
    wanted = parser.parse_args()
    names = ("steps", "movements", "crashes", "retries", "refused", "overruns", "reversals", "seconds")
    print("seed  " + "".join(f"{name:>11}" for name in names))
    for seed in range(1, wanted.seeds + 1):
        played = play(seed, steps=wanted.steps)
        print(f"{seed:4}  " + "".join(f"{getattr(played, name):11,.0f}" for name in names), flush=True)
    print("At every step: reserved + posted <= cap, debits = credits, balances = the re-sum of movements.")


if __name__ == "__main__":
    main()
