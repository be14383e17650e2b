"""The audit log: whoever changes, removes or inserts a line is found out, and then nothing more is written."""

import json
from collections.abc import Callable
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path

import pytest

from offermill.errors import PublishError
from offermill.paths import ShopPaths
from portal import audit

AT = datetime(2026, 7, 1, 8, 30)
Lines = list[bytes]


@pytest.fixture
def shop(tmp_path: Path) -> ShopPaths:
    """Return a shop whose log holds five events."""
    shop = ShopPaths(tmp_path)
    for number in range(1, 6):
        audit.append(shop, AT, "download", user="anna", list=f"list-{number}.csv")
    return shop


def log(shop: ShopPaths) -> Path:
    return shop.folder / "portal" / "audit.jsonl"


def refusal(shop: ShopPaths) -> str:
    with pytest.raises(PublishError) as refused:
        audit.verify(shop)
    return str(refused.value)


def test_an_event_is_one_line_that_holds_the_hash_of_the_line_before(shop: ShopPaths) -> None:
    first, second = (json.loads(line) for line in log(shop).read_bytes().splitlines()[:2])
    assert first == {
        "number": 1,
        "at": "2026-07-01T08:30:00Z",
        "event": "download",
        "user": "anna",
        "list": "list-1.csv",
        "before": "0" * 64,
    }
    assert second["before"] == audit.sha256(log(shop).read_bytes().splitlines()[0]).hexdigest()


def test_an_event_is_forced_to_disk_before_anything_goes_on(shop: ShopPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    forced = list[str]()
    monkeypatch.setattr("os.fsync", lambda handle: forced.append(str(Path(f"/proc/self/fd/{handle}").readlink())))
    audit.append(shop, AT, "download", user="anna")
    folder = str(shop.folder / "portal")
    head = f"{folder}/.audit.head.partial"
    # Where the line will be, the line, that it is there; a new name only lasts when its folder is forced too.
    assert forced == [head, folder, str(log(shop)), head, folder]


def test_an_untouched_log_is_whole(shop: ShopPaths) -> None:
    assert audit.verify(shop).number == 5


def test_a_line_break_in_a_fact_forges_no_line(shop: ShopPaths) -> None:
    audit.append(shop, AT, "refusal", user='eve\n{"number": 7}\r\u2028')
    assert audit.verify(shop).number == 6
    assert len(log(shop).read_bytes().splitlines()) == 6


def changed(lines: Lines) -> Lines:
    return [*lines[:2], lines[2].replace(b"anna", b"eve."), *lines[3:]]


def removed(lines: Lines) -> Lines:
    return lines[:2] + lines[3:]


def inserted(lines: Lines) -> Lines:
    return [*lines[:2], lines[2], *lines[2:]]


def swapped(lines: Lines) -> Lines:
    return [lines[0], lines[2], lines[1], *lines[3:]]


def without_the_first(lines: Lines) -> Lines:
    return lines[1:]


def without_the_last(lines: Lines) -> Lines:
    return lines[:-1]


def last_changed(lines: Lines) -> Lines:
    return [*lines[:-1], lines[-1].replace(b"list-5", b"list-6")]


def one_more(lines: Lines) -> Lines:
    """Return the log with a line that follows the last as it should, by somebody without the key."""
    forged = {"number": 6, "event": "download", "before": audit.sha256(lines[-1].rstrip(b"\n")).hexdigest()}
    return [*lines, json.dumps(forged).encode() + b"\n"]


def forged_from_the_third(lines: Lines) -> Lines:
    """Return the log with its third line changed and every hash behind it computed anew."""
    made = lines[:2]
    for line in lines[2:]:
        event = json.loads(line) | {"user": "eve", "before": audit.sha256(made[-1].rstrip(b"\n")).hexdigest()}
        made.append(json.dumps(event).encode() + b"\n")
    return made


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (changed, "audit.jsonl:4: does not follow the line before it"),
        (removed, "audit.jsonl:3: does not follow the line before it"),
        (inserted, "audit.jsonl:4: does not follow the line before it"),
        (swapped, "audit.jsonl:2: does not follow the line before it"),
        (without_the_first, "audit.jsonl:1: does not follow the line before it"),
        (without_the_last, "audit.jsonl:4: is the last line, but 5 were written: the last were removed"),
        (last_changed, "audit.jsonl:5: is not the line that was written last: it was changed"),
        (one_more, "audit.jsonl:6: is the last line, but only 5 were written: lines were added"),
        (forged_from_the_third, "audit.jsonl:5: is not the line that was written last: it was changed"),
        (lambda lines: [b"not json\n", *lines[1:]], "audit.jsonl:1: is no event; the line was changed"),
        (lambda lines: [], "audit.jsonl:0: is the last line, but 5 were written: the last were removed"),
    ],
)
def test_whoever_touches_the_log_is_found_out(shop: ShopPaths, tamper: Callable[[Lines], Lines], said: str) -> None:
    lines = log(shop).read_bytes().splitlines(keepends=True)
    log(shop).write_bytes(b"".join(tamper(lines)))
    assert refusal(shop).startswith(said)


