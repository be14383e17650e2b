"""The night in a few figures, kept in the manifest: who was offered what at what cost, who was left out."""

from offermill.run import Run
from offermill.warehouse import Warehouse

GROUPS = """
select group_name, count(*), count(offer_id)
from offers.decision
group by group_name
order by group_name
"""

MONEY = """
select
    limit_name, counted, period, cap_minor, used_before_minor, expected_minor, worst_minor, overspend_chance,
    cap_count, used_before_count, given_count
from offers.budget
order by limit_name <> 'budget', limit_name
"""

CHECKS = """
select count(*), count(*) filter (where not is_success)
from meta.check_result
where business_date = $business_date
"""

CHOICE = "select value_minor, upper_bound_minor, gap_share from offers.allocation_summary"

OVERDUE = "select count(*), coalesce(sum(owed_minor), 0) from outcomes.overdue_credit"
UNPROMISED = "select count(*), coalesce(sum(credited_minor), 0) from outcomes.unpromised_credit"

LEFT_OUT = """
select rule, customer_count, alone_count, estimated_count, kept_count, saved_cost_minor, forgone_margin_minor
from offers.left_out
order by rule
"""

HELD_BACK = "select rule, count(*) from offers.message_verdict group by rule order by rule"


def figures(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Return the night's figures: people and offers by group, the budget, the choice's gap, the checks."""
    people = {name: {"people": people, "offers": offers} for name, people, offers in warehouse.rows(GROUPS)}
    checks, broken = warehouse.rows(CHECKS, run.parameters)[0]
    budgets = [
        {name: value for name, value in row.items() if value is not None} for row in warehouse.arrow(MONEY).to_pylist()
    ]
    choice = [
        dict(zip(("value_minor", "upper_bound_minor", "gap_share"), row, strict=True)) for row in warehouse.rows(CHOICE)
    ]
    names = ("people", "alone", "estimated", "would_get", "saved_cost_minor", "forgone_margin_minor")
    left_out = {rule: dict(zip(names, row, strict=True)) for rule, *row in warehouse.rows(LEFT_OUT)}
    return {
        "groups": people,
        "left_out": left_out,
        "budgets": budgets,
        "choice": choice[0] if choice else None,
        "held_back": dict(warehouse.rows(HELD_BACK)),
        "checks": {"made": checks, "broken": broken},
        **_promises(warehouse),
    }


def _promises(warehouse: Warehouse) -> dict[str, object]:
    """Return what is owed and what was credited without a promise; nothing when the night did not ask."""
    asked = {"overdue_credits": OVERDUE, "unpromised_credits": UNPROMISED}
    if not warehouse.exists("outcomes.overdue_credit"):
        return {}
    found = {name: warehouse.rows(sql)[0] for name, sql in asked.items()}
    return {name: {"count": int(count), "minor": int(minor)} for name, (count, minor) in found.items()}
