"""What a server says of the work that an upload began: is it done, did it fail, which records did it not take."""

import csv
import io
import json
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import httpx

from offermill.settings_delivery import JobSettings
from offers.delivery.parcel import GivenUpError, TargetError
from offers.delivery.transport import Job, Refusal

_SHOWN = 60
# Where servers name the address of a job.
_HEADERS = ("Operation-Location", "Location")


def begun(answer: httpx.Response, settings: JobSettings, said: str) -> Job | None:
    """Return the job that an answer of 202 speaks of, or None when it says nothing that can be asked.

    Raises:
        TargetError: it names another server, to which our credentials do not go.
    """
    number = at(body_of(answer), settings.id_key)
    if settings.status_url:
        return Job(_filled(settings.status_url, number), said) if _is_number(number) else None
    named = next((answer.headers[name] for name in _HEADERS if name in answer.headers), None)
    if named is None:
        return None
    asked = str(answer.request.url)
    address = urljoin(asked, named)
    if urlsplit(address)[:2] != urlsplit(asked)[:2]:
        raise TargetError(
            "it took the file and names another server to ask about it, which does not get our credentials",
            "write the address as `http.job.status_url`, then deliver again: nothing is sent twice",
        )
    return Job(address, said)


def is_done(answer: httpx.Response, settings: JobSettings, place: str) -> bool:
    """Tell whether a job is done by the answer about it.

    Raises:
        GivenUpError: it failed.
    """
    # "See Other" leads to what a job made.
    if answer.status_code == httpx.codes.SEE_OTHER:
        return True
    state = str(at(body_of(answer), settings.state_key) or "")
    if state.lower() in map(str.lower, settings.failed):
        raise GivenUpError(
            f"{place} took it, worked on it, and says {state[:_SHOWN]!r}",
            "look there why; when that is mended, deliver again: it is sent anew",
        )
    return state.lower() in map(str.lower, settings.done)


def refused_url(answer: httpx.Response, settings: JobSettings, address: str) -> str | None:
    """Return where the records that a done job did not take are to be fetched; None when nobody says."""
    if not settings.refused_url:
        return None
    number = at(body_of(answer), settings.id_key)
    return _filled(settings.refused_url, number if _is_number(number) else urlsplit(address).path.rpartition("/")[2])


def refusals(answer: httpx.Response, settings: JobSettings) -> tuple[Refusal, ...]:
    """Return the records that an answer says were not taken: JSON, or CSV with a header; none from anything else."""
    found = body_of(answer)
    if found is not None:
        records = at(found, settings.refused_key) if settings.refused_key else found
    elif "csv" in answer.headers.get("Content-Type", ""):
        records = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig", "replace"), newline="")))
    else:
        records = None
    listed = [one for one in records if isinstance(one, dict)] if isinstance(records, list) else []
    return tuple(
        Refusal(str(key), str(at(one, settings.reason_key) or "refused"))
        for one in listed
        if (key := at(one, settings.record_key)) is not None
    )


def body_of(answer: httpx.Response) -> Any:
    """Return an answer's JSON, or None when it is none."""
    try:
        return json.loads(answer.content)
    except ValueError:
        return None


def at(found: Any, path: str) -> Any:
    """Return what stands under names joined by dots; a name may hold dots itself. None when there is nothing."""
    if not isinstance(found, dict):
        return None
    if path in found:
        return found[path]
    first, dot, rest = path.partition(".")
    return at(found.get(first), rest) if dot else None


def _is_number(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and value != ""


def _filled(address: str, number: object) -> str:
    return address.replace("{job}", quote(str(number), safe=""))
