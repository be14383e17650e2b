"""The offers of the literal night: the catalogue, who gets what and who is left out, the budget and its ledger."""

from datetime import date

from offermill.warehouse import Warehouse
from tests.literal_tables import DAY, OFFERS, Row, customer_ids, make


def _offer(offer: str, number: int) -> Row:
    return {
        "offer_id": offer,
        "template_id": "basket-percent",
        "campaign_id": "summer",
        "kind": "percent",
        "target_kind": "basket",
        "depth_pct": 10,
        "valid_from": date(2026, 7, 1),
        "valid_until": date(2026, 7, 14),
        "channels": "email",
        "max_cost_minor": 500,
        "customer_value_minor": 305 + number,
        "text_en": f"Buy for 40.00, get {offer}.",
        "text_lv": f"Pērc par 40.00, saņem {offer}.",
        "text_ru": f"Купи на 40.00, получи {offer}.",
        "use_en": "Show the code.",
        "use_lv": "Uzrādi kodu.",
        "use_ru": "Покажи код.",
        "terms_lv": "Vienreiz.",
        "terms_url_lv": "https://shop.example/lv",
        "catalogue_hash": "c" * 64,
    }


def _decision(index: int, customer: str) -> Row:
    group = (
        "choose",
        "choose",
        "explore",
        "global_control",
        "control",
        "excluded",
        "choose",
        "choose",
        "choose",
        "choose",
    )[index % 10]
    is_given = group in ("choose", "explore")
    row: Row = {
        "customer_id": customer,
        "group_name": group,
        "propensity": 0.85,
        "value_minor": 0,
        "cost_minor": 0,
        "worst_cost_minor": 0,
        "baseline_chance": 0.3,
        "evidence": "model",
        "reason": "chosen" if is_given else "held_back",
        "is_randomised": not is_given,
    }
    if not is_given:
        return row
    return row | {
        "offer_id": OFFERS[0 if index < 30 else 1 if index < 37 else 2],
        "campaign_id": "summer",
        "wave_id": "summer:2026-06-30",
        "channel": "email",
        "value_minor": 150 + index,
        "cost_minor": 80 + index,
        "worst_cost_minor": 500,
        "code": f"CODE{index:04}",
        "valid_from": date(2026, 7, 1),
        "valid_until": date(2026, 7, 14),
    }


def decisions() -> list[Row]:
    """Return what everybody gets on each of the nights."""
    return [_decision(index, customer) for index, customer in enumerate(customer_ids())]


def fill(warehouse: Warehouse) -> None:
    """Write the catalogue, the decisions, and what they cost."""
    decided = decisions()
    make(warehouse, "offers.catalogue", [_offer(offer, number) for number, offer in enumerate(OFFERS)])
    make(warehouse, "offers.decision", decided)
    history = [
        row | {"business_date": day}
        for row in decided
        for day in (date(2026, 6, 28), date(2026, 6, 29), DAY, date(2026, 7, 1))
    ]
    make(warehouse, "offers.decision_history", history)
    make(
        warehouse,
        "offers.candidate",
        [
            {"customer_id": one, "offer_id": OFFERS[0], "campaign_id": "summer", "channel": "email"}
            for one in customer_ids()
        ],
    )
    log = [
        {"customer_id": one, "offer_id": OFFERS[0], "business_date": DAY, "offer_propensity": 0.5}
        for one in reversed(customer_ids())
    ]
    make(warehouse, "offers.decision_log", log)
    rules = [
        {"customer_id": one, "rule": "no_consent", "reason": "No consent.", "scope": "*"} for one in customer_ids()[:8]
    ]
    rules += [
        {"customer_id": one, "offer_id": OFFERS[1], "rule": "minor", "reason": "Born later.", "scope": OFFERS[1]}
        for one in customer_ids()[:2]
    ]
    make(warehouse, "offers.exclusion", rules)
    make(warehouse, "offers.left_out", _left_out())
    _money(warehouse, sum(row["cost_minor"] for row in decided))


