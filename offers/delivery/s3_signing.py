"""AWS Signature Version 4, so that a run needs no SDK: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, quote, urlsplit

EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True)
class Keys:
    """Who signs."""

    key_id: str
    secret: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _canonical_query(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True)
    return "&".join(sorted(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs))


def _canonical(method: str, url: str, headers: Mapping[str, str], body_sha256: str) -> tuple[str, str]:
    """Return the canonical request and the list of signed headers; the path is taken as it is quoted in the URL."""
    parts = urlsplit(url)
    named = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    signed = ";".join(sorted(named))
    lines = [method, parts.path or "/", _canonical_query(parts.query)]
    lines += [f"{name}:{named[name]}" for name in sorted(named)]
    return "\n".join([*lines, "", signed, body_sha256]), signed


def sign(
    method: str, url: str, headers: Mapping[str, str], body_sha256: str, *, keys: Keys, region: str, now: datetime
) -> dict[str, str]:
    """Return the headers of a request to S3 with host, date, body hash and signature added; `now` is UTC."""
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{region}/s3/aws4_request"
    given = {**headers, "host": urlsplit(url).netloc, "x-amz-date": stamp, "x-amz-content-sha256": body_sha256}
    if keys.token:
        given["x-amz-security-token"] = keys.token
    request, signed = _canonical(method, url, given, body_sha256)
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{keys.secret}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    signature = _hmac(key, text).hex()
    credential = f"Credential={keys.key_id}/{scope},SignedHeaders={signed},Signature={signature}"
    return {**given, "authorization": f"AWS4-HMAC-SHA256 {credential}"}
