"""Perform a night that dies by SIGKILL inside a chosen step, in a process forked from a warm one."""

import os
import signal
from contextlib import contextmanager
from datetime import date
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Literal

from offermill import flows, night
from offermill.warehouse import Warehouse

Moment = Literal["before commit", "after commit"]


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _patch(moment: Moment) -> None:
    whole = Warehouse.transaction

    @contextmanager
    def dying(self: Warehouse):  # type: ignore[no-untyped-def]
        with whole(self):
            yield
            if moment == "before commit":
                _die()
        _die()

    Warehouse.transaction = dying  # type: ignore[method-assign]


def perform_until_death(folder: Path, day: date, address: str, moment: Moment) -> None:
    """Perform the night's steps up to `address` and die in that one."""
    for step in flows.nightly().steps:
        if step.address == address:
            _patch(moment)
        night.perform(step, folder, day)


def die_in_step(folder: Path, day: date, address: str, moment: Moment) -> None:
    """Perform only the step `address`, and die in it."""
    _patch(moment)
    night.perform(flows.nightly().step(address), folder, day)


def outcome(context: ForkServerContext, work: object, *arguments: object) -> int:
    """Return how a process that did `work` ended: 0, or minus the signal that killed it."""
    process = context.Process(target=work, args=arguments)
    process.start()
    process.join()
    return int(process.exitcode or 0)