def _left_out() -> list[Row]:
    estimated = {"alone_count": 7, "estimated_count": 6, "kept_count": 5}
    unknown = {"is_total": False, "customer_count": 2, "alone_count": 2, "estimated_count": 0}
    money = {"saved_cost_minor": 1234, "forgone_margin_minor": 2345}
    return [
        {"rule": "no_consent", "is_total": True, "customer_count": 8, **estimated, **money},
        {"rule": "minor", **unknown},
        {"rule": "strategic", "is_total": True, "customer_count": 6, "alone_count": 6, "estimated_count": 0},
    ]


def _money(warehouse: Warehouse, cost: int) -> None:
    budget = {
        "limit_name": "budget",
        "counted": "money",
        "period": "night",
        "risk": "expected",
        "overspend_chance": 0.25,
        "cap_minor": 500_000,
        "used_before_minor": 120_000,
        "expected_minor": cost,
        "worst_minor": 15_000,
        "left_minor": 380_000 - cost,
    }
    make(
        warehouse,
        "offers.budget",
        [
            budget,
            budget | {"limit_name": "gift-mug", "cap_minor": 200_000, "left_minor": 80_000 - cost},
            {
                "limit_name": "mail",
                "counted": "contacts",
                "period": "week",
                "cap_count": 50,
                "used_before_count": 20,
                "available_count": 30,
                "given_count": 24,
                "left_count": 6,
                "at_least": 25,
                "missing_to_minimum": 1,
            },
        ],
    )
    _ledger(warehouse)
    _summary(warehouse)


def _summary(warehouse: Warehouse) -> None:
    make(
        warehouse,
        "offers.allocation_summary",
        [
            {
                "business_date": DAY,
                "value_minor": 4000,
                "waiting_minor": 0,
                "upper_bound_minor": 4010,
                "gap_share": 10 / 4010,
                "shadow_price": 0.0,
                "candidate_count": 90,
                "chosen_count": 24,
                "explored_count": 4,
                "piloted_count": 0,
            }
        ],
    )


def _ledger(warehouse: Warehouse) -> None:
    pool = {
        "limit_name": "budget",
        "period_on": DAY,
        "counted": "money",
        "cap": 500_000,
        "opening_reserved": 0,
        "opening_posted": 0,
        "reserved": 9000,
        "posted": 0,
        "released": 0,
        "reversed": 0,
        "closing_reserved": 9000,
        "closing_posted": 0,
        "closing_overrun": 0,
    }
    before = {"period_on": date(2026, 6, 29), "opening_reserved": 7000, "reserved": 0, "posted": 1500, "released": 500}
    after = {"closing_reserved": 5000, "closing_posted": 1500, "closing_overrun": 250}
    make(warehouse, "offers.trial_balance", [pool, pool | before | after])
    checked = {
        "wave_id": "summer:2026-06-29",
        "offer_id": OFFERS[0],
        "customer_count": 12,
        "redemption_count": 3,
        "due_minor": 1000,
        "actual_minor": 1500,
        "actual_squared": 250_000.0,
    }
    make(warehouse, "offers.redemption_check", [checked, checked | {"offer_id": OFFERS[1], "customer_count": 7}])
    stray = {"offer_id": OFFERS[0], "discount_minor": 250, "why": "after_validity", "is_booked": False}
    twice = {"offer_id": OFFERS[1], "discount_minor": 100, "why": "redeemed_twice", "is_booked": True}
    redeemed = [stray | {"customer_id": one} for one in customer_ids()[:7]]
    redeemed += [
        twice | {"customer_id": one} for one in (*customer_ids()[20:24], customer_ids()[24], customer_ids()[24])
    ]
    numbered = [row | {"redemption_id": f"d{number:02}"} for number, row in enumerate(redeemed)]
    make(warehouse, "offers.unmatched_redemption", numbered)
    make(warehouse, "offers.cost_factor", [{"offer_id": OFFERS[0], "cost_factor": 1.25}])
