"""`offermill withdraw`: a wish to take a promise back, written where the next night reads its inputs."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

from offermill import csvfile, durable, settings
from offermill.errors import ConfigError, InputError
from offermill.ingest.sources import SourceSettings, date_part
from offermill.night import only_run
from offermill.paths import ShopPaths
from offermill.warehouse import Warehouse

SOURCE = "withdrawals"
_HEADER = ("withdrawal_id", "customer_id", "offer_id", "reason")

# The last decision of each night on each offer, whether the ledger still holds it, and the first day of its use.
_PROMISES = """
    with person as (
        select coalesce(max(customer_id), $customer_id) as customer_id
        from core.person_link where record_id = $customer_id
    ),
    promises as (
        select
            reservation.*,
            person.customer_id as person_id
        from offers.reservation as reservation
        left join core.person_link as link on reservation.customer_id = link.record_id
        inner join person on coalesce(link.customer_id, reservation.customer_id) = person.customer_id
        qualify row_number() over (
            partition by reservation.business_date, reservation.customer_id, reservation.offer_id
            order by reservation.attempt desc
        ) = 1
    ),
    ends as (
        select reservation_id, arg_min(reason, sequence) as reason, min(business_date) as ended_on
        from offers.ledger_entry
        where redemption_id is null and is_own and to_account = 'free'
        group by reservation_id
    )
    select
        promises.reservation_id,
        promises.offer_id,
        promises.valid_until,
        ends.reason as end_reason,
        ends.ended_on,
        (
            select min(redemption.redeemed_on) from core.redemption as redemption
            where redemption.customer_id = promises.person_id
                and redemption.offer_id = promises.offer_id
                and redemption.redeemed_on between promises.valid_from and promises.valid_until
        ) as redeemed_on
    from promises
    left join ends on promises.reservation_id = ends.reservation_id
    where $offer_id is null or promises.offer_id = $offer_id
    order by promises.business_date, promises.offer_id
"""

_ENDS = {"withdrawn": "was taken back", "decided_anew": "was decided anew", "expired": "ended"}


@dataclass(frozen=True)
class Promise:
    """A promise to the customer; `end_reason` is None while the ledger holds it, `redeemed_on` while it is unused."""

    reservation_id: str
    offer_id: str
    valid_until: date
    end_reason: str | None
    ended_on: date | None
    redeemed_on: date | None

    def problem(self, night: date) -> str | None:
        """Return why the night cannot take it back, or None when it can."""
        if self.redeemed_on:
            return f"{self.offer_id} was redeemed on {self.redeemed_on}"
        if self.end_reason:
            return f"{self.offer_id} {_ENDS[self.end_reason]} on {self.ended_on}"
        return f"{self.offer_id} ends on {self.valid_until}, before that night" if self.valid_until < night else None


@dataclass(frozen=True)
class Withdrawal:
    """What was written: the promises that the night takes back, and the file that says so."""

    customer_id: str
    night: str
    promises: tuple[str, ...]
    reason: str
    file: str

    def as_dict(self) -> dict[str, object]:
        """Return the withdrawal for machines."""
        return asdict(self)

    def as_text(self) -> str:
        """Return it for people, with what to do next."""
        names = ", ".join(self.promises)
        return (
            f"{self.customer_id}: {names} is taken back by the night of {self.night}.\n"
            f"Written to {self.file}. Next: bin/offermill run --date {self.night}"
        )


def write(
    shop: ShopPaths, customer_id: str, reason: str, *, offer_id: str | None = None, night: date | None = None
) -> Withdrawal:
    """Write the wish to take the customer's open promises back, or the one of an offer.

    Args:
        customer_id: any record of the person, as the shop writes it.
        reason: why, in one line; it stands in the decision log.
        offer_id: the offer; None for every promise that is open.
        night: the business date that reads the wish; None for the one after the newest night.

    Raises:
        ConfigError: the shop has no place for wishes, the night has begun, or no promise can be taken back.
        InputError: nobody knows the customer.
    """
    if not reason.strip() or not reason.isprintable():
        raise ConfigError("--reason: must be a text in one line; it stands in the decision log.")
    pattern = _pattern(shop, settings.load(shop.settings).sources.get(SOURCE))
    with only_run(shop.folder):
        day = _night(shop, night)
        path = shop.landing / SOURCE / _name(pattern, day)
        with Warehouse.open(shop.warehouse, read_only=True) as warehouse:
            found = _open(_promises(warehouse, customer_id, offer_id), customer_id, offer_id, day)
        fresh = _without_written(found, path, day)
        _append(path, [(one.reservation_id, customer_id, one.offer_id, reason.strip()) for one in fresh])
    file = str(path.relative_to(shop.folder))
    return Withdrawal(customer_id, str(day), tuple(one.reservation_id for one in fresh), reason.strip(), file)


def _pattern(shop: ShopPaths, source: SourceSettings | None) -> str:
    """Return the name of the files in which the shop's nights read wishes."""
    if source is None or source.files is None:
        raise ConfigError(
            f"{shop.settings.name}: sources.{SOURCE}: is missing, so no night would read the wish. "
            f'Add `{SOURCE}: {{files: "{SOURCE}_{{date}}.csv"}}` under sources.'
        )
    plain = SourceSettings(files=source.files, history=source.history)
    if source != plain or source.is_remote or not source.files.endswith(".csv") or "*" in source.files:
        raise ConfigError(
            f"{shop.settings.name}: sources.{SOURCE}: is delivered in a way of its own ({source.files}); "
            "write the wish where these files are made."
        )
    return source.files


