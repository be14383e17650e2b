"""How long the log of the nights is kept: what no night or training that may still be run can read goes."""

from offermill.run import Run
from offermill.warehouse import Warehouse
from offers import tables

DECISIONS, PROPENSITIES = "offers.decision_history", "offers.propensity_history"

_OLD = "business_date < $business_date - cast($models_evidence_days as integer) - cast($history_rerun_days as integer)"

# A pilot's report weighs everybody drawn by what their lot could name, however long ago.
_PRUNE_PROPENSITIES = f"""
    delete from {PROPENSITIES} as history
    where {_OLD} and not (coalesce(history.pilot_share, 0) > 0 and exists (
        select 1 from {DECISIONS} as decisions
        where decisions.business_date = history.business_date
            and decisions.customer_id = history.customer_id
            and decisions.group_name = 'pilot'
    ))
"""

# What somebody was offered is asked for ever (only_after, never_with), and so are pilots; a ramp sets its offers beside
# the control groups of all its nights.
_PRUNE_DECISIONS = f"""
    delete from {DECISIONS}
    where {_OLD} and offer_id is null and group_name not in ('pilot', 'control', 'global_control')
"""


def prune(warehouse: Warehouse, run: Run) -> None:
    """Delete chances, and decisions for nothing, of nights too old to be evidence for any night that may run again.

    A night reads draws of the `models.evidence_days` before it, and may be run again for `history.rerun_days`.
    """
    for address in (DECISIONS, PROPENSITIES):
        tables.create_if_missing(warehouse, address)
    for statement in (_PRUNE_PROPENSITIES, _PRUNE_DECISIONS):
        warehouse.execute(statement, run.parameters)
