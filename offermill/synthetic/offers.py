"""What the offers of a catalogue mean to the demo customers: read from the shop's own rules."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow.parquet as pq

from offermill import paths, yamlfile
from offermill.errors import InputError
from offermill.synthetic.assortment import CATEGORY_IDS
from offers import catalogue, schema
from offers.offer import Offer as CatalogueOffer
from offers.offer import TargetItem

EXAMPLE = paths.ROOT / "shop" / "offers.yml"
DIGITS = 2  # the demo shop's currency has cents
_ANY_NIGHT = date(2000, 1, 1)  # what an offer means does not depend on it


@dataclass(frozen=True, order=True)
class Offer:
    """One offer: ``pct`` off the basket or a category, or ``value_minor`` of points, delivery, a gift or money."""

    offer_id: str
    kind: str
    pct: int = 0
    category: int = -1
    value_minor: int = 0
    threshold_minor: int = 0
    cap_minor: int = 0  # 0 = none
    points: int = 0
    worth_minor: int = 0  # to the customer, where that is not what they are moved by; 0 = as value_minor


@dataclass(frozen=True)
class Menu:
    """Offers by id, as one catalogue means them."""

    offers: Mapping[str, Offer]

    def offer(self, offer_id: str) -> Offer:
        """The offer of an id; raises ``InputError`` for an id that is not in the catalogue."""
        if offer_id not in self.offers:
            raise InputError(
                f"offer {offer_id!r} is not in the catalogue that the demo customers know."
                f"{yamlfile.nearest(offer_id, self.offers)} It has {len(self.offers)}, such as "
                f"{', '.join(sorted(self.offers)[:3])}."
            )
        return self.offers[offer_id]

    @classmethod
    def of_shop(cls, folder: Path) -> "Menu":
        """The offers that a shop's offers.yml makes, of every category; the example's where the shop has none."""
        path = folder / "offers.yml"
        rules = yamlfile.validate(schema.Catalogue, path if path.is_file() else EXAMPLE)
        targets = [_targets(template.target) for template in rules.templates]
        made = catalogue.expand(rules, targets, night=_ANY_NIGHT, digits=DIGITS)
        return cls.of_rows(_row(offer) for offer in made)

    @classmethod
    def of_file(cls, path: Path) -> "Menu":
        """The offers of a published catalogue: a Parquet file with the columns of offers.catalogue."""
        return cls.of_rows(pq.read_table(path).to_pylist())

    @classmethod
    def of_rows(cls, rows: Iterable[Mapping[str, Any]]) -> "Menu":
        """Offers from rows of offers.catalogue; those that the customers would not understand are left out."""
        understood = (_meaning(row) for row in rows)
        return cls(MappingProxyType({offer.offer_id: offer for offer in understood if offer is not None}))


def _targets(target: schema.Target) -> tuple[TargetItem, ...]:
    if target.kind == "basket":
        return (TargetItem(),)
    ids = target.ids or (CATEGORY_IDS if target.kind == "category" else ())
    return tuple(TargetItem(target.kind, each, each) for each in ids)


def _row(offer: CatalogueOffer) -> dict[str, Any]:
    names = ("offer_id", "kind", "depth_pct", "max_cost_minor", "customer_value_minor", "threshold_minor", "points")
    target = {"target_kind": offer.target.kind, "target_id": offer.target.target_id}
    return {**{name: getattr(offer, name) for name in (*names, "max_discount_minor")}, **target}


def _meaning(row: Mapping[str, Any]) -> Offer | None:
    """The offer as customers take it: they value a gift by what it costs, a delivery by the fee they save."""
    is_category = row["target_kind"] == "category"
    if row["target_kind"] == "product" or (is_category and row["target_id"] not in CATEGORY_IDS):
        return None
    if is_category and row["kind"] != "percent":
        return None
    worth = row["customer_value_minor"] if row["kind"] == "delivery" else row["max_cost_minor"]
    is_share = row["kind"] == "percent"
    return Offer(
        row["offer_id"],
        "category" if is_category else row["kind"],
        pct=row["depth_pct"] or 0,
        category=CATEGORY_IDS.index(row["target_id"]) if is_category else -1,
        value_minor=0 if is_share else worth,
        threshold_minor=row["threshold_minor"] or 0,
        cap_minor=row["max_discount_minor"] or 0,
        points=row.get("points") or 0,
        worth_minor=row["customer_value_minor"] if row["kind"] == "gift" else 0,
    )
