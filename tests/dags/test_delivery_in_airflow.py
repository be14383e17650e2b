"""Delivery as a real scheduler's task, to a folder and to a server that is down at first."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from offermill.run import Run
from tests.dags.real_airflow import DagRun, RealAirflow
from tests.nights import DAY, copy_of, digests
from tests.offers.channels.said_no import land, refusal
from tests.offers.delivery.inbox import Inbox

pytestmark = pytest.mark.scheduler
TASK = "deliver.send"
FILES_OVER_HTTP = 2  # users.csv and catalog.csv


@dataclass
class Night:
    """A published night whose run in Airflow has only the delivery left."""

    shop: Path
    share: Path
    inbox: Inbox
    run: DagRun

    def delivered(self) -> str:
        """Clear the task, as a person does who mended the cause; return how the run ends."""
        self.run.clear(TASK)
        return self.run.airflow.wait_for("the delivery", self.run.ended)

    def say_no(self, *people: tuple[str, str]) -> None:
        """Let customers refuse a channel each, in the file that comes in the morning."""
        land(Run.of(self.shop, DAY), "consents", [refusal(customer, channel) for customer, channel in people])

    def sent(self) -> dict[str, list[str]]:
        """Return the customers on each list that arrived, in the folder and at the server."""
        sent = {"folder": _customers((self.share / DAY.isoformat() / "crm" / "offers.csv").read_text("utf-8"))}
        for request in self.inbox.requests:
            if request.path.endswith("users.csv") and request.body in self.inbox.taken.values():
                sent["server"] = _customers(request.body.decode())
        return sent

    def acknowledged(self) -> list[str]:
        """Return the files that the log calls arrived, one per acknowledgement."""
        lines = (self.shop / "state" / "delivery.jsonl").read_text("utf-8").splitlines()
        entries = [json.loads(line) for line in lines]
        return sorted(f"{one['block']}/{one['file']}" for one in entries if one["event"] == "acknowledged")


def _customers(text: str) -> list[str]:
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    return [row.get("customer_id") or row["external_id"] for row in rows]


@pytest.fixture
def night(real_airflow: RealAirflow, published: Path, tmp_path: Path) -> Iterator[Night]:
    """Yield a night that was published without delivery; since then shop.yml names two targets."""
    shop, share = copy_of(published, tmp_path / "shop"), tmp_path / "share"
    share.mkdir()
    with Inbox.serve() as inbox:
        settings = shop / "shop.yml"
        text = settings.read_text("utf-8")
        for block, delivery in (
            ("generic", f"folder: {{path: {share}}}"),
            ("braze", f"http: {{url: '{inbox.url}'}}"),
        ):
            text = text.replace(
                f"{{target: {block}}}", f"{{target: {block}, delivery: {{{delivery}, retry: {{attempts: 1}}}}}}"
            )
        settings.write_text(text, encoding="utf-8")
        real_airflow.pause(True)
        run = real_airflow.trigger(shop, DAY)
        # What was published stands; only the step that freezes shop.yml is performed anew.
        run.mark_performed_but("night.open")
        real_airflow.pause(False)
        assert real_airflow.wait_for("the night's opening", run.ended) == "success"
        yield Night(shop, share, inbox, run)


def told(shop: Path) -> list[tuple[str, str]]:
    """Return the customers that the published list names, each with the channel."""
    path = shop / "exports" / DAY.isoformat() / "channels" / "crm" / "offers.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [(row["customer_id"], row["channel"]) for row in csv.DictReader(file)]


def test_a_red_delivery_says_why_and_its_retries_send_nothing_twice_and_nobody_who_said_no(night: Night) -> None:
    everybody, published = told(night.shop), digests(night.shop)
    first, second = everybody[0], everybody[1]
    names = [customer for customer, _ in everybody]
    night.say_no(first)
    night.inbox.plan = [503] * (2 * FILES_OVER_HTTP)  # the task's first try, and its retry

    assert night.delivered() == "failed"
    assert {task: state for task, state in night.run.tasks().items() if state != "success"} == {TASK: "failed"}
    assert (night.run.tries(TASK), len(night.inbox.requests), night.inbox.taken) == (2, 2 * FILES_OVER_HTTP, {})
    assert night.sent() == {"folder": names[1:]}
    in_folder = {path: path.stat().st_mtime_ns for path in night.share.rglob("*") if path.is_file()}
    for attempt in (1, 2):
        lines = night.run.log(TASK, attempt)
        wrong = [line for line in lines if line.get("level") in ("error", "critical")]
        place = f"http://127.0.0.1:{night.inbox.port}/in/{{edition}}/{{file}}"
        assert wrong[0]["event"] == (
            "DeliveryError: 2026-06-30: 2 of 4 files did not reach their target; the publication stands, what arrived "
            "is not sent again.\n"
            f"  braze: catalog.csv, attempt 1: {place} answers 503 id=7. Wait, then deliver again.\n"
            f"  braze: users.csv, attempt 1: {place} answers 503 id=7. Wait, then deliver again.\n"
            "Mend the cause, then send what is missing: "
            f"bin/offermill deliver --shop {night.shop} --date 2026-06-30"
        )
        assert [line["event"] for line in wrong[1:]] == ["Task exited"]
        assert [line for line in lines if line.get("error_detail") or "Traceback" in str(line)] == []

    night.say_no(first, second)
    assert night.delivered() == "success"
    assert night.sent() == {"folder": names[1:], "server": names[2:]}
    assert night.acknowledged() == ["braze/catalog.csv", "braze/users.csv", "crm/crm.manifest.json", "crm/offers.csv"]

    requests = len(night.inbox.requests)
    assert night.delivered() == "success"
    assert (night.run.tries(TASK), len(night.inbox.requests)) == (4, requests)
    assert night.acknowledged() == ["braze/catalog.csv", "braze/users.csv", "crm/crm.manifest.json", "crm/offers.csv"]
    assert {path: path.stat().st_mtime_ns for path in night.share.rglob("*") if path.is_file()} == in_folder
    assert digests(night.shop) == published
