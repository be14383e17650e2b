"""A bucket: every file goes as a multipart upload, whose parts carry their SHA-256 and which appears as a whole."""

import base64
import hashlib
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from urllib.parse import quote, urlencode
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import httpx

from offermill.settings_delivery import S3Target
from offers.delivery import credentials, s3_signing
from offers.delivery.backoff import Clock
from offers.delivery.parcel import Parcel, TargetError
from offers.delivery.s3_signing import Keys
from offers.delivery.transport import Ended, State, Working
from offers.delivery.web import Client

_HASH_HEADER = "x-amz-meta-sha256"
_BUSY = {408, 429, 500, 502, 503, 504}


def _keys(target: S3Target) -> Keys:
    if target.airflow_connection:
        lent = credentials.connection(target.airflow_connection)
        return Keys(lent.login or "", lent.password or "", lent.extra.get("aws_session_token"))
    token = os.environ.get(target.session_token_env) or None
    return Keys(credentials.secret(target.key_id_env), credentials.secret(target.secret_env), token)


def _base_url(target: S3Target) -> str:
    """Return where the bucket is: by name for Amazon, by path for other stores."""
    scheme = "https" if target.use_ssl else "http"
    if target.endpoint:
        return f"{scheme}://{target.endpoint}/{target.bucket}"
    # A bucket with dots in its name has no certificate of its own.
    if "." in target.bucket:
        return f"{scheme}://s3.{target.region}.amazonaws.com/{target.bucket}"
    return f"{scheme}://{target.bucket}.s3.{target.region}.amazonaws.com"


def _texts(body: bytes, name: str) -> list[str]:
    """Return the texts of all elements of an answer with a local name."""
    return [found.text or "" for found in ElementTree.fromstring(body).iter() if found.tag.rsplit("}")[-1] == name]  # noqa: S314


def _problem(body: bytes) -> str:
    """Return the code of an error answer; empty when it is none."""
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 expat refuses entity bombs since 2.4.1
    except ElementTree.ParseError:
        return ""
    return next(iter(_texts(body, "Code")), "") if root.tag.rsplit("}")[-1] == "Error" else ""


