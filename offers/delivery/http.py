"""An address that takes one file per request. The same Idempotency-Key again lets it recognise what it has."""

import email.utils
import json
import mimetypes
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import httpx

from offermill.settings_delivery import HttpTarget
from offers.delivery import credentials, jobs
from offers.delivery.backoff import Clock
from offers.delivery.parcel import ForgottenError, Parcel, TargetError
from offers.delivery.transport import Ended, Job, Refusal, State, Working
from offers.delivery.web import Client

_CHUNK = 1 << 20
# Worth another try; every other refusal stays one.
_BUSY = {408, 425, 429, 500, 502, 503, 504}
_CONFLICT = 409
# What a server says of a job that it does not know, or not any more.
_FORGOTTEN = {404, 410}
# Where services put the number of the job that an upload began.
_JOB_KEYS = ("id", "job_id", "jobId", "request_id")


def retry_after(text: str | None, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for: a number, or a date; None when it says neither."""
    if text is None:
        return None
    if text.strip().isdigit():
        return float(text)
    try:
        return max(0.0, (email.utils.parsedate_to_datetime(text) - now).total_seconds())
    except (TypeError, ValueError):
        return None


def media_type(name: str) -> str:
    """Return the media type of a file by its name."""
    own = {".csv": "text/csv; charset=utf-8", ".jsonl": "application/x-ndjson"}
    found = own.get(Path(name).suffix)
    return found or mimetypes.guess_type(name)[0] or "application/octet-stream"


def _said(answer: httpx.Response) -> str:
    """Return status and job number of an answer; never its text, which may repeat what was sent."""
    said = [str(answer.status_code)]
    try:
        body = json.loads(answer.content[:65_536])
    except ValueError:
        body = None
    if isinstance(body, dict):
        said += [f"{key}={body[key]}" for key in _JOB_KEYS if isinstance(body.get(key), str | int)][:1]
    return " ".join(said)[:200]


class HttpTransport:
    """Sends each file with one request; the token is the idempotency key."""

    def __init__(self, target: HttpTarget, timeout_seconds: float, clock: Clock, day: str) -> None:
        self._target = target
        self._clock = clock
        self._day = day
        self._client = Client(timeout_seconds, target.ca_file)

    @property
    def place(self) -> str:
        # What follows ? may be a secret of the address.
        return self._target.url.partition("?")[0]

    def has(self, parcel: Parcel) -> bool:
        return False

    def open(self, parcel: Parcel) -> str:
        return parcel.key

    def upload(self, parcel: Parcel, token: str) -> None:
        pass  # bytes and effect come in one request: `finish`

    def state(self, parcel: Parcel, token: str) -> State:
        return "unknown"

    def finish(self, parcel: Parcel, token: str, *, is_again: bool) -> str | Job:
        answer = self._answer(lambda headers: self._request(parcel, {**headers, "Idempotency-Key": token}))
        if not answer.is_success and not (answer.status_code == _CONFLICT and is_again):
            raise self._problem(answer)
        is_begun = answer.status_code in (httpx.codes.ACCEPTED, _CONFLICT)
        return (jobs.begun(answer, self._target.job, _said(answer)) if is_begun else None) or _said(answer)

    def ended(self, parcel: Parcel, address: str) -> Ended | Working:
        answer = self._get(address)
        if answer.status_code in _FORGOTTEN:
            raise ForgottenError(f"{self.place} took it, and asked about it answers {_said(answer)}", parcel)
        if not answer.is_success and answer.status_code != httpx.codes.SEE_OTHER:
            raise self._problem(answer)
        job = self._target.job
        if not jobs.is_done(answer, job, self.place):
            return Working(retry_after(answer.headers.get("Retry-After"), self._clock.now()))
        refused = self._refused(answer, address)
        return Ended(f"{_said(answer)}, refused {len(refused)}" if refused else _said(answer), refused)

    def _refused(self, answer: httpx.Response, address: str) -> tuple[Refusal, ...]:
        job = self._target.job
        url = jobs.refused_url(answer, job, address)
        if url is None:
            return jobs.refusals(answer, job) if job.refused_key else ()
        listed = self._get(url)
        if listed.status_code == httpx.codes.NOT_FOUND:
            return ()
        if not listed.is_success:
            raise self._problem(listed)
        return jobs.refusals(listed, job)

    def _get(self, url: str) -> httpx.Response:
        return self._answer(lambda headers: self._client.request("GET", url, headers=headers))

    def _answer(self, ask: Callable[[dict[str, str]], httpx.Response]) -> httpx.Response:
        """Return the answer to a request that gets our headers.

        Raises:
            TargetError: there is none.
        """
        secrets, headers = self._secret_headers()
        try:
            return ask({**self._target.headers, **headers})
        except OSError as problem:
            # Of httpx's own errors none is one: it is the file of certificates, or what is to be sent.
            why = problem.strerror or type(problem).__name__
            raise TargetError(f"{self.place}: {why}", "look at `ca_file`: is it there, and in PEM?") from None
        except httpx.HTTPError as problem:
            why = credentials.without(str(problem) or type(problem).__name__, secrets)
            raise TargetError(f"{self.place}: {why}", "look whether it can be reached", may_pass=True) from None

    def discard(self, parcel: Parcel, token: str) -> None:
        pass

    def close(self) -> None:
        self._client.close()

    def _secret_headers(self) -> tuple[list[str], dict[str, str]]:
        target = self._target
        headers = {name: credentials.secret(variable) for name, variable in target.headers_env.items()}
        secrets = list(headers.values())
        token = credentials.secret(target.token_env) if target.token_env else None
        if target.airflow_connection:
            token = credentials.connection(target.airflow_connection).password
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return [*secrets, *([token] if token else [])], headers

    def _url(self, parcel: Parcel) -> str:
        parts = {"edition": parcel.edition, "date": self._day, "block": parcel.block, "file": parcel.file}
        url = self._target.url
        for name, value in parts.items():
            url = url.replace(f"{{{name}}}", quote(value, safe=""))
        return url

    def _request(self, parcel: Parcel, headers: dict[str, str]) -> httpx.Response:
        if self._target.form_field:
            with parcel.path.open("rb") as file:
                form = {self._target.form_field: (parcel.file, file, media_type(parcel.file))}
                return self._client.request(self._target.method, self._url(parcel), headers=headers, files=form)
        plain = {"Content-Type": media_type(parcel.file), **headers, "Content-Length": str(parcel.size)}
        body = _pieces(parcel)
        return self._client.request(self._target.method, self._url(parcel), headers=plain, content=body)

    def _problem(self, answer: httpx.Response) -> TargetError:
        status = answer.status_code
        wait = retry_after(answer.headers.get("Retry-After"), self._clock.now())
        why = f"{self.place} answers {_said(answer)}"
        return TargetError(why, _advice(status), may_pass=status in _BUSY, wait_seconds=wait)


def _advice(status: int) -> str:
    if status in (401, 403):
        return "check the token and what it allows"
    if status == _CONFLICT:
        return "it says it has this file, which was never sent before; look there, then settle it with who runs it"
    if 300 <= status < 400:
        return "it points elsewhere, which is not followed with our credentials; write the new address as `url`"
    return "wait, then deliver again" if status in _BUSY else "look at what it expects: method, headers, format"


def _pieces(parcel: Parcel) -> Iterator[bytes]:
    with parcel.path.open("rb") as file:
        while piece := file.read(_CHUNK):
            yield piece
