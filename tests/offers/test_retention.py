"""What is kept of old nights: what a pilot drew by, what somebody was offered, and who was held back."""

from datetime import timedelta
from pathlib import Path

from offers import retention
from tests.offers.small_shop import NIGHT, fill, run_of, shop

# Evidence reaches 180 days back, and nights of the last 220 days may run again.
OLD, YOUNG = NIGHT - timedelta(days=401), NIGHT - timedelta(days=400)


def test_old_nights_keep_pilots_offers_and_control_groups(tmp_path: Path) -> None:
    decided = [
        {"business_date": night, "customer_id": customer, "group_name": group, "offer_id": offer}
        for night in (OLD, YOUNG)
        for customer, group, offer in (
            ("drawn", "pilot", None),
            ("given", "choose", "mug"),
            ("held", "control", None),
            ("nothing", "choose", None),
            ("out", "excluded", None),
        )
    ]
    chances = [
        {"business_date": night, "customer_id": customer, "offer_id": "mug", "pilot_share": share}
        for night in (OLD, YOUNG)
        for customer, share in (("drawn", 0.5), ("given", None), ("nothing", 0.5))
    ]
    with shop({}) as warehouse:
        fill(warehouse, retention.DECISIONS, decided)
        fill(warehouse, retention.PROPENSITIES, chances)
        retention.prune(warehouse, run_of(tmp_path))

        left = [
            warehouse.rows(
                f"select business_date = $old, string_agg(customer_id, ' ' order by customer_id) from {address} "
                "group by all order by all",
                {"old": OLD},
            )
            for address in (retention.DECISIONS, retention.PROPENSITIES)
        ]

    assert left == [
        [(False, "drawn given held nothing out"), (True, "drawn given held")],
        [(False, "drawn given nothing"), (True, "drawn")],
    ]