class S3Transport:
    """Sends into a bucket; the token is the id of the multipart upload."""

    def __init__(self, target: S3Target, timeout_seconds: float, clock: Clock) -> None:
        self._target = target
        self._clock = clock
        self._client = Client(timeout_seconds)

    @property
    def place(self) -> str:
        prefix = f"{self._target.prefix.strip('/')}/" if self._target.prefix else ""
        return f"s3://{self._target.bucket}/{prefix}"

    def has(self, parcel: Parcel) -> bool:
        answer = self._ask("HEAD", parcel, allowed=(404,))
        if answer.status_code == 404:
            return False
        if answer.headers.get(_HASH_HEADER) == parcel.sha256 and int(answer.headers["content-length"]) == parcel.size:
            return True
        raise TargetError(
            f"{parcel.name} is there already with other bytes",
            "move that object away, or give `delivery.name` another pattern",
        )

    def open(self, parcel: Parcel) -> str:
        headers = {_HASH_HEADER: parcel.sha256, "x-amz-checksum-algorithm": "SHA256"}
        answer = self._ask("POST", parcel, {"uploads": ""}, headers=headers)
        return _texts(answer.content, "UploadId")[0]

    def upload(self, parcel: Parcel, token: str) -> None:
        for number, piece in enumerate(self._pieces(parcel), start=1):
            checksum = base64.b64encode(hashlib.sha256(piece).digest()).decode()
            query = {"partNumber": str(number), "uploadId": token}
            self._ask("PUT", parcel, query, headers={"x-amz-checksum-sha256": checksum}, body=piece)

    def state(self, parcel: Parcel, token: str) -> State:
        if self.has(parcel):
            return "finished"
        answer = self._ask("GET", parcel, {"uploadId": token, "max-parts": "1"}, allowed=(404,))
        return "gone" if answer.status_code == 404 else "waiting"

    def finish(self, parcel: Parcel, token: str, *, is_again: bool) -> str:
        parts = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{escape(etag)}</ETag>"
            f"<ChecksumSHA256>{checksum}</ChecksumSHA256></Part>"
            for number, etag, checksum in self._parts(parcel, token)
        )
        body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
        answer = self._ask("POST", parcel, {"uploadId": token}, body=body)
        if not self.has(parcel):
            raise TargetError(f"{parcel.name} is not there after its upload", "look at the bucket", may_pass=True)
        return " ".join(_texts(answer.content, "ETag"))

    def ended(self, parcel: Parcel, address: str) -> Ended | Working:
        return Ended("a bucket begins no jobs")

    def discard(self, parcel: Parcel, token: str) -> None:
        self._ask("DELETE", parcel, {"uploadId": token}, allowed=(404,))

    def close(self) -> None:
        self._client.close()

    def _pieces(self, parcel: Parcel) -> Iterator[bytes]:
        """Yield the file in parts; an empty file is one empty part."""
        with parcel.path.open("rb") as file:
            yield file.read(self._target.part_mib << 20)
            while piece := file.read(self._target.part_mib << 20):
                yield piece

    def _parts(self, parcel: Parcel, token: str) -> Iterator[tuple[int, str, str]]:
        """Yield number, ETag and checksum of what was uploaded, as the store tells it, with checksums of our own."""
        etags: list[str] = []
        while True:
            query = {"uploadId": token, "part-number-marker": str(len(etags))}
            answer = self._ask("GET", parcel, query).content
            etags += _texts(answer, "ETag")
            if _texts(answer, "IsTruncated") != ["true"]:
                break
        for number, (etag, piece) in enumerate(zip(etags, self._pieces(parcel), strict=True), start=1):
            yield number, etag, base64.b64encode(hashlib.sha256(piece).digest()).decode()

    def _ask(
        self,
        method: str,
        parcel: Parcel,
        query: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        allowed: tuple[int, ...] = (),
    ) -> httpx.Response:
        """Return the store's answer.

        Raises:
            TargetError: it cannot be reached, or says no.
        """
        keys = _keys(self._target)
        path = quote(self.place.removeprefix(f"s3://{self._target.bucket}/") + parcel.name, safe="/-_.~")
        url = f"{_base_url(self._target)}/{path}" + (f"?{urlencode(query, quote_via=quote)}" if query else "")
        now = self._clock.now().astimezone(UTC)
        signed = _signed(method, url, headers or {}, body, keys, self._target.region, now)
        try:
            answer = self._client.request(method, url, headers=signed, content=body or None)
        except httpx.HTTPError as problem:
            why = credentials.without(str(problem) or type(problem).__name__, (keys.secret, keys.token))
            raise TargetError(f"{self.place}: {why}", "look whether it can be reached", may_pass=True) from None
        return self._checked(answer, allowed)

    def _checked(self, answer: httpx.Response, allowed: tuple[int, ...]) -> httpx.Response:
        code = _problem(answer.content)
        if answer.status_code in allowed or (answer.is_success and not code):
            return answer
        raise TargetError(
            f"{self.place} answers {answer.status_code} {code}".rstrip(),
            "check bucket, region, endpoint, and what the keys allow (s3:PutObject, s3:GetObject, s3:ListBucket)",
            # A completion may fail in an answer that began as 200.
            may_pass=answer.status_code in _BUSY or answer.is_success or code in ("SlowDown", "RequestTimeout"),
        )


def _signed(
    method: str, url: str, headers: Mapping[str, str], body: bytes, keys: Keys, region: str, now: datetime
) -> dict[str, str]:
    return s3_signing.sign(method, url, headers, hashlib.sha256(body).hexdigest(), keys=keys, region=region, now=now)
