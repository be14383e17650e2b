"""Files into a bucket of moto's S3, signed without an SDK: botocore is the judge of the signatures."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from offermill.settings_delivery import DeliverySettings
from offers.delivery import s3, s3_signing
from offers.delivery.s3_signing import Keys
from offers.delivery.sending import Outcome, deliver
from offers.delivery.targets import open_transport
from tests.offers.delivery.desk import START, Hours, office, parcel
from tests.offers.delivery.servers import Bucket

CONTENT = "offer_key\nk1\n"
AMAZON = "https://crm.s3.eu-north-1.amazonaws.com"
KEYS = Keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")


def send(folder: Path, settings: DeliverySettings, content: str = CONTENT, file: str = "offers.csv") -> Outcome:
    hours = Hours()
    transport = open_transport(settings, START.date(), hours.clock)
    with closing(transport), office(folder / "state", hours.clock, attempts=2) as desk:
        return deliver(parcel(folder / "out", content, file), transport, desk)


def test_a_file_arrives_with_its_hash(bucket: Bucket, tmp_path: Path) -> None:
    done = send(tmp_path, bucket.delivery())
    assert (done.result, done.why, done.place) == ("delivered", "", "s3://crm/inbox/")
    assert bucket.objects() == {"inbox/2026-06-30/crm/offers.csv": CONTENT.encode()}
    head = bucket.client.head_object(Bucket="crm", Key="inbox/2026-06-30/crm/offers.csv")
    assert head["Metadata"] == {"sha256": done.parcel.sha256}
    assert bucket.parts() == []
    assert send(tmp_path, bucket.delivery()).result == "before"


def test_a_large_file_goes_in_parts_and_an_odd_name_arrives(bucket: Bucket, tmp_path: Path) -> None:
    content = "offer_key\n" + ("z" * 99 + "\n") * 110_000
    file = "piedāvājumi (a+b) = 1&2.csv"
    assert send(tmp_path, bucket.delivery(part_mib=5), content, file).result == "delivered"
    assert bucket.objects() == {f"inbox/2026-06-30/crm/{file}": content.encode()}
    etag = bucket.client.head_object(Bucket="crm", Key=f"inbox/2026-06-30/crm/{file}")["ETag"]
    # 11,000,010 bytes in parts of 5,242,880
    assert etag.endswith('-3"')


def test_an_empty_file_arrives(bucket: Bucket, tmp_path: Path) -> None:
    assert send(tmp_path, bucket.delivery(), "").result == "delivered"
    assert list(bucket.objects().values()) == [b""]


def test_a_lost_log_is_made_good_by_asking_the_store(bucket: Bucket, tmp_path: Path) -> None:
    send(tmp_path, bucket.delivery())
    (tmp_path / "state" / "delivery.jsonl").unlink()
    assert send(tmp_path, bucket.delivery()).result == "recognised"


def test_a_name_taken_by_other_bytes_is_never_overwritten(bucket: Bucket, tmp_path: Path) -> None:
    bucket.client.put_object(Bucket="crm", Key="inbox/2026-06-30/crm/offers.csv", Body=b"other")
    done = send(tmp_path, bucket.delivery())
    assert (done.result, done.why) == ("failed", "2026-06-30/crm/offers.csv is there already with other bytes")
    assert bucket.objects() == {"inbox/2026-06-30/crm/offers.csv": b"other"}


def test_a_bucket_that_is_not_there_is_told_without_the_secret(bucket: Bucket, tmp_path: Path) -> None:
    done = send(tmp_path, bucket.delivery(bucket="nobodys"))
    assert (done.result, done.attempts) == ("failed", 1)
    assert done.why == "s3://nobodys/inbox/ answers 404 NoSuchBucket"
    assert done.advice.startswith("check bucket, region, endpoint, and what the keys allow")
    assert "hunter2" not in (tmp_path / "state" / "delivery.jsonl").read_text("utf-8")


def test_a_store_that_is_down_is_tried_again(bucket: Bucket, tmp_path: Path) -> None:
    done = send(tmp_path, bucket.delivery(endpoint="127.0.0.1:9"))
    assert (done.result, done.attempts, done.advice) == ("failed", 2, "look whether it can be reached")


def test_keys_may_come_from_an_airflow_connection(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CRM_KEY")
    assert send(tmp_path / "a", bucket.delivery()).why == "the environment variable CRM_KEY is not set"
    monkeypatch.setenv("AIRFLOW_CONN_CRM_S3", "aws://key:hunter%2F2@/")
    assert send(tmp_path / "b", bucket.delivery(airflow_connection="crm_s3")).result == "delivered"


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({"bucket": "crm"}, "https://crm.s3.eu-north-1.amazonaws.com"),
        ({"bucket": "crm.example"}, "https://s3.eu-north-1.amazonaws.com/crm.example"),
        ({"bucket": "crm", "endpoint": "minio:9000", "use_ssl": False}, "http://minio:9000/crm"),
    ],
)
def test_where_a_bucket_is(settings: dict[str, Any], url: str) -> None:
    assert s3._base_url(DeliverySettings.model_validate({"s3": settings}).s3) == url  # type: ignore[arg-type]


def test_amazon_s_own_example_of_a_signature() -> None:
    """The lifecycle example of https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html."""
    signed = s3_signing.sign(
        "GET",
        "https://examplebucket.s3.amazonaws.com/?lifecycle",
        {},
        s3_signing.EMPTY_SHA256,
        keys=KEYS,
        region="us-east-1",
        now=datetime(2013, 5, 24, tzinfo=UTC),
    )
    assert signed["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        "SignedHeaders=host;x-amz-content-sha256;x-amz-date,"
        "Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
    )


@pytest.mark.parametrize(
    ("method", "url", "headers"),
    [
        ("HEAD", f"{AMAZON}/inbox/2026-06-30/crm/offers.csv", {}),
        ("POST", f"{AMAZON}/a%20b/%C5%AB%2B%26%3D.csv?uploads=", {"x-amz-meta-sha256": "ab"}),
        ("PUT", "http://minio:9000/crm/a?partNumber=2&uploadId=a%2Bb%2Fc%3D~_.-", {"x-amz-checksum-sha256": "Zm8"}),
        ("GET", f"{AMAZON}/a?uploadId=x&part-number-marker=0", {"X-Amz-Meta-B": " a   b "}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("token", [None, "lent/token=="])
def test_botocore_signs_the_same(method: str, url: str, headers: dict[str, str], token: str | None) -> None:
    from botocore.auth import S3SigV4Auth  # type: ignore[import-untyped]
    from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]
    from botocore.credentials import Credentials  # type: ignore[import-untyped]

    keys, body = Keys(KEYS.key_id, KEYS.secret, token), b"body"
    digest = "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5"
    ours = s3_signing.sign(method, url, headers, digest, keys=keys, region="eu-north-1", now=datetime.now(UTC))
    request = AWSRequest(method, url, {**headers, "x-amz-content-sha256": digest}, body)
    request.context["timestamp"] = ours["x-amz-date"]
    auth = S3SigV4Auth(Credentials(keys.key_id, keys.secret, token), "s3", "eu-north-1")
    request.headers["X-Amz-Date"] = ours["x-amz-date"]
    if token:
        request.headers["X-Amz-Security-Token"] = token
    theirs = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    assert ours["authorization"].rpartition("Signature=")[2] == theirs
