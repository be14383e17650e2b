"""Business dates: a run is for one local day, half-open [D 00:00, D+1 00:00), stored as naive UTC."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from offermill.errors import ConfigError


def zone(name: str) -> ZoneInfo:
    """Return the time zone called `name`, e.g. Europe/Riga."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as problem:
        raise ConfigError(
            f"shop.time_zone: {name!r} is no known time zone; write one such as Europe/Riga."
        ) from problem


def _midnight_utc(day: date, name: str) -> datetime:
    return datetime.combine(day, time(0), tzinfo=zone(name)).astimezone(UTC).replace(tzinfo=None)


def interval(day: date, zone_name: str) -> tuple[datetime, datetime]:
    """Return start and end of the local day `day` as naive UTC; 23 or 25 hours long where clocks change."""
    return _midnight_utc(day, zone_name), _midnight_utc(day + timedelta(days=1), zone_name)
