"""What is kept in ``truth/`` between windows: people, rhythms, open offers and rows that come later, per part."""

from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from offermill.errors import InputError
from offermill.synthetic import landing
from offermill.synthetic.arrays import Ints, whole
from offermill.synthetic.campaign import Assignments
from offermill.synthetic.offers import Offer
from offermill.synthetic.outreach import Given
from offermill.synthetic.people import People
from offermill.synthetic.period import Timed
from offermill.synthetic.trips import Rhythm


@dataclass(frozen=True)
class State:
    """One part of the shop at the start of a day."""

    people: People
    rhythm: Rhythm
    paid: Ints  # minor units per person
    given: Given
    pending: dict[str, Timed]


def folder_of(folder: Path, day: date) -> Path:
    """Where the state at the start of a day is kept."""
    return folder / "truth" / "state" / str(day)


def parts(folder: Path, day: date) -> list[int]:
    """The numbers of the parts kept at the start of a day; raises ``InputError`` when there are none."""
    paths = list(folder_of(folder, day).glob("people_part-*.parquet"))
    if not paths:
        days = ", ".join(str(each) for each in known_days(folder)) or "none"
        raise InputError(f"the demo shop does not stand at the start of {day}; it stands at: {days}")
    return sorted(int(path.stem.rsplit("-", 1)[1]) for path in paths)


def known_days(folder: Path) -> list[date]:
    """Days at whose start the shop can be played on."""
    return sorted(date.fromisoformat(path.name) for path in (folder / "truth" / "state").glob("*-*-*"))


def save(folder: Path, day: date, part: int, state: State) -> None:
    """Keep the state of a part at the start of a day."""
    place = folder_of(folder, day)
    place.mkdir(parents=True, exist_ok=True)
    tables = {"people": _people_table(state), "open": _open_table(state.given), "offers": _offers_table(state.given)}
    for source, (rows, days) in state.pending.items():
        tables[f"pending_{source}"] = rows.append_column("arrives", pa.array(days))
    for name, table in tables.items():
        landing.write_parquet(place / f"{name}_part-{part:04d}.parquet", table)


def save_pilot(folder: Path, part: int, given: Given) -> None:
    """Keep the true chances behind the pilot's assignments."""
    who = given.assignments
    with_offer = 1 - (1 - who.chance) * (1 - who.extra)
    table = given.labels.select(["assignment_id", "customer_id", "wave_id", "offer_id"])
    for name, values in (("chance_without", who.chance), ("chance_with", with_offer), ("extra_chance", who.extra)):
        table = table.append_column(name, pa.array(values))
    place = folder / "truth" / "pilot"
    place.mkdir(parents=True, exist_ok=True)
    landing.write_parquet(place / f"pilot_part-{part:04d}.parquet", table)


def _people_table(state: State) -> pa.Table:
    table = state.people.to_table()
    for name, values in (("last", state.rhythm.last), ("next", state.rhythm.next), ("paid", state.paid)):
        table = table.append_column(name, pa.array(values))
    return table


def _open_table(given: Given) -> pa.Table:
    table = given.assignments.to_table()
    for name in given.labels.column_names:
        table = table.append_column(f"label_{name}", given.labels[name])
    return table


def _offers_table(given: Given) -> pa.Table:
    """What the open offers mean, in the order in which assignments count them: a later catalogue changes no promise."""
    kinds = {"offer_id": pa.string(), "kind": pa.string()}
    names = [(field.name, kinds.get(field.name, pa.int64())) for field in fields(Offer)]
    return pa.Table.from_pylist([asdict(offer) for offer in given.offers], schema=pa.schema(names))


def load(folder: Path, day: date, part: int) -> State:
    """The state of a part at the start of a day."""
    people, rhythm, paid = load_people(folder, day, part)
    pending = {}
    for path in sorted(folder_of(folder, day).glob(f"pending_*_part-{part:04d}.parquet")):
        table = pq.read_table(path)
        source = path.name.removeprefix("pending_").rsplit("_part-", 1)[0]
        pending[source] = (table.drop_columns(["arrives"]), whole(table["arrives"]).to_numpy())
    return State(people, rhythm, paid, _load_open(folder_of(folder, day), part), pending)


def load_people(folder: Path, day: date, part: int) -> tuple[People, Rhythm, Ints]:
    """The people of a part, their rhythm and what they have paid, at the start of a day."""
    table = pq.read_table(folder_of(folder, day) / f"people_part-{part:04d}.parquet")
    last, following, paid = (np.array(whole(table[name])) for name in ("last", "next", "paid"))
    return People.from_table(table), Rhythm(last, following), paid


def _load_open(place: Path, part: int) -> Given:
    table = pq.read_table(place / f"open_part-{part:04d}.parquet")
    names = [name for name in table.column_names if name.startswith("label_")]
    labels = table.select(names).rename_columns([name.removeprefix("label_") for name in names])
    offers = [Offer(**row) for row in pq.read_table(place / f"offers_part-{part:04d}.parquet").to_pylist()]
    return Given(Assignments.from_table(table), labels, offers, fresh=table.num_rows)
