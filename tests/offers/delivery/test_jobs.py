"""Uploads that a server works on after its answer: asked about until they end, never sent twice."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from offermill.errors import DeliveryError
from offers.delivery import settling
from offers.delivery.journal import Journal
from offers.delivery.sending import Outcome, deliver
from offers.delivery.settling import Said
from offers.delivery.targets import open_transport
from offers.delivery.transport import Refusal
from tests.offers.delivery.desk import START, Hours, office, parcel, story
from tests.offers.delivery.inbox import Inbox

WORKING = (200, {}, b'{"status": "working"}')
DONE = (200, {}, b'{"status": "Completed", "id": 7}')
FAILED = (200, {}, b'{"status": "failed", "message": "anna@example.org is no address"}')


def send(
    inbox: Inbox, folder: Path, hours: Hours | None = None, retry: dict[str, Any] | None = None, **target: Any
) -> tuple[Outcome, list[str], list[Refusal]]:
    """Send a file; return what became of it, the log's story, and the records that were refused."""
    hours, refused = hours or Hours(), []
    transport = open_transport(inbox.delivery(retry, **target), START.date(), hours.clock)
    with closing(transport), office(folder / "state", hours.clock, **(retry or {})) as desk:
        object.__setattr__(desk, "receive", lambda _, found, at: refused.extend(found))
        sent = parcel(folder / "out")
        return deliver(sent, transport, desk), story(desk, sent), refused


