"""The step deliver.send, and `offermill deliver`, which sends again what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from offermill import night, settings, yamlfile
from offermill.errors import ConfigError
from offermill.paths import ShopPaths
from offermill.run import Run
from offermill.settings import Settings
from offermill.settings_delivery import DeliverySettings
from offermill.warehouse import Warehouse
from offers.channels import last_check, late
from offers.delivery import errand, journal, settling, table
from offers.delivery.errand import Errand
from offers.delivery.journal import Journal
from offers.delivery.sending import Outcome

_FINE = ("delivered", "recognised", "before", "missing", "withheld")


@dataclass(frozen=True)
class Report:
    """What a delivery did: the edition and an outcome per file."""

    shop: Path
    edition: str
    outcomes: Sequence[Outcome]
    overdue: Sequence[str] = ()

    @property
    def failed(self) -> list[Outcome]:
        """Return the files that did not arrive."""
        return [outcome for outcome in self.outcomes if outcome.result not in _FINE]

    @property
    def message(self) -> str:
        """Return what went wrong, for people; empty when nothing did."""
        if not self.failed:
            return ""
        again = f"bin/offermill deliver --shop {self.shop} --date {self.edition[:10]}"
        lines = [_failure(outcome) for outcome in self.failed]
        return "\n".join(
            [
                f"{self.edition}: {len(self.failed)} of {len(self.outcomes)} files did not reach their target; the "
                "publication stands, what arrived is not sent again.",
                *lines,
                f"Mend the cause, then send what is missing: {again}",
            ]
        )

    def as_dict(self) -> dict[str, object]:
        """Return the report as plain values."""
        files = [
            {
                "block": outcome.parcel.block,
                "file": outcome.parcel.file,
                "result": outcome.result,
                "rows": outcome.parcel.rows,
                "bytes": outcome.parcel.size,
                "withheld": dict(outcome.parcel.withheld),
                "attempts": outcome.attempts,
                "place": outcome.place,
                "why": outcome.why,
                "advice": outcome.advice,
            }
            for outcome in self.outcomes
        ]
        return {
            "edition": self.edition,
            "files": files,
            "overdue": list(self.overdue),
            "error": self.message or None,
        }

    def counts(self) -> dict[str, object]:
        """Return the summary of the step."""
        results = [outcome.result for outcome in self.outcomes]
        counted: dict[str, object] = {name: results.count(name) for name in ("delivered", "recognised", "before")}
        withheld = sum(rows for outcome in self.outcomes for _, rows in outcome.parcel.withheld)
        failed = {"failed_deliveries": len(self.failed), "message": self.message} if self.failed else {}
        overdue = {"overdue": "; ".join(self.overdue)} if self.overdue else {}
        return {"edition": self.edition, **counted, "withheld_rows": withheld, **overdue, **failed}


def _failure(outcome: Outcome) -> str:
    tries = f", attempt {outcome.attempts}" if outcome.attempts else ""
    file = f"{outcome.parcel.block}: {outcome.parcel.file or 'all files'}{tries}"
    return f"  {file}: {outcome.why.rstrip('.')}. {_sentence(outcome.advice)}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def send(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Bring the published files of every block of channels with `delivery` to its target, each once.

    Files that did not arrive make the step fail at its end; the publication stands, and running again sends only them.
    """
    blocks = _blocks(run.settings, None)
    if not blocks:
        return {"result": "no block of channels has `delivery`: nothing to send"}
    report = _deliver(warehouse, run, blocks)
    return report.counts()


def deliver(
    folder: Path, day: date, block: str | None = None, *, is_rehearsal: bool = False, settled: str | None = None
) -> Report:
    """Send what is missing of a date's newest edition, by the delivery settings as they stand in shop.yml now.

    Args:
        settled: `FILE=arrived` or `FILE=lost`, noted first: what somebody found at the block's target.

    Raises:
        ConfigError: the block is not known, or has no `delivery`; `settled` says nothing that can be noted.
        PublishError: nothing is published for the date.
        DeliveryError: the log was changed, another process is delivering, or there is nothing to settle.
    """
    blocks = _blocks(settings.load(ShopPaths(folder).settings), block)
    said = settling.read(settled, block, blocks.get(block or ""), is_rehearsal=is_rehearsal) if settled else None
    with night.only_run(folder):
        run = Run.of_snapshot(folder, day)
        with Warehouse.open(run.shop.warehouse) as warehouse, warehouse.transaction():
            return _deliver(warehouse, run, blocks, is_rehearsal=is_rehearsal, said=said)


def _blocks(chosen: Settings, only: str | None) -> Mapping[str, DeliverySettings]:
    """Return the blocks that are delivered, or the one that is asked for."""
    found = {name: block.delivery for name, block in chosen.channels.items() if block.delivery is not None}
    if only is None:
        return found
    if only not in chosen.channels:
        known = list(chosen.channels)
        raise ConfigError(f"--block {only}: shop.yml has no such block of channels.{yamlfile.nearest(only, known)}")
    if only not in found:
        raise ConfigError(f"--block {only}: channels.{only} has no `delivery` in shop.yml; somebody fetches its files.")
    return {only: found[only]}


def _deliver(
    warehouse: Warehouse,
    run: Run,
    blocks: Mapping[str, DeliverySettings],
    *,
    is_rehearsal: bool = False,
    said: settling.Said | None = None,
) -> Report:
    edition = errand.newest_edition(run)
    check = partial(last_check.forbidden, reader=late.Reader())
    asked = Errand(run, edition, blocks, check, is_rehearsal=is_rehearsal)
    with Journal.open(run.shop.state) as log:
        if said is not None:
            settling.settle(log, edition, said, asked.clock.now())
        overdue = errand.overdue(run, edition, blocks, log, asked.clock.now().date())
        outcomes = errand.perform(warehouse, asked, log)
    if not is_rehearsal:
        table.write(warehouse, journal.read(run.shop.state))
    return Report(run.shop.folder, edition, outcomes, overdue)
