"""Files over HTTP: what may pass is tried again, what is refused is said, and no file is taken twice."""

import subprocess
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from offers.delivery import backoff, http
from offers.delivery.sending import Outcome, deliver
from offers.delivery.targets import open_transport
from tests.offers.delivery.desk import START, Hours, office, parcel, story
from tests.offers.delivery.inbox import Inbox

CONTENT = "offer_key\nk1\nk2\n"
# The file's waits of 2, 4, 8 and 16 seconds as its lots shorten them.
WAITS = [1.0, 2.1, 7.8, 15.2]


def send(
    inbox: Inbox, folder: Path, hours: Hours | None = None, retry: dict[str, object] | None = None, **target: object
) -> Outcome:
    hours = hours or Hours()
    settings = inbox.delivery(retry, **target)
    transport = open_transport(settings, START.date(), hours.clock)
    with closing(transport), office(folder / "state", hours.clock, **(retry or {})) as desk:
        return deliver(parcel(folder / "out", CONTENT), transport, desk)


def test_a_file_arrives_with_its_key_and_type(inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_TOKEN", "hunter2")
    monkeypatch.setenv("CRM_API_KEY", "hunter3")
    done = send(
        inbox, tmp_path, token_env="CRM_TOKEN", headers_env={"X-Api-Key": "CRM_API_KEY"}, headers={"X-List": "a"}
    )
    assert (done.result, done.attempts) == ("delivered", 1)
    (request,) = inbox.requests
    assert (request.method, request.path) == ("POST", "/in/2026-06-30/offers.csv")
    assert request.body == CONTENT.encode()
    told = {name: request.headers[name] for name in ("Content-Type", "Authorization", "X-Api-Key", "X-List")}
    assert told == {
        "Content-Type": "text/csv; charset=utf-8",
        "Authorization": "Bearer hunter2",
        "X-Api-Key": "hunter3",
        "X-List": "a",
    }
    # sha256 of "test\n2026-06-30\ncrm\noffers.csv"
    assert request.headers["Idempotency-Key"] == parcel(tmp_path / "out").key
    assert "hunter" not in (tmp_path / "state" / "delivery.jsonl").read_text(encoding="utf-8")
    assert send(inbox, tmp_path).result == "before"
    assert len(inbox.requests) == 1


def test_a_form_field_carries_the_file(inbox: Inbox, tmp_path: Path) -> None:
    assert send(inbox, tmp_path, method="PUT", form_field="upload").result == "delivered"
    (request,) = inbox.requests
    assert request.method == "PUT"
    assert b'name="upload"; filename="offers.csv"' in request.body
    assert CONTENT.encode() in request.body


def test_busy_and_failing_servers_are_tried_again_with_growing_waits(inbox: Inbox, tmp_path: Path) -> None:
    inbox.plan, hours = [500, 503, "drop", 429], Hours()
    done = send(inbox, tmp_path, hours)
    assert (done.result, done.attempts) == ("delivered", 5)
    assert [round(wait, 1) for wait in hours.slept] == WAITS
    assert list(inbox.taken.values()) == [CONTENT.encode()]
    assert len({request.headers["Idempotency-Key"] for request in inbox.requests}) == 1


def test_waits_lie_between_a_half_and_the_whole_and_differ_between_files(tmp_path: Path) -> None:
    retry = inbox_retry = Inbox().delivery({"first_wait_seconds": 8}).retry
    assert inbox_retry.attempts == 5
    waits = [backoff.wait_seconds(parcel(tmp_path, file=f"{n}.csv"), 1, retry, None) for n in range(100)]
    assert min(waits) >= 4
    assert max(waits) <= 8
    assert len(set(waits)) == 100
    assert waits == [backoff.wait_seconds(parcel(tmp_path, file=f"{n}.csv"), 1, retry, None) for n in range(100)]


@pytest.mark.parametrize(
    ("asked", "waited"),
    [("30", 30.0), ("3000", 120.0), ("Wed, 01 Jul 2026 03:00:45 GMT", 45.0), ("rubbish", WAITS[0]), ("0", WAITS[0])],
)
def test_the_server_says_how_long_to_wait(inbox: Inbox, tmp_path: Path, asked: str, waited: float) -> None:
    inbox.plan, hours = [(429, {"Retry-After": asked})], Hours()
    assert send(inbox, tmp_path, hours).result == "delivered"
    assert [round(wait, 1) for wait in hours.slept] == [waited]


def test_a_date_to_wait_for_that_has_passed_is_no_wait() -> None:
    assert http.retry_after("Wed, 01 Jul 2026 03:00:00 GMT", datetime(2026, 7, 1, 4, tzinfo=UTC)) == 0


@pytest.mark.parametrize("known_status", [200, 409])
@pytest.mark.parametrize("act", ["lose", "silent"])
def test_an_answer_that_was_lost_does_not_double_the_file(
    inbox: Inbox, tmp_path: Path, act: str, known_status: int
) -> None:
    inbox.plan, inbox.known_status = [act], known_status
    done = send(inbox, tmp_path, retry={"timeout_seconds": 0.3})
    assert (done.result, done.attempts) == ("delivered", 2)
    assert list(inbox.taken.values()) == [CONTENT.encode()]


def test_a_conflict_on_a_key_never_sent_is_no_delivery(inbox: Inbox, tmp_path: Path) -> None:
    inbox.plan = [409]
    done = send(inbox, tmp_path)
    assert (done.result, done.attempts) == ("failed", 1)
    assert done.advice.startswith("it says it has this file, which was never sent before")


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (400, "look at what it expects: method, headers, format"),
        (401, "check the token and what it allows"),
        (422, "look at what it expects: method, headers, format"),
        ((302, {"Location": "http://127.0.0.1:1/"}), "it points elsewhere, which is not followed with our credentials; "
         "write the new address as `url`"),
    ],
)  # fmt: skip
def test_a_refusal_is_final_and_says_what_to_do(inbox: Inbox, tmp_path: Path, status: object, advice: str) -> None:
    inbox.plan, hours = [status], Hours()
    done = send(inbox, tmp_path, hours)
    assert (done.result, done.attempts, done.advice, hours.slept) == ("failed", 1, advice, [])
    number = status[0] if isinstance(status, tuple) else status
    # The answer's text is not repeated: it may hold what was sent.
    assert done.why == f"http://127.0.0.1:{inbox.port}/in/{{edition}}/{{file}} answers {number} id=7"


