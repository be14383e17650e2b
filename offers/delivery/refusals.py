"""Records that a target did not take become receipts, so that the next night knows who was not told.

A file per delivered file, in the contract of the source `receipts`: in landing/ when the source takes such a name, else
under state/refused/ for somebody to bring. Written again it is the same, so a process killed in between loses nothing.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from offermill import csvfile, durable
from offermill.ingest import discovery
from offermill.ingest.sources import SourceSettings
from offermill.run import Run
from offers import wording
from offers.channels import told
from offers.delivery.backoff import Clock
from offers.delivery.parcel import Parcel
from offers.delivery.transport import Refusal

SOURCE = "receipts"
_COLUMNS = ("receipt_id", "assignment_id", "customer_id", "channel", "status", "occurred_at", "reason")
_MOST_CHARACTERS = 500


def keep(run: Run, clock: Clock, parcel: Parcel, refused: Sequence[Refusal], sent_at: str) -> Path | None:
    """Write the receipts of what was refused; return the file, or None when nothing of ours was.

    Args:
        sent_at: when the target took the file (ISO 8601, UTC): the same whenever it is asked again.
    """
    rows = _rows(run, parcel, refused, sent_at)
    if not rows:
        return None
    path = _path(run, parcel, clock.now().astimezone(ZoneInfo(run.settings.shop.time_zone)).date())
    path.parent.mkdir(parents=True, exist_ok=True)
    text = csvfile.line(_COLUMNS) + "".join(csvfile.line(row) for row in rows)
    durable.replace(path, text.encode())
    return path


def _rows(run: Run, parcel: Parcel, refused: Sequence[Refusal], sent_at: str) -> list[list[str]]:
    sent = told.read(run, parcel.block, parcel.edition).select(["offer_key", "customer_id", "channel"]).to_pylist()
    known = {row["offer_key"]: row for row in sent}
    # Of several reasons for one record the first.
    reasons = {one.key: one.reason for one in reversed(refused) if one.key in known}
    return [
        [
            f"refused-{parcel.block}-{parcel.edition}-{key}",
            key,
            known[key]["customer_id"],
            known[key]["channel"] or parcel.block,
            "rejected",
            sent_at,
            wording.plain(reason)[:_MOST_CHARACTERS],
        ]
        for key, reason in sorted(reasons.items())
    ]


def _path(run: Run, parcel: Parcel, today: date) -> Path:
    stem = parcel.file.partition(".")[0]
    name = f"{SOURCE}_refused-{parcel.block}-{stem}-{parcel.edition}_{today}.csv"
    settings = run.settings.sources.get(SOURCE)
    fits = settings is not None and _is_plain(settings) and discovery.date_of(name, SOURCE, settings) == today
    return (run.shop.landing / SOURCE if fits else run.shop.state / "refused") / name


def _is_plain(settings: SourceSettings) -> bool:
    """Tell whether the source reads files as this module writes them."""
    usual = SourceSettings(files=settings.files, history=settings.history)
    kept = (
        "encoding",
        "delimiter",
        "quote",
        "timestamp_format",
        "time_zone",
        "renames",
        "done_marker",
        "postgres",
        "s3",
    )
    return all(getattr(settings, name) == getattr(usual, name) for name in kept)