def _name(pattern: str, day: date) -> str:
    """Return the file's name for a date; a pattern of `files` holds {date} once."""
    part = date_part(pattern)
    return pattern.replace(part[0], day.strftime(part["format"] or "%Y-%m-%d")) if part else pattern


def _night(shop: ShopPaths, asked: date | None) -> date:
    """Return the night that reads the wish: one that has not begun, nor any after it."""
    begun = sorted(path.parent.name for path in shop.runs.glob("*/run.json"))
    if not begun:
        raise ConfigError(f"{shop.folder.name}: no night has run, so nothing was promised.")
    newest = date.fromisoformat(begun[-1])
    if asked is not None and asked <= newest:
        raise ConfigError(
            f"--date {asked}: the night of {newest} has begun and would not see the wish; "
            f"say --date {newest + timedelta(days=1)} or later."
        )
    return asked or newest + timedelta(days=1)


def _promises(warehouse: Warehouse, customer_id: str, offer_id: str | None) -> list[Promise]:
    """Return the promises made to the person, those of one offer where it is named, oldest first.

    Raises:
        InputError: nobody knows the customer.
    """
    if not warehouse.exists("offers.ledger_entry"):
        return []
    bound = {"customer_id": customer_id, "offer_id": offer_id}
    found = [Promise(*row) for row in warehouse.rows(_PROMISES, bound)]
    known = "select 1 from core.person_link where record_id = $customer_id"
    if not found and not warehouse.rows(known, bound):
        raise InputError(f"{customer_id!r}: no such customer (ids are compared byte by byte).")
    return found


def _open(promises: Sequence[Promise], customer_id: str, offer_id: str | None, night: date) -> list[Promise]:
    """Return the promises that the night can take back.

    Raises:
        ConfigError: there is none; says of each why.
    """
    found = [one for one in promises if one.problem(night) is None]
    if found:
        return found
    said = "; ".join(str(one.problem(night)) for one in promises)
    what = f"promise of {offer_id!r}" if offer_id else "promise"
    raise ConfigError(
        f"{customer_id}: holds no {what} that the night of {night} could take back"
        + (f": {said}." if said else "; none was ever made.")
    )


def _written(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else csvfile.line(_HEADER)


def _without_written(promises: list[Promise], path: Path, night: date) -> list[Promise]:
    """Return the promises that the file does not name yet."""
    lines = _written(path).splitlines()
    fresh = [one for one in promises if not any(line.startswith(_first_cell(one)) for line in lines)]
    if not fresh:
        names = ", ".join(one.offer_id for one in promises)
        raise ConfigError(f"{path.name}: the night of {night} takes {names} back already.")
    return fresh


def _first_cell(promise: Promise) -> str:
    return csvfile.line([promise.reservation_id]).rstrip("\n") + ","


def _append(path: Path, rows: Sequence[Sequence[str]]) -> None:
    durable.replace(path, (_written(path) + "".join(map(csvfile.line, rows))).encode())
