"""One file to its target, once: what the journal says of it decides what is still to do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from offermill.settings_delivery import RetrySettings
from offers.delivery import backoff
from offers.delivery.backoff import Clock
from offers.delivery.journal import Entry, Event, Journal
from offers.delivery.parcel import ForgottenError, GivenUpError, Parcel, TargetError
from offers.delivery.transport import Ended, Job, Refusal, Transport, Working

# A target is not asked about a job more often.
_LEAST_WAIT_SECONDS = 1.0
# Some servers know a job only a moment after they named it.
_UNKNOWN_AT_FIRST = timedelta(seconds=60)

# recognised: the target had it already, only its answer was lost. before: the log has its acknowledgement.
# missing: a rehearsal found it not delivered. withheld: no row of it may leave any more, and nothing was sent.
Result = Literal["delivered", "recognised", "before", "failed", "missing", "withheld"]


@dataclass(frozen=True)
class Outcome:
    """What became of a file."""

    parcel: Parcel
    place: str
    result: Result
    attempts: int = 0
    why: str = ""
    advice: str = ""


@dataclass(frozen=True)
class Office:
    """What sending needs beside the file and its target; `receive` keeps records refused, with when they were sent."""

    journal: Journal
    retry: RetrySettings
    clock: Clock
    receive: Callable[[Parcel, Sequence[Refusal], str], object] = lambda *_: None


def acknowledged(entries: list[Entry]) -> Entry | None:
    """Return the acknowledgement of a file, if there is one."""
    return next((entry for entry in entries if entry.event == "acknowledged"), None)


def _unfinished(entries: list[Entry], place: str) -> Entry | None:
    """Return the last act on a file at a place if nothing says what became of it."""
    acts = [entry for entry in entries if entry.event != "failed" and entry.place == place]
    return acts[-1] if acts and acts[-1].event in ("intent", "staged", "accepted") else None


def is_begun(entries: list[Entry], place: str) -> bool:
    """Tell whether something of a file may be at a place, and nobody knows yet what became of it."""
    return _unfinished(entries, place) is not None


def deliver(parcel: Parcel, transport: Transport, office: Office, *, may_send: bool = True) -> Outcome:
    """Bring a file to its target unless it is there, trying again as the settings say; a failure is returned.

    Args:
        may_send: without it only what was begun is followed to its end, and nothing leaves.
    """
    if acknowledged(office.journal.of(parcel)):
        return Outcome(parcel, transport.place, "before")
    attempt = 0
    while True:
        attempt += 1
        try:
            return Outcome(
                parcel, transport.place, _Attempt(parcel, transport, office, attempt, may_send).result(), attempt
            )
        except TargetError as problem:
            transport.close()
            _note_failure(parcel, transport, office, attempt, problem)
            if not problem.may_pass or attempt >= office.retry.attempts:
                return Outcome(parcel, transport.place, "failed", attempt, str(problem), problem.advice)
            office.clock.sleep(backoff.wait_seconds(parcel, attempt, office.retry, problem.wait_seconds))


def _note_failure(parcel: Parcel, transport: Transport, office: Office, attempt: int, problem: TargetError) -> None:
    office.journal.note(
        "failed", parcel, at=office.clock.now(), place=transport.place, attempt=attempt, detail=str(problem)
    )


class _Attempt:
    """One attempt at one file."""

    def __init__(self, parcel: Parcel, transport: Transport, office: Office, number: int, may_send: bool) -> None:
        given_up = sum(entry.event == "refused" for entry in office.journal.of(parcel))
        self._parcel = replace(parcel, turn=given_up)
        self._transport = transport
        self._office = office
        self._number = number
        self._may_send = may_send

    def result(self) -> Result:
        """Go on where the last attempt, perhaps of a killed process, ended."""
        last = _unfinished(self._entries(), self._transport.place)
        if last is None:
            return self._first()
        sent = self._as_sent(last)
        if last.event == "accepted":
            return self._awaited(sent, last)
        if last.event == "staged":
            state = self._transport.state(sent, last.token)
            if state == "finished":
                return self._acknowledge(sent, last.token, "the target has it", "recognised")
            if state in ("waiting", "unknown") and self._may_send and sent.sha256 == self._parcel.sha256:
                return self._finish(last.token, is_again=True)
            if state == "unknown" and not self._may_send:
                raise ForgottenError(f"{self._transport.place} was sent it and gave no answer", sent)
        # Noted first: what is half removed must not be taken up again.
        self._note("abandoned", sent, last.token)
        self._transport.discard(sent, last.token)
        return self._send()

    def _first(self) -> Result:
        # The journal knows nothing of the file; it may have been lost, and the target knows better.
        if self._transport.has(self._parcel):
            return self._acknowledge(self._parcel, "", "the target has it", "recognised")
        return self._send()

    def _send(self) -> Result:
        if not self._may_send:
            return "withheld"
        was_staged = any(entry.event == "staged" for entry in self._entries()[self._given_up_at() :])
        token = self._transport.open(self._parcel)
        self._note("intent", self._parcel, token)
        self._transport.upload(self._parcel, token)
        self._note("staged", self._parcel, token)
        return self._finish(token, is_again=was_staged)

    def _finish(self, token: str, *, is_again: bool) -> Result:
        answer = self._transport.finish(self._parcel, token, is_again=is_again)
        if isinstance(answer, Job):
            return self._awaited(self._parcel, self._note("accepted", self._parcel, answer.address, answer.said))
        return self._acknowledge(self._parcel, token, answer, "delivered")

    def _awaited(self, sent: Parcel, accepted: Entry) -> Result:
        """Ask about a job until it ended; what was accepted is never sent again meanwhile."""
        clock, retry = self._office.clock, self._office.retry
        deadline = clock.now() + timedelta(seconds=retry.job_seconds)
        times = 0
        while True:
            times += 1
            found = self._asked(sent, accepted)
            if not isinstance(found, Working):
                self._office.receive(sent, found.refused, accepted.at)
                return self._acknowledge(sent, accepted.token, found.said, "delivered")
            wait = max(backoff.wait_seconds(sent, times, retry, found.wait_seconds), _LEAST_WAIT_SECONDS)
            if clock.now() + timedelta(seconds=wait) > deadline:
                raise TargetError(
                    f"{self._transport.place} took it ({accepted.detail}) and works on it for more than "
                    f"{retry.job_seconds:g} seconds",
                    "deliver again later: it is asked again and sent nothing (retry.job_seconds waits longer)",
                )
            clock.sleep(wait)

    def _asked(self, sent: Parcel, accepted: Entry) -> Ended | Working:
        try:
            return self._transport.ended(sent, accepted.token)
        except GivenUpError as problem:
            self._note("refused", sent, accepted.token, str(problem))
            raise
        except ForgottenError:
            if self._office.clock.now() - datetime.fromisoformat(accepted.at) > _UNKNOWN_AT_FIRST:
                raise
            return Working()
        except TargetError as problem:
            if not problem.may_pass:
                raise
            self._transport.close()
            return Working(problem.wait_seconds)

    def _acknowledge(self, sent: Parcel, token: str, detail: str, result: Result) -> Result:
        self._note("acknowledged", sent, token, detail)
        return result

    def _given_up_at(self) -> int:
        """Return how many entries are of earlier turns, which had other keys."""
        return max((at for at, entry in enumerate(self._entries(), start=1) if entry.event == "refused"), default=0)

    def _entries(self) -> list[Entry]:
        return self._office.journal.of(self._parcel)

    def _as_sent(self, last: Entry) -> Parcel:
        """Return the parcel as it was when it was uploaded: rows may have become forbidden since."""
        withheld = tuple(sorted(last.withheld.items()))
        return replace(
            self._parcel, name=last.name, size=last.size, sha256=last.sha256, rows=last.rows, withheld=withheld
        )

    def _note(self, event: Event, parcel: Parcel, token: str, detail: str = "") -> Entry:
        told = {"place": self._transport.place, "attempt": self._number, "token": token, "detail": detail}
        return self._office.journal.note(event, parcel, at=self._office.clock.now(), **told)
