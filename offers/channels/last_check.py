"""The last moment: what was said since the night was loaded holds back the very rows that are about to leave.

`refresh` runs when the lists are written, `forbidden` right before they are sent, hours later perhaps. Both read
landing/ anew (offers.channels.late). A night that is published already keeps the words that its publication was made
with, so that running it again gives the same bytes; what was said since then is heard at the next sending.
"""

import csv
import json
import shutil
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet

from offermill import durable, publish, sqlfiles
from offermill.errors import GateError
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers import approval, tables
from offers.channels import freshness, late
from offers.channels.late import Files
from offers.channels.late_words import Word

# Its place in a publication, with the other files that explain it.
WORDS = "audit/last_words.csv"
TABLE = "offers.last_word"
# Beside the keys of the people in state/last_check/<date>/: the files and withdrawals that the night knew.
_KNOWN = "known.json"
VERDICTS = (
    "offers.limit_message",
    "offers.limit_use",
    "offers.prior_price",
    "offers.verdict_on_consent",
    "offers.verdict_on_address",
    "offers.verdict_on_cap",
    "offers.verdict_on_text",
    "offers.message_verdict",
    "offers.allowed_message",
)

# A suppressed address silences the household, everything else the person; a closed account whose offers go under it.
_REACHES = """
    watched.key = said.key
    and (said.offer_id is null or said.offer_id = watched.offer_id)
    and case said.reach
        when 'household' then true
        when 'own' then watched.is_own
        else watched.key = 'customer:' || watched.customer_id
    end
"""

_HEARD = f"""
    with watched as (
        select keys.*, messages.offer_id
        from offers.watched_key as keys
        inner join offers.message as messages on keys.customer_id = messages.customer_id
        where messages.offer_status = 'offered'
    )
    select watched.customer_id, coalesce(said.channel, '*') as channel, said.rule, min(said.why) as why
    from watched
    inner join said on {_REACHES}
    group by all
    order by all
"""

_WATCHED = """
    select distinct
        messages.offer_key, messages.customer_id, messages.offer_id, messages.channel, watched.key, watched.is_own
    from offers.allowed_message as messages
    inner join offers.watched_key as watched on messages.customer_id = watched.customer_id
    where messages.offer_status = 'offered'
    order by all
"""

_FORBIDDEN = f"""
    with asked as (
        select offer_key from messages where offer_status = 'offered'
    ),
    heard as (
        select watched.offer_key, min(said.rule) as rule
        from watched
        inner join said on (said.channel is null or said.channel = watched.channel or $by_any_channel) and {_REACHES}
        group by watched.offer_key
    )
    -- Whoever was not looked at when the list was written is not told.
    select asked.offer_key, coalesce(heard.rule, 'unknown')
    from asked
    left join heard on asked.offer_key = heard.offer_key
    where heard.rule is not null or asked.offer_key not in (select offer_key from watched)
    order by all
"""


def _said(words: list[Word]) -> pa.Table:
    columns = list(zip(*words, strict=True)) if words else [()] * len(Word._fields)
    return pa.table([pa.array(column, pa.string()) for column in columns], names=list(Word._fields))


def listen(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Step offers.last_word: one row per customer with an offer tonight who said no since the night was loaded.

    Raises:
        InputError: a late file cannot be read.
    """
    published = run.shop.exports / publish.edition(run) / WORDS
    if published.is_file():
        return {"rows": warehouse.write(TABLE, _published(published)), "published": True}
    warehouse.connection.register("said", _said(late.words(run, Files.of(warehouse, run))))
    try:
        return {"rows": warehouse.replace_table(TABLE, _HEARD)}
    finally:
        warehouse.connection.unregister("said")


def _published(path: Path) -> pa.Table:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return pa.Table.from_pylist(rows, schema=tables.schema(TABLE))


def refresh(warehouse: Warehouse, run: Run) -> None:
    """Listen once more, judge tonight's messages anew, and keep what `forbidden` needs to know of them.

    Raises:
        GateError: consents or suppressions are missing or too old.
        InputError: a late file cannot be read.
    """
    freshness.require(warehouse, run)
    listen(warehouse, run)
    for address in VERDICTS:
        warehouse.replace_table(address, sqlfiles.read(address).text, run.parameters)
    _remember(warehouse, run)


def _place(run: Run) -> Path:
    return run.shop.state / "last_check" / run.business_date.isoformat()


def _remember(warehouse: Warehouse, run: Run) -> None:
    """Write whom tonight's messages are for, by keys, and which files are known; `forbidden` has no warehouse."""
    place = _place(run)
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    sink = pa.BufferOutputStream()
    parquet.write_table(warehouse.arrow(_WATCHED), sink, compression="zstd")
    durable.replace(place / "watched.parquet", sink.getvalue().to_pybytes())
    files = Files.of(warehouse, run)
    known = {"files": sorted(files.known), "wishes": sorted(files.wishes)}
    # Written last: its presence says that the other is whole.
    durable.replace(place / _KNOWN, (json.dumps(known, indent=1) + "\n").encode())
    _prune(run)


def _prune(run: Run) -> None:
    """Remove what was kept of nights so long ago that none of their messages leaves any more: it names people."""
    oldest = (run.business_date - timedelta(days=run.settings.last_check.kept_days)).isoformat()
    for place in sorted(_place(run).parent.glob("????-??-??")):
        if place.name < oldest:
            shutil.rmtree(place)


def _files(place: Path) -> Files:
    known = json.loads((place / _KNOWN).read_text(encoding="utf-8"))
    return Files(frozenset(tuple(file) for file in known["files"]), frozenset(known["wishes"]))


def _require_known(run: Run, place: Path) -> None:
    if (place / _KNOWN).is_file():
        return
    day = run.business_date
    missing = f"state/last_check/{day} is missing"
    if place.is_dir():
        missing = f"state/last_check/{day} holds no {_KNOWN}: an earlier version of Offermill wrote it, or was stopped"
    raise GateError(
        f"{day}: {missing}, so nobody knows who has said no since the lists were written, and nothing is sent. Run the "
        "night again (it changes nothing that is published)."
    )


def forbidden(
    run: Run, messages: pa.Table, *, by_any_channel: bool = False, reader: late.Reader | None = None
) -> Mapping[str, str]:
    """Return offer_key -> rule of the messages that must not leave now, whatever was true when they were published.

    Args:
        messages: rows with offer_key and offer_status, such as offers.allowed_message; withdrawals always leave.
        by_any_channel: a refusal on one channel counts for all, such as for an audience that matches addresses.
        reader: keeps what late files say from one block to the next, as long as they stay the same.

    Raises:
        GateError: nobody knows whom the night's messages are for, or a signature that they need stands no more.
        InputError: a late file cannot be read.
    """
    approval.require_still(run)
    place = _place(run)
    _require_known(run, place)
    with Warehouse.open() as memory:
        memory.connection.register("messages", messages.select(["offer_key", "offer_status"]))
        memory.connection.register("watched", parquet.read_table(place / "watched.parquet"))
        memory.connection.register("said", _said((reader or late.Reader()).words(run, _files(place))))
        return dict(memory.rows(_FORBIDDEN, {"by_any_channel": by_any_channel}))
