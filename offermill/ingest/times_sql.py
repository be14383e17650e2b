"""SQL for days and instants: only as declared, plausible, in UTC; local times by the rule for gaps and overlaps."""

from offermill.ingest.fields import TIMESTAMPS, ZONED, Field, Reason, literal, unread

# Plausible instants and days; outside lie empty dates (0001, 1970, 9999) and wrong units.
EARLIEST = {"timestamp": "2000-01-01", "date": "1900-01-01"}
LATEST = "2100-01-01"
# The widest offset in use is +14:00.
MAXIMUM_OFFSET_MINUTES = 14 * 60


def date(field: Field) -> str:
    if field.is_native:
        return field.text
    if field.found in TIMESTAMPS:
        return f"case when right({field.text}, 8) = '00:00:00' then try_cast(left({field.text}, 10) as date) end"
    if field.source.date_format == "%Y-%m-%d":
        return f"case when regexp_full_match({field.text}, '{_ISO_DATE}') then try_cast({field.text} as date) end"
    return f"cast(try_strptime({field.text}, $date_format) as date)"


def date_reasons(field: Field) -> list[Reason]:
    written = field.source.date_format if field.is_text else "%Y-%m-%d"
    what = f"is no day of the calendar written as {written}."
    bad = [] if field.is_native else [unread(field, what, "no_date", literal(written))]
    return [*bad, *_plausible(field)]


def _plausible(field: Field) -> list[Reason]:
    earliest = EARLIEST[field.column.base]
    early = f"is before {earliest}; it looks like an empty date or a number in a wrong unit. Send nothing when unknown."
    late = f"is not before {LATEST}; it looks like an open end or a number in a wrong unit. Send nothing when unknown."
    return [
        Reason(f"{field.typed} < {field.column.base} '{earliest}'", field.says(early), "too_early", literal(earliest)),
        Reason(f"{field.typed} >= {field.column.base} '{LATEST}'", field.says(late), "too_late", literal(LATEST)),
    ]


_ISO_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_ISO_TIME = _ISO_DATE + "[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\\.[0-9]{1,9})?)?"
_OFFSET = "(?: ?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?))?"


# Longer than any step of clocks, shorter than the time between two steps.
_BEFORE = "3 hours"


def local_time(field: Field) -> str | None:
    """Return SQL for the time without its offset, null when it has one; None when the column is always an instant."""
    if field.column.base != "timestamp" or field.found == ZONED or "%z" in (field.source.timestamp_format or ""):
        return None
    if field.is_native:
        return f"cast({field.text} as timestamp)"
    if field.source.timestamp_format:
        return f"try_strptime({field.text}, $timestamp_format)"
    return f"case when regexp_full_match({field.text}, '{_ISO_TIME}') then try_cast({field.text} as timestamp) end"


def zoned_time(field: Field) -> str | None:
    """Return SQL for the instant that the shop's clocks show as the local time: the last one where they do so twice."""
    return None if local_time(field) is None else f"timezone($time_zone, {field.local})"


def is_repeated(field: Field) -> str:
    """Return SQL that is true for a local time that happens twice; the first occurrence was taken."""
    return f"coalesce({field.typed} <> {_utc(field.zoned)}, false)"


def _utc(zoned: str) -> str:
    # Arithmetic on the epoch; asking for the zone UTC would go through the calendar library once more.
    return f"make_timestamp(epoch_us({zoned}))"


def _instant(field: Field) -> str | None:
    """Return SQL for the UTC time of a value that says its offset itself."""
    if field.found == ZONED:
        return _utc(field.text)
    if field.is_native:
        return None
    if field.source.timestamp_format:
        zoned = "%z" in field.source.timestamp_format
        return _utc(f"try_strptime({field.text}, $timestamp_format)") if zoned else None
    return _iso_instant(field.text)


def _iso_instant(text: str) -> str:
    time = f"try_cast(regexp_extract({text}, '{_ISO_TIME}') as timestamp)"
    hours = f"try_cast(nullif(regexp_extract({text}, '([+-][0-9]{{2}}):?([0-9]{{2}})?$', 1), '') as integer)"
    minutes = f"try_cast(nullif(regexp_extract({text}, '[+-][0-9]{{2}}:?([0-9]{{2}})$', 1), '') as integer)"
    sign = f"case when regexp_matches({text}, '-[0-9]{{2}}:?([0-9]{{2}})?$') then -1 else 1 end"
    shift = f"(coalesce({hours}, 0) * 60 + {sign} * coalesce({minutes}, 0))"
    is_whole = f"regexp_full_match({text}, '{_ISO_TIME}{_OFFSET}') and abs({shift}) <= {MAXIMUM_OFFSET_MINUTES}"
    return f"case when {is_whole} then {time} - to_minutes({shift}) end"


def timestamp(field: Field) -> str:
    """Return SQL for naive UTC; of a local time that happens twice, the first; of one that is skipped, null."""
    instant = _instant(field)
    if local_time(field) is None:
        return str(instant)
    exists = f"timezone($time_zone, {field.zoned}) = {field.local}"
    utc = f"case when {exists} then {_first_occurrence(field)} end"
    return utc if instant is None else f"case when {field.local} is null then {instant} else {utc} end"


def _first_occurrence(field: Field) -> str:
    """Return SQL for the earlier instant with the same local time, if there is one, whatever the clocks' step is."""
    last = _utc(field.zoned)
    passed = f"{field.local} - timezone($time_zone, {field.zoned} - interval {_BEFORE})"
    earlier = f"{last} - interval {_BEFORE} + ({passed})"
    shows_the_same = f"timezone($time_zone, timezone('UTC', {earlier})) = {field.local}"
    return f"case when {passed} = interval {_BEFORE} then {last} when {shows_the_same} then {earlier} else {last} end"


def timestamp_reasons(field: Field) -> list[Reason]:
    written = field.source.timestamp_format or "2026-06-30 14:05:00 or 2026-06-30T14:05:00+03:00"
    found = []
    if local_time(field) is not None:
        sentence = field.says("does not exist in the zone ")
        tail = " || $time_zone || ': the clocks skip it. Send times with their offset, such as +02:00.'"
        condition = f"{field.typed} is null and {field.local} is not null"
        found.append(Reason(condition, sentence + tail, "skipped_hour", "$time_zone", explains=True))
    bad = unread(field, f"is no time written as {written}.", "no_time", literal(written))
    return [*found, bad, *_plausible(field)]