def test_a_server_that_stays_down_is_a_failure_after_all_attempts(inbox: Inbox, tmp_path: Path) -> None:
    inbox.plan = [503] * 9
    done = send(inbox, tmp_path, retry={"attempts": 3})
    assert (done.result, done.attempts, len(inbox.requests)) == ("failed", 3, 3)
    with office(tmp_path / "state") as desk:
        assert story(desk, done.parcel) == ["intent", "staged", "failed", "failed", "failed"]
    assert send(inbox, tmp_path, retry={"attempts": 7}).attempts == 7
    assert list(inbox.taken.values()) == [CONTENT.encode()]


def test_a_missing_credential_is_named_and_nothing_is_asked(
    inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CRM_TOKEN", raising=False)
    done = send(inbox, tmp_path, token_env="CRM_TOKEN")
    assert (done.result, done.why) == ("failed", "the environment variable CRM_TOKEN is not set")
    assert inbox.requests == []


def test_an_airflow_connection_holds_the_token(inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CRM", '{"conn_type": "http", "password": "hunter2"}')
    assert send(inbox, tmp_path, airflow_connection="crm").result == "delivered"
    assert inbox.requests[0].headers["Authorization"] == "Bearer hunter2"


def self_made(folder: Path) -> Path:
    """Return a PEM file with a key and the certificate for 127.0.0.1 that nobody but itself vouches for."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    made = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "3650")
    named = ("-subj", "/CN=crm.test", "-addext", "subjectAltName=IP:127.0.0.1")
    command = ["openssl", *made, *named, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_text(key.read_text("utf-8") + certificate.read_text("utf-8"), encoding="utf-8")
    return both


def test_a_server_is_trusted_by_the_certificates_of_the_shop_alone(tmp_path: Path) -> None:
    with Inbox.serve(self_made(tmp_path)) as inbox:
        url, once = inbox.url.replace("http:", "https:"), {"attempts": 1}
        unknown = send(inbox, tmp_path / "1", retry=once, url=url)
        assert (unknown.result, "certificate verify failed" in unknown.why) == ("failed", True)
        missing = send(inbox, tmp_path / "2", retry=once, url=url, ca_file=str(tmp_path / "none.pem"))
        assert (missing.result, missing.why.endswith("No such file or directory")) == ("failed", True)
        assert inbox.taken == {}
        assert send(inbox, tmp_path / "3", url=url, ca_file=str(tmp_path / "certificate.pem")).result == "delivered"
    assert list(inbox.taken.values()) == [CONTENT.encode()]
