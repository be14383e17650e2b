"""What an offer id means to the demo customers."""

import re
from dataclasses import dataclass
from functools import lru_cache

from offermill.errors import InputError
from offermill.synthetic.assortment import CATEGORY_IDS

PATTERNS = (
    (re.compile(r"basket-percent-(?P<pct>\d{1,2})"), "percent"),
    (re.compile(r"category-percent-(?P<pct>\d{1,2})-(?P<category>[a-z]+)"), "category"),
    (re.compile(r"points-(?P<points>\d+)"), "points"),
    (re.compile(r"free-delivery"), "delivery"),
    (re.compile(r"amount-(?P<units>\d+)-off-(?P<threshold>\d+)"), "amount"),
    (re.compile(r"gift-[a-z]+"), "gift"),
)
FEE_MINOR = 399  # what the customer saves by a free delivery
GIFT_MINOR, GIFT_FROM_MINOR = 240, 2_500  # what the gift costs, and the purchase it takes
CAP_MINOR = {"percent": 2_000, "category": 1_000}  # a percentage takes off no more than this
KNOWN = "basket-percent-05, category-percent-20-coffee, points-500, free-delivery, amount-5-off-40, gift-mug"


@dataclass(frozen=True)
class Offer:
    """One offer: ``pct`` off the basket or a category, or ``value_minor`` of points, delivery, a gift or money."""

    offer_id: str
    kind: str
    pct: int = 0
    category: int = -1
    value_minor: int = 0
    threshold_minor: int = 0
    cap_minor: int = 0  # 0 = none


@lru_cache(maxsize=1024)
def parse(offer_id: str) -> Offer:
    """The offer of an id; raises ``InputError`` for an id that the demo customers do not understand."""
    for pattern, kind in PATTERNS:
        found = pattern.fullmatch(offer_id)
        if found and found.groupdict().get("category", CATEGORY_IDS[0]) in CATEGORY_IDS:
            return _offer(offer_id, kind, found.groupdict())
    raise InputError(f"offer {offer_id!r} is unknown to the demo shop; expected ids like {KNOWN}")


def _offer(offer_id: str, kind: str, parts: dict[str, str]) -> Offer:
    worth = {"points": int(parts.get("points", 0)), "delivery": FEE_MINOR, "gift": GIFT_MINOR}
    return Offer(
        offer_id,
        kind,
        pct=int(parts.get("pct", 0)),
        category=CATEGORY_IDS.index(parts["category"]) if "category" in parts else -1,
        value_minor=worth.get(kind, int(parts.get("units", 0)) * 100),
        threshold_minor=GIFT_FROM_MINOR if kind == "gift" else int(parts.get("threshold", 0)) * 100,
        cap_minor=CAP_MINOR.get(kind, 0),
    )
