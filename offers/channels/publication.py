"""The step publish.exports: every file that leaves the house tonight, staged, with its manifest last."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from offermill import datapackage, publish
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers import approval
from offers.channels import audit, crm_csv, handover, last_check, promised, segment_lists, summary, withdrawals


def input_hash(folder: Path) -> str:
    """Return one hash over the manifest of inputs: files, sizes, contents, rows."""
    return datapackage.sha256(folder / audit.FOLDER / audit.INPUTS.name)


def _catalogue_hash(run: Run) -> str:
    return hashlib.sha256(run.catalogue.read_bytes() if run.catalogue.is_file() else b"").hexdigest()


def _facts(run: Run, folder: Path, offers: datapackage.Resource) -> dict[str, object]:
    return {
        "edition": publish.edition(run),
        "run_id": run.run_id,
        "shop": run.settings.shop.id,
        "business_date": run.business_date.isoformat(),
        "config_hash": run.config_hash,
        "catalogue_hash": _catalogue_hash(run),
        "input_hash": input_hash(folder),
        "currency": run.settings.shop.currency,
        "currency_digits": run.settings.shop.currency_digits,
        "offer_count": offers.rows,
        "money_minor": dict(offers.money),
    }


def write(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Step publish.exports: check at the last moment what may leave, then stage it.

    Raises:
        GateError: somebody has not signed the catalogue, or consents are missing or too old.
        InputError: a file that arrived since the night was loaded cannot be read.
        OffermillError: see `stage`.
    """
    signatures = approval.require(run)
    last_check.refresh(warehouse, run)
    return stage(warehouse, run, signatures)


def stage(warehouse: Warehouse, run: Run, signatures: Sequence[Mapping[str, object]] = ()) -> dict[str, object]:
    """Stage lists, segment files, audit files and the data package, of what offers.allowed_message holds.

    Raises:
        ConfigError: a block of channels names a target that is not there, or what it lacks.
        PublishError: a decision would be lost, or a segment cannot name a file.
    """
    folder = publish.staging(run, "exports")
    offers = crm_csv.write(warehouse, run, folder)
    resources = [offers, *segment_lists.write(warehouse, run, folder), *audit.write(warehouse, run, folder)]
    resources += withdrawals.write(warehouse, run, folder)
    resources += promised.write(warehouse, run, folder)
    channels = handover.write(warehouse, run, folder)
    resources += channels.resources
    facts = {**_facts(run, folder, offers), "shop_name": run.settings.shop.name, **summary.figures(warehouse, run)}
    facts |= {"channels": channels.facts, "signatures": list(signatures)}
    title = f"Offers of {run.settings.shop.name} for {run.business_date}"
    datapackage.write(folder, f"{run.settings.shop.id}-{facts['edition']}", title, resources, facts)
    return {
        "edition": facts["edition"],
        "offers": offers.rows,
        "files": len(resources) + 1,
        **offers.money,
        **_alerts(channels),
    }


def _alerts(channels: handover.Handover) -> dict[str, object]:
    """Return which blocks stopped and how many records others left out; nothing when all were written whole."""
    stopped = {name: facts["stopped"] for name, facts in channels.facts.items() if "stopped" in facts}
    left_out = sum(resource.rows for resource in channels.resources if resource.path == handover.LEFT_OUT)
    told = {"stopped_blocks": "; ".join(f"{name}: {why}" for name, why in stopped.items())} if stopped else {}
    return {**told, **({"left_out_records": left_out} if left_out else {})}
