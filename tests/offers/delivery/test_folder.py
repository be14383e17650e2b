"""Files into a folder: whole under their final name or not there."""

from contextlib import closing
from pathlib import Path

from offermill.settings_delivery import DeliverySettings
from offers.delivery.sending import Outcome, deliver
from offers.delivery.targets import open_transport
from tests.offers.delivery.desk import START, Hours, office, parcel, story

CONTENT = "offer_key\nk1\n"


def send(folder: Path, hours: Hours | None = None, content: str = CONTENT, **retry: object) -> Outcome:
    settings = DeliverySettings.model_validate({"folder": {"path": str(folder / "inbox")}, "retry": retry})
    hours = hours or Hours()
    transport = open_transport(settings, START.date(), hours.clock)
    with closing(transport), office(folder / "state", hours.clock, **retry) as desk:
        return deliver(parcel(folder / "out", content), transport, desk)


def found(folder: Path) -> dict[str, str]:
    inbox = folder / "inbox"
    return {str(p.relative_to(inbox)): p.read_text("utf-8") for p in sorted(inbox.rglob("*")) if p.is_file()}


def test_a_file_and_its_hash_arrive(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    done = send(tmp_path)
    assert (done.result, done.place) == ("delivered", str(tmp_path / "inbox"))
    assert found(tmp_path) == {
        "2026-06-30/crm/offers.csv": CONTENT,
        "2026-06-30/crm/offers.csv.sha256": f"{done.parcel.sha256}  offers.csv\n",
    }
    with office(tmp_path / "state") as desk:
        assert story(desk, done.parcel) == ["intent", "staged", "acknowledged"]


def test_what_was_acknowledged_is_not_sent_again_even_when_it_was_taken_away(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    send(tmp_path)
    (tmp_path / "inbox" / "2026-06-30" / "crm" / "offers.csv").unlink()
    assert send(tmp_path).result == "before"


def test_a_lost_log_is_made_good_by_asking_the_target(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    send(tmp_path)
    (tmp_path / "state" / "delivery.jsonl").unlink()
    written = (tmp_path / "inbox" / "2026-06-30" / "crm" / "offers.csv").stat().st_mtime_ns
    assert send(tmp_path).result == "recognised"
    assert (tmp_path / "inbox" / "2026-06-30" / "crm" / "offers.csv").stat().st_mtime_ns == written


def test_a_name_taken_by_other_bytes_is_never_overwritten(tmp_path: Path) -> None:
    taken = tmp_path / "inbox" / "2026-06-30" / "crm" / "offers.csv"
    taken.parent.mkdir(parents=True)
    taken.write_text("somebody else's", "utf-8")
    done = send(tmp_path)
    assert (done.result, done.attempts) == ("failed", 1)
    assert done.why == (
        "2026-06-30/crm/offers.csv is there already with 15 bytes, and 2026-06-30/crm/offers.csv.sha256 does not say "
        "that it is this file of 13 bytes"
    )
    assert done.advice == "move that file away, or give `delivery.name` another pattern"
    assert taken.read_text("utf-8") == "somebody else's"


def test_a_share_that_is_not_mounted_is_waited_for_and_never_filled_locally(tmp_path: Path) -> None:
    hours = Hours()
    done = send(tmp_path, hours, attempts=3)
    assert (done.result, done.attempts, len(hours.slept)) == ("failed", 3, 2)
    assert (done.why, done.advice) == (f"there is no folder {tmp_path / 'inbox'}", "mount it or make it")
    (tmp_path / "inbox").mkdir()
    assert send(tmp_path).result == "delivered"
