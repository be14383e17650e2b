"""A process killed at any moment of a send, and run again: the target has the file once, whole, and nothing else."""

import os
import signal
from collections.abc import Callable, Iterable
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path

import pytest

from offermill import durable
from offermill.settings_delivery import DeliverySettings
from offers.delivery.parcel import Parcel
from offers.delivery.sending import deliver
from offers.delivery.targets import open_transport
from offers.delivery.transport import Ended, Job, State, Transport, Working
from tests.offers.delivery.desk import START, Hours, office, parcel, story
from tests.offers.delivery.inbox import Inbox
from tests.offers.delivery.servers import Bucket, Server

CONTENT = "offer_key\nk1\n"
OTHER = "offer_key\n"
# The moment after the upload is noted: the process dies before the file gets its name.
UPLOADED = 5


class Fuse:
    """Kills the process at its n-th moment."""

    def __init__(self, moments: int) -> None:
        self._left = moments

    def burn(self, *_: object) -> None:
        self._left -= 1
        if self._left < 0:
            os.kill(os.getpid(), signal.SIGKILL)


class Mortal:
    """A transport with a moment to die before and after every act."""

    def __init__(self, transport: Transport, fuse: Fuse) -> None:
        self._transport, self._fuse = transport, fuse

    @property
    def place(self) -> str:
        return self._transport.place

    def has(self, sent: Parcel) -> bool:
        return self._transport.has(sent)

    def open(self, sent: Parcel) -> str:
        token = self._transport.open(sent)
        self._fuse.burn()
        return token

    def upload(self, sent: Parcel, token: str) -> None:
        self._transport.upload(sent, token)
        self._fuse.burn()

    def state(self, sent: Parcel, token: str) -> State:
        return self._transport.state(sent, token)

    def finish(self, sent: Parcel, token: str, *, is_again: bool) -> str | Job:
        answer = self._transport.finish(sent, token, is_again=is_again)
        self._fuse.burn()
        return answer

    def ended(self, sent: Parcel, address: str) -> Ended | Working:
        answer = self._transport.ended(sent, address)
        self._fuse.burn()
        return answer

    def discard(self, sent: Parcel, token: str) -> None:
        self._transport.discard(sent, token)
        self._fuse.burn()

    def close(self) -> None:
        self._transport.close()


def send(settings: DeliverySettings, folder: Path, content: str = CONTENT, fuse: Fuse | None = None) -> str:
    hours = Hours()
    transport = open_transport(settings, START.date(), hours.clock)
    with closing(transport), office(folder / "state", hours.clock) as desk:
        used = Mortal(transport, fuse) if fuse else transport
        return deliver(parcel(folder / "out", content), used, desk).result


def _die(settings: DeliverySettings, folder: Path, content: str, moments: int) -> None:
    fuse = Fuse(moments)
    durable.step = fuse.burn  # type: ignore[assignment] # before every line of the log, and every write and rename
    send(settings, folder, content, fuse)


def is_killed(settings: DeliverySettings, folder: Path, moments: int, content: str = CONTENT) -> bool:
    """Tell whether a send in a process of its own came to its n-th moment, where it dies."""
    process = get_context("fork").Process(target=_die, args=(settings, folder, content, moments))
    process.start()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


def kill_everywhere(
    folder: Path, settings: DeliverySettings, empty: Callable[[], list[bytes]], moments: Iterable[int]
) -> list[list[str]]:
    """Kill a send at each of the moments, send again, and return the log's story of each."""
    stories: list[list[str]] = []
    for moment in moments:
        place = folder / str(moment)
        assert is_killed(settings, place, moment), f"a send has no moment {moment}"
        assert send(settings, place) in ("delivered", "recognised")
        with office(place / "state") as desk:
            stories.append(story(desk, parcel(place / "out", CONTENT)))
        assert empty() == [CONTENT.encode()], f"moment {moment}"
    assert all(one[-1] == "acknowledged" and one.count("acknowledged") == 1 for one in stories)
    return stories


def taken_from(folder: Path) -> Callable[[], list[bytes]]:
    """Return what empties a folder and lists the files that were there, without the hash files."""

    def empty() -> list[bytes]:
        found = sorted(path for path in folder.rglob("*") if path.is_file())
        contents = [path.read_bytes() for path in found if path.suffix != ".sha256"]
        for path in found:
            path.unlink()
        return contents

    return empty


