"""Which segments every customer was in, night by night: what tonight is compared with."""

from offermill.run import Run
from offermill.warehouse import Warehouse

CREATE = """
create table if not exists segments.history (
    business_date date, customer_id varchar, family varchar, segment varchar
)
"""

INSERT = """
insert into segments.history
select $business_date, customer_id, family, segment
from segments.membership
order by customer_id, family
"""


def store(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Keep tonight's memberships; a night that runs again replaces its own and touches no other."""
    warehouse.execute(CREATE)
    warehouse.execute("delete from segments.history where business_date = $business_date", run.parameters)
    warehouse.execute(INSERT, run.parameters)
    kept = "select count(*) from segments.history where business_date = $business_date"
    nights = "select count(distinct business_date) from segments.history"
    return {"memberships": warehouse.value(kept, run.parameters), "nights": warehouse.value(nights)}
