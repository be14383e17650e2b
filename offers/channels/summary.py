"""The night in a few figures, kept in the manifest: who was offered what, at what cost of which budget, checked how."""

from offermill.run import Run
from offermill.warehouse import Warehouse

GROUPS = """
select group_name, count(*), count(offer_id)
from offers.decision
group by group_name
order by group_name
"""

MONEY = """
select cap_minor, used_before_minor, expected_minor, worst_minor, period
from offers.budget
order by limit_name
"""

CHECKS = """
select count(*), count(*) filter (where not is_success)
from meta.check_result
where business_date = $business_date
"""

CHOICE = "select value_minor, upper_bound_minor, gap_share from offers.allocation_summary"


def figures(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Return the night's figures: people and offers by group, the budget, the choice's gap, the checks."""
    people = {name: {"people": people, "offers": offers} for name, people, offers in warehouse.rows(GROUPS)}
    checks, broken = warehouse.rows(CHECKS, run.parameters)[0]
    budgets = [
        dict(zip(("cap_minor", "used_before_minor", "expected_minor", "worst_minor", "period"), row, strict=True))
        for row in warehouse.rows(MONEY)
    ]
    choice = [
        dict(zip(("value_minor", "upper_bound_minor", "gap_share"), row, strict=True)) for row in warehouse.rows(CHOICE)
    ]
    return {
        "groups": people,
        "budgets": budgets,
        "choice": choice[0] if choice else None,
        "checks": {"made": checks, "broken": broken},
    }