def test_into_a_folder(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    settings = DeliverySettings.model_validate({"folder": {"path": str(inbox)}})
    stories = kill_everywhere(tmp_path, settings, taken_from(inbox), range(10))
    assert not is_killed(settings, tmp_path / "undisturbed", 10)
    assert ["intent", "abandoned", "intent", "staged", "acknowledged"] in stories
    assert ["intent", "staged", "acknowledged"] in stories


# A connection costs up to a second: the fast suite dies between rename and answer, the slow one everywhere.
@pytest.mark.parametrize("moments", [[4], pytest.param(range(6), marks=pytest.mark.every_step)], ids=["last", "every"])
def test_over_sftp(server: Server, tmp_path: Path, moments: Iterable[int]) -> None:
    kill_everywhere(tmp_path, server.delivery(), taken_from(server.inbox), moments)


@pytest.mark.parametrize(
    "moments", [[3, 4], pytest.param(range(6), marks=pytest.mark.every_step)], ids=["last", "every"]
)
def test_into_a_bucket(bucket: Bucket, tmp_path: Path, moments: Iterable[int]) -> None:
    def empty() -> list[bytes]:
        found = bucket.objects()
        for key in found:
            bucket.client.delete_object(Bucket="crm", Key=key)
        return list(found.values())

    kill_everywhere(tmp_path, bucket.delivery(), empty, moments)


def test_an_upload_that_was_begun_and_not_noted_holds_nothing(bucket: Bucket, tmp_path: Path) -> None:
    """Only its id, which died with the process, says that it is ours; the bytes come after the note."""
    assert is_killed(bucket.delivery(), tmp_path, 0)
    assert send(bucket.delivery(), tmp_path) == "delivered"
    assert bucket.parts() == [0]


@pytest.mark.parametrize("known_status", [200, 409])
def test_over_http(inbox: Inbox, tmp_path: Path, known_status: int) -> None:
    def empty() -> list[bytes]:
        taken = list(inbox.taken.values())
        inbox.taken.clear()
        return taken

    inbox.known_status = known_status
    kill_everywhere(tmp_path, inbox.delivery(), empty, range(6) if known_status == 200 else [4])
    assert not is_killed(inbox.delivery(), tmp_path / "undisturbed", 6)


def test_over_http_with_a_job_after_it(inbox: Inbox, tmp_path: Path) -> None:
    def empty() -> list[bytes]:
        taken = list(inbox.taken.values())
        inbox.taken.clear()
        return taken

    inbox.plan, inbox.known_status = [202] * 99, 202
    inbox.jobs = [(200, {}, b'{"status": "done"}')]
    stories = kill_everywhere(tmp_path, inbox.delivery(), empty, range(8))
    assert not is_killed(inbox.delivery(), tmp_path / "undisturbed", 8)
    assert max(one.count("accepted") for one in stories) == 1


def test_a_file_that_was_taken_away_before_its_acknowledgement_is_not_sent_again(tmp_path: Path) -> None:
    """A program over there took the file the moment it appeared, and we died before noting it."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    settings = DeliverySettings.model_validate({"folder": {"path": str(inbox)}})
    assert is_killed(settings, tmp_path, 9)
    (inbox / "2026-06-30" / "crm" / "offers.csv").unlink()
    assert send(settings, tmp_path) == "recognised"
    assert not (inbox / "2026-06-30" / "crm" / "offers.csv").exists()


@pytest.mark.parametrize("moments", range(10))
def test_rows_that_became_forbidden_meanwhile_leave_only_if_they_had_left(tmp_path: Path, moments: int) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    settings = DeliverySettings.model_validate({"folder": {"path": str(inbox)}})
    assert is_killed(settings, tmp_path, moments)
    final = inbox / "2026-06-30" / "crm" / "offers.csv"
    had_left = final.exists()
    assert send(settings, tmp_path, OTHER) == ("recognised" if had_left else "delivered")
    assert final.read_text("utf-8") == (CONTENT if had_left else OTHER)
    assert sorted(path.name for path in final.parent.iterdir()) == ["offers.csv", "offers.csv.sha256"]
    with office(tmp_path / "state") as desk:
        last = desk.journal.of(parcel(tmp_path / "out", OTHER))[-1]
        assert (last.event, last.rows) == ("acknowledged", 1 if had_left else 0)


def test_killed_again_while_it_gives_up_what_it_had_uploaded(tmp_path: Path) -> None:
    """Uploaded and killed, then rows became forbidden, and the next process is killed at every moment of its own."""
    moment = 0
    while True:
        folder = tmp_path / str(moment)
        inbox = folder / "inbox"
        inbox.mkdir(parents=True)
        settings = DeliverySettings.model_validate({"folder": {"path": str(inbox)}})
        assert is_killed(settings, folder, UPLOADED)
        was_killed = is_killed(settings, folder, moment, OTHER)
        assert send(settings, folder, OTHER) in ("delivered", "recognised", "before")
        assert taken_from(inbox)() == [OTHER.encode()], f"moment {moment}"
        if not was_killed:
            break
        moment += 1
    # The acts of a whole send, and two more for giving up: the note and the removal.
    assert moment == 12