@pytest.mark.parametrize("tamper", [without_the_last, last_changed, one_more, forged_from_the_third])
def test_nothing_is_written_behind_a_changed_end(shop: ShopPaths, tamper: Callable[[Lines], Lines]) -> None:
    log(shop).write_bytes(b"".join(tamper(log(shop).read_bytes().splitlines(keepends=True))))
    before = log(shop).read_bytes()
    with pytest.raises(PublishError, match="Nothing is handed out meanwhile"):
        audit.append(shop, AT, "download", user="anna")
    assert log(shop).read_bytes() == before


def test_a_head_written_without_the_key_is_found_out(shop: ShopPaths) -> None:
    head = shop.folder / "portal" / audit.HEAD
    head.write_text(head.read_text().replace('"number": 5', '"number": 4'), encoding="utf-8")
    assert refusal(shop).startswith("audit.head: its signature is wrong; somebody without the portal's key wrote it.")
    head.unlink()
    assert refusal(shop).startswith("audit.head: is missing or cannot be read, so nobody knows where audit.jsonl ends.")


class PowerCutError(Exception):
    """The process dies here."""


@pytest.mark.parametrize("dies_at", [0, 1])
def test_a_crash_in_the_midst_of_an_event_leaves_a_whole_log(
    shop: ShopPaths, monkeypatch: pytest.MonkeyPatch, dies_at: int
) -> None:
    """Die behind the first head (the line is not there yet) and before the second (it is)."""
    writes = iter(range(2))
    write = audit._write_head

    def dying(shop: ShopPaths, head: audit.Head) -> None:
        at = next(writes)
        if at == 0:
            write(shop, head)
        if at == dies_at:
            raise PowerCutError

    monkeypatch.setattr(audit, "_write_head", dying)
    with pytest.raises(PowerCutError):
        audit.append(shop, AT, "login", user="anna")
    monkeypatch.undo()
    assert audit.verify(shop).number == 5 + dies_at
    audit.append(shop, AT, "login", user="anna")
    assert audit.verify(shop).number == 6 + dies_at


def test_an_unfinished_line_is_cut_off_before_the_next(shop: ShopPaths) -> None:
    with log(shop).open("ab") as file:
        file.write(b'{"number": 6, "at": "2026-')
    audit.append(shop, AT, "login", user="anna")
    assert audit.verify(shop).number == 6


def _append_ten(folder: Path) -> None:
    for number in range(10):
        audit.append(ShopPaths(folder), AT, "download", user="anna", n=number)


def test_processes_write_one_chain(shop: ShopPaths) -> None:
    context = get_context("fork")
    processes = [context.Process(target=_append_ten, args=(shop.folder,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert audit.verify(shop).number == 35


def test_the_portals_files_are_for_their_owner_alone(shop: ShopPaths) -> None:
    folder = shop.folder / "portal"
    modes = [oct(path.stat().st_mode & 0o777) for path in (folder, *sorted(folder.iterdir()))]
    assert modes == ["0o700", "0o600", "0o600", "0o600"]


def test_there_is_no_log_before_the_first_event(tmp_path: Path) -> None:
    assert refusal(ShopPaths(tmp_path)).startswith("audit.jsonl: there is no audit log in")
