"""Meta Custom Audiences by API: the bodies of `usersreplace` calls, one session a night, at most 10,000 people each."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from offermill import datapackage, publish
from offers.channels import documents, meta_audiences, tables
from offers.channels.contract import Leaving, Target

# Meta takes so many people in one call.
PEOPLE_PER_CALL = 10_000
SCHEMA = ("EMAIL", "PHONE", "FN", "LN", "COUNTRY")
# Every JSON reader keeps integers of so many bits exactly.
_SESSION_BITS = 53

Person = tuple[str, ...]


def _people(leaving: Leaving) -> Iterator[Person]:
    for batch in meta_audiences.rows(leaving):
        columns = [[value or "" for value in column.to_pylist()] for column in batch.columns]
        yield from zip(*columns, strict=True)


def session_id(leaving: Leaving) -> int:
    """Return the session of the edition and block: sent again, it is the same session."""
    name = f"{leaving.run.settings.shop.id}/{publish.edition(leaving.run)}/{leaving.block}"
    return int.from_bytes(hashlib.sha256(name.encode()).digest()) >> (256 - _SESSION_BITS)


def body(people: Sequence[Person], session: int, place: int, *, is_last: bool, total: int) -> dict[str, object]:
    """Return the body of one call; `place` counts from 1."""
    return {
        "session": {
            "session_id": session,
            "batch_seq": place,
            "last_batch_flag": is_last,
            "estimated_num_total": total,
        },
        "payload": {"schema": list(SCHEMA), "data": [list(person) for person in people]},
    }


def _calls(people: Iterator[Person]) -> Iterator[tuple[list[Person], bool]]:
    """Yield the people of each call, and whether it is the last; an empty audience is one call that empties it."""
    call = list(islice(people, PEOPLE_PER_CALL))
    while following := list(islice(people, PEOPLE_PER_CALL)):
        yield call, False
        call = following
    yield call, True


def _estimated(leaving: Leaving) -> int:
    parameters = {**leaving.run.parameters, "with_names": leaving.options["names"] == "yes"}
    counted = tables.select(leaving.warehouse, f"select count(*) from ({tables.query('audience')})", parameters)
    return int(next(iter(counted)).column(0)[0].as_py())


def _write(leaving: Leaving, folder: Path) -> Iterator[datapackage.Resource]:
    session, total = session_id(leaving), _estimated(leaving)
    for place, (people, is_last) in enumerate(_calls(_people(leaving)), start=1):
        path = folder / f"usersreplace-{place:04d}.json"
        document = body(people, session, place, is_last=is_last, total=total)
        path.write_text(json.dumps(document, separators=(",", ":")), encoding="utf-8")
        yield documents.resource(leaving, path, f"Audience for Meta, call {place}", len(people))


TARGET = Target(
    name="meta_audiences_api",
    title="Meta Custom Audiences: hashed addresses, as bodies of API calls",
    options=meta_audiences.OPTIONS,
    choices=meta_audiences.CHOICES,
    documents=_write,
    is_audience=True,
    setup="POST each file in the order of its number to `/<audience id>/usersreplace`. Meta takes up to 24 hours to "
    "apply a session; begin none before the last one ended.",
)
