"""The delivery log is on disk before an act, survives a kill, and shows every change made by hand."""

from pathlib import Path

import pytest

from offermill.errors import DeliveryError
from offers.delivery import journal
from offers.delivery.journal import Journal
from tests.offers.delivery.desk import START, parcel


def write(state: Path, sent: journal.Parcel, *events: journal.Event) -> None:
    with Journal.open(state) as log:
        for event in events:
            log.note(event, sent, at=START, place="/inbox", token=".offers.csv.part")


def test_what_is_noted_is_read_again_by_the_next_process(tmp_path: Path) -> None:
    sent = parcel(tmp_path / "out")
    write(tmp_path, sent, "intent", "staged")
    write(tmp_path, sent, "acknowledged")
    entries = journal.read(tmp_path)
    assert [(entry.number, entry.event) for entry in entries] == [(1, "intent"), (2, "staged"), (3, "acknowledged")]
    assert (entries[2].edition, entries[2].block, entries[2].file) == ("2026-06-30", "crm", "offers.csv")
    assert (entries[2].at, entries[2].size) == ("2026-07-01T03:00:00.000+00:00", len("offer_key\nk1\n"))
    assert entries[2].previous == entries[1].digest()


def test_a_last_line_cut_short_by_a_kill_is_as_if_it_had_not_begun(tmp_path: Path) -> None:
    sent = parcel(tmp_path / "out")
    write(tmp_path, sent, "intent", "staged")
    path = tmp_path / journal.FILE
    path.write_bytes(path.read_bytes()[:-7])
    assert [entry.event for entry in journal.read(tmp_path)] == ["intent"]
    write(tmp_path, sent, "acknowledged")
    assert [entry.event for entry in journal.read(tmp_path)] == ["intent", "acknowledged"]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda lines: [lines[0].replace(b'"crm"', b'"ads"'), *lines[1:]], 1),
        (lambda lines: [lines[0], lines[2]], 2),
        (lambda lines: [lines[0], b"{}\n", lines[2]], 2),
        (lambda lines: [lines[0], b"rubbish\n", lines[2]], 2),
        (lambda lines: [lines[0], lines[1], b"[]\n"], 3),
    ],
)
def test_a_line_changed_or_taken_out_by_hand_is_named_and_nothing_is_sent(tmp_path: Path, change, line: int) -> None:  # type: ignore[no-untyped-def]
    write(tmp_path, parcel(tmp_path / "out"), "intent", "staged", "acknowledged")
    path = tmp_path / journal.FILE
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))
    with pytest.raises(DeliveryError) as problem, Journal.open(tmp_path):
        pass
    assert str(problem.value) == (
        f"delivery.jsonl:{line}: the line was changed, or lines before it were lost: its hash does not follow. Nothing "
        "was sent. Put the file back as it was (a backup), or move it away: targets that can be asked are then asked "
        "which files they have."
    )


def test_two_processes_never_send_at_once(tmp_path: Path) -> None:
    with Journal.open(tmp_path), pytest.raises(DeliveryError) as problem, Journal.open(tmp_path):
        pass
    assert str(problem.value) == (
        "delivery.jsonl: another process is delivering for this shop; wait for it to end, then run again."
    )