def test_a_job_is_asked_about_with_growing_waits_until_it_is_done(
    inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_TOKEN", "hunter2")
    inbox.plan, hours = [202], Hours()
    inbox.jobs = [WORKING, (503, {}, b""), "drop", (202, {"Retry-After": "50"}, b'{"status": "queued"}'), DONE]
    done, told, _ = send(inbox, tmp_path, hours, token_env="CRM_TOKEN")
    assert (done.result, done.attempts) == ("delivered", 1)
    assert told == ["intent", "staged", "accepted", "acknowledged"]
    assert [(one.path, one.headers["Authorization"]) for one in inbox.asked] == [("/jobs/7", "Bearer hunter2")] * 5
    # The waits of 2, 4, 8 and 16 seconds as the file's lots shorten them; the server asks for 50.
    assert [round(wait, 1) for wait in hours.slept] == [1.0, 2.1, 7.8, 50.0]
    assert len(inbox.requests) == 1
    log = (tmp_path / "state" / "delivery.jsonl").read_text(encoding="utf-8")
    assert "hunter2" not in log
    assert send(inbox, tmp_path)[0].result == "before"


def test_a_job_that_takes_too_long_is_asked_again_by_the_next_run_and_nothing_is_sent(
    inbox: Inbox, tmp_path: Path
) -> None:
    inbox.plan, hours = [202], Hours()
    inbox.jobs = [WORKING]
    late, told, _ = send(inbox, tmp_path, hours, {"job_seconds": 60})
    assert (late.result, late.attempts, late.advice) == (
        "failed", 1, "deliver again later: it is asked again and sent nothing (retry.job_seconds waits longer)"
    )  # fmt: skip
    assert late.why.endswith("/in/{edition}/{file} took it (202 id=7) and works on it for more than 60 seconds")
    assert sum(hours.slept) <= 60
    assert told == ["intent", "staged", "accepted", "failed"]
    inbox.jobs = [DONE]
    assert send(inbox, tmp_path)[0].result == "delivered"
    assert len(inbox.requests) == 1


def test_a_job_that_failed_is_sent_anew_under_another_key(inbox: Inbox, tmp_path: Path) -> None:
    inbox.plan = [202, 202]
    inbox.jobs = [FAILED]
    failed, told, _ = send(inbox, tmp_path)
    assert (failed.result, failed.attempts) == ("failed", 1)
    # Its text is not repeated: it may hold what was sent.
    assert failed.why.endswith("{file} took it, worked on it, and says 'failed'")
    assert told == ["intent", "staged", "accepted", "refused", "failed"]
    inbox.jobs = [DONE]
    assert send(inbox, tmp_path)[0].result == "delivered"
    first, second = (request.headers["Idempotency-Key"] for request in inbox.requests)
    assert first != second


def test_a_key_that_nobody_knows_after_a_failed_job_is_no_delivery(inbox: Inbox, tmp_path: Path) -> None:
    inbox.plan = [202, 409]
    inbox.jobs = [FAILED]
    send(inbox, tmp_path)
    inbox.jobs = []
    again, _, _ = send(inbox, tmp_path)
    assert (again.result, again.advice[:29]) == ("failed", "it says it has this file, whi")


@pytest.mark.parametrize("known_status", [202, 409])
def test_a_lost_answer_of_202_leads_to_the_same_job(inbox: Inbox, tmp_path: Path, known_status: int) -> None:
    inbox.plan, inbox.known_status = ["lose"], known_status
    inbox.jobs = [WORKING, DONE]
    done, told, _ = send(inbox, tmp_path)
    assert (done.result, done.attempts) == ("delivered", 2)
    assert told == ["intent", "staged", "failed", "accepted", "acknowledged"]
    assert len(inbox.taken) == 1


def test_a_202_that_names_no_job_is_delivered(inbox: Inbox, tmp_path: Path) -> None:
    inbox.plan = [202]
    assert send(inbox, tmp_path)[1] == ["intent", "staged", "acknowledged"]


def test_credentials_go_to_no_other_server(inbox: Inbox, tmp_path: Path) -> None:
    with Inbox.serve() as other:
        inbox.plan, inbox.known_status, inbox.jobs = [202], 202, [DONE]
        other.jobs = [DONE]
        inbox.job_address = f"http://127.0.0.1:{other.port}/jobs/7"
        stopped, _, _ = send(inbox, tmp_path)
        assert (stopped.result, other.asked) == ("failed", [])
        assert stopped.advice == (
            "write the address as `http.job.status_url`, then deliver again: nothing is sent twice"
        )
        job = {"status_url": f"http://127.0.0.1:{other.port}/status/{{job}}"}
        assert send(inbox, tmp_path, job=job)[0].result == "delivered"
        assert [one.path for one in other.asked] == ["/status/7"]
    assert len(inbox.taken) == 1


def test_a_server_names_states_in_its_own_words_and_places(inbox: Inbox, tmp_path: Path) -> None:
    inbox.plan = [202]
    inbox.jobs = [(200, {}, json.dumps({"data": {"state": word}}).encode()) for word in ("InProgress", "JobComplete")]
    done, _, _ = send(inbox, tmp_path, job={"state_key": "data.state"})
    assert (done.result, len(inbox.asked)) == ("delivered", 2)


def test_a_server_that_leads_on_to_the_result_is_done(inbox: Inbox, tmp_path: Path) -> None:
    inbox.plan, inbox.jobs = [202], [WORKING, (303, {"Location": "/contacts"}, b"")]
    assert send(inbox, tmp_path)[0].result == "delivered"


@pytest.mark.parametrize("status", [404, 410])
def test_a_job_that_is_not_there_any_more_is_said_and_nothing_is_sent_again(
    inbox: Inbox, tmp_path: Path, status: int
) -> None:
    inbox.plan, inbox.jobs = [202], [(status, {}, b"")]
    for _ in range(2):
        lost, _, _ = send(inbox, tmp_path)
        assert (lost.result, lost.why.partition("{file} ")[2]) == (
            "failed",
            f"took it, and asked about it answers {status}, so nobody knows whether its records are in",
        )
        assert lost.advice == "look there: if they are, " + (
            "deliver with `--block crm --settle offers.csv=arrived`; if they are not, with `=lost`"
        )
    assert len(inbox.requests) == 1


def test_a_job_that_is_known_only_a_moment_later_is_waited_for(inbox: Inbox, tmp_path: Path) -> None:
    inbox.plan, inbox.jobs = [202], [(404, {}, b""), DONE]
    assert send(inbox, tmp_path)[1] == ["intent", "staged", "accepted", "acknowledged"]


def settled(folder: Path, word: str) -> None:
    with Journal.open(folder / "state") as log:
        settling.settle(log, "2026-06-30", Said("crm", "offers.csv", word), START)


def test_somebody_who_found_the_records_there_ends_the_matter(inbox: Inbox, tmp_path: Path) -> None:
    inbox.plan, inbox.jobs = [202], [(404, {}, b"")]
    send(inbox, tmp_path)
    settled(tmp_path, "arrived")
    done, told, _ = send(inbox, tmp_path)
    assert (done.result, told[-1], len(inbox.requests)) == ("before", "acknowledged", 1)
    with pytest.raises(
        DeliveryError, match=r"2026-06-30 crm: offers.csv has arrived by the log, so there is nothing to"
    ):
        settled(tmp_path, "lost")


def test_somebody_who_did_not_lets_it_be_sent_anew_under_another_key(inbox: Inbox, tmp_path: Path) -> None:
    inbox.plan, inbox.jobs = [202, 201], [(404, {}, b"")]
    send(inbox, tmp_path)
    settled(tmp_path, "lost")
    assert send(inbox, tmp_path)[0].result == "delivered"
    first, second = (request.headers["Idempotency-Key"] for request in inbox.requests)
    assert first != second


def test_what_is_not_open_cannot_be_settled(inbox: Inbox, tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match=r"nothing of offers.csv is open by the log"):
        settled(tmp_path, "arrived")
    inbox.plan, inbox.jobs = [202], [(404, {}, b"")]
    send(inbox, tmp_path)
    with (
        Journal.open(tmp_path / "state") as log,
        pytest.raises(DeliveryError, match=r"nothing of offer.csv is open .* Did you mean 'offers.csv'\?"),
    ):
        settling.settle(log, "2026-06-30", Said("crm", "offer.csv", "lost"), START)


REFUSED = [Refusal("K1", "bad phone"), Refusal("K2", "refused")]


def test_records_refused_stand_in_the_answer_about_the_job(inbox: Inbox, tmp_path: Path) -> None:
    listed = {"status": "done", "result": {"errors": [{"row.key": "K1", "why": "bad phone"}, {"row.key": "K2"}, {}, 5]}}
    inbox.plan, inbox.jobs = [202], [(200, {}, json.dumps(listed).encode())]
    job = {"refused_key": "result.errors", "record_key": "row.key", "reason_key": "why"}
    done, _, refused = send(inbox, tmp_path, job=job)
    assert (done.result, refused) == ("delivered", REFUSED)


def test_or_in_a_file_of_their_own(inbox: Inbox, tmp_path: Path) -> None:
    table = "sf__Id,sf__Error,Offer_Key__c\n,bad phone,K1\n,,K2\n"
    inbox.plan = [202]
    inbox.jobs = [DONE, (503, {}, b""), DONE, (200, {"Content-Type": "text/csv"}, table.encode())]
    job = {
        "refused_url": f"http://127.0.0.1:{inbox.port}/jobs/{{job}}/failedResults",
        "record_key": "Offer_Key__c",
        "reason_key": "sf__Error",
    }
    done, _, refused = send(inbox, tmp_path, job=job)
    assert (done.result, refused) == ("delivered", REFUSED)
    assert [one.path for one in inbox.asked] == ["/jobs/7", "/jobs/7/failedResults"] * 2
