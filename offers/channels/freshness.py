"""Whether what people said is known, and lately enough, for anything to leave."""

from datetime import date

from offermill.errors import GateError
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers.channels import registry

_NEWEST = """
    select max(delivered_on) from meta.delivery
    where source = $source and not is_history and delivered_on <= $business_date
"""
_BY_ADDRESS = "select count(*) from offers.message where offer_status = 'offered' and channel in ('email', 'sms')"
_NEWEST_WORDS = {
    "consents": "select max(cast(recorded_at as date)) from core.consent where recorded_at < $as_of",
    "suppressions": "select max(cast(suppressed_at as date)) from core.suppression where suppressed_at < $as_of",
}


def require(warehouse: Warehouse, run: Run) -> None:
    """Refuse to go on without consents or suppressions, or with some older than the settings allow.

    Raises:
        GateError: names the source, its newest delivery and what to do.
    """
    settings = run.settings.last_check
    newest = _newest(warehouse, run, "consents")
    if newest is None:
        raise GateError(
            "landing/consents: no consents were ever delivered, so nobody may be told anything, and nothing leaves. "
            f"Deliver consents for {run.business_date} and run again."
        )
    _require_young(run, "consents", newest, settings.consent_days_max, "consent_days_max")
    if settings.has_suppression_list:
        _require_suppressions(warehouse, run)


def _require_suppressions(warehouse: Warehouse, run: Run) -> None:
    newest = _newest(warehouse, run, "suppressions")
    if newest is not None:
        _require_young(
            run, "suppressions", newest, run.settings.last_check.suppression_days_max, "suppression_days_max"
        )
    elif not _is_delivered(warehouse, "suppressions") and _tells_by_address(warehouse, run):
        raise GateError(
            "landing/suppressions: no list of people whom nobody may tell anything was ever delivered, so nobody knows "
            "whom e-mails, text messages and ads must not reach, and nothing leaves. Deliver `suppressions` (a header "
            "alone when the list is empty), or write `last_check: {has_suppression_list: false}` into shop.yml if this "
            "shop keeps none."
        )


def _tells_by_address(warehouse: Warehouse, run: Run) -> bool:
    """Tell whether something leaves tonight to an e-mail address or a telephone, or to ads that match them."""
    has_ads = any(registry.targets()[block.target].is_audience for block in run.settings.channels.values())
    return has_ads or bool(warehouse.value(_BY_ADDRESS))


def _is_delivered(warehouse: Warehouse, source: str) -> bool:
    known = warehouse.exists("meta.delivery")
    return known and bool(
        warehouse.value("select count(*) from meta.delivery where source = $source", {"source": source})
    )


def _newest(warehouse: Warehouse, run: Run, source: str) -> date | None:
    """Return the day of the newest delivery, or of the newest word of the first load."""
    parameters = {**run.parameters, "source": source}
    known = warehouse.exists("meta.delivery")
    delivered = warehouse.value(_NEWEST, parameters) if known else None
    found: date | None = delivered or warehouse.value(_NEWEST_WORDS[source], parameters)
    return found


def _require_young(run: Run, source: str, newest: date, most: int, key: str) -> None:
    age = (run.business_date - newest).days
    if age > most:
        raise GateError(
            f"landing/{source}: the newest {source} are of {newest}, {age} days before {run.business_date}; nothing "
            f"leaves on {source} older than {most} days (last_check.{key}). Deliver them and run again."
        )
