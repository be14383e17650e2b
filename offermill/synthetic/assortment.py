"""What the demo shop sells and where: 15 categories, 400 products, 25 stores and a web shop, shelf promotions."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from offermill.synthetic.arrays import Floats, Ints, blanked, cents, decimals, generator, picked
from offermill.synthetic.clock import day_number

# id, name, mean price, cost share, popularity, month of the peak, strength of the season
CATEGORIES = (
    ("coffee", "Coffee and tea", 8.5, 0.60, 1.5, 12, 0.15),
    ("chocolate", "Chocolate", 4.2, 0.55, 1.5, 12, 0.45),
    ("wine", "Wine", 11.0, 0.66, 1.0, 12, 0.30),
    ("grocery", "Delicacies", 6.5, 0.68, 1.3, 12, 0.20),
    ("cleaning", "Cleaning", 7.0, 0.62, 1.2, 4, 0.20),
    ("skincare", "Skin care", 14.0, 0.48, 1.1, 1, 0.10),
    ("haircare", "Hair care", 9.0, 0.52, 1.0, 6, 0.05),
    ("vitamins", "Vitamins", 16.0, 0.50, 0.8, 11, 0.35),
    ("baby", "Baby care", 15.0, 0.70, 0.6, 3, 0.02),
    ("pets", "Pet food", 13.0, 0.72, 0.9, 2, 0.02),
    ("kitchen", "Kitchenware", 19.0, 0.55, 0.7, 11, 0.20),
    ("textiles", "Home textiles", 22.0, 0.52, 0.5, 10, 0.20),
    ("toys", "Toys", 17.0, 0.58, 0.6, 12, 0.80),
    ("books", "Books and stationery", 9.5, 0.63, 0.7, 9, 0.50),
    ("garden", "Garden", 12.0, 0.60, 0.5, 5, 0.90),
)
CATEGORY_IDS = tuple(row[0] for row in CATEGORIES)
WINE, CHOCOLATE = CATEGORY_IDS.index("wine"), CATEGORY_IDS.index("chocolate")
CITIES = (
    ("Rīga", 8), ("Daugavpils", 2), ("Liepāja", 2), ("Jelgava", 2), ("Jūrmala", 2), ("Ventspils", 1), ("Rēzekne", 1),
    ("Valmiera", 1), ("Jēkabpils", 1), ("Ogre", 1), ("Tukums", 1), ("Cēsis", 1), ("Salaspils", 1), ("Sigulda", 1),
)  # fmt: skip
STORE_CITIES = tuple(city for city, count in CITIES for _ in range(count))
WEB = len(STORE_CITIES)
STORE_IDS = (*(f"s{number:02d}" for number in range(1, WEB + 1)), "web")
PRODUCTS = 400
BRANDS = ("Dzintars", "Baltā Bura", "Rudens", "Ziemeļi", "Upe", "Lapsa", "Saule", "Northwind", "Old Mill", "Берёзка")
WORDS = ("Classic", "Family", "Mini", "Premium", "Daily", "Eco", "Gift", "Strong", "Light", "Original")
SLOTS = 2  # categories on shelf promotion in one week
CLEARANCE_PCT = 60
QUANTITY_SHARES = (0.80, 0.15, 0.05)  # one, two, three pieces
MEAN_QUANTITY = 1.25
WEEKS_FROM = date(2024, 1, 1)  # a Monday before any shop starts
WEEKS = 400


@dataclass(frozen=True)
class Assortment:
    """Products in category order with prices in minor units, and the weeks' promotions; arrays by index."""

    category: Ints
    price: Ints
    cost: Ints
    is_cost_known: NDArray[np.bool_]
    brand: Ints
    cumulative: Floats  # category + popularity up to and including the product, for drawing inside a category
    share: Floats  # popularity inside the category
    season: Floats  # (12, categories) popularity of categories by month
    promoted: Ints  # (weeks, SLOTS) categories on promotion
    promoted_pct: Ints  # (weeks, categories) shelf discount, 0 = none
    clearance: Ints  # (weeks,) category on clearance

    def draw_product(self, category: Ints, unit: Floats) -> Ints:
        """A product of the category by popularity; ``unit`` is uniform in [0, 1)."""
        return np.searchsorted(self.cumulative, category + unit, side="right").astype(np.int64)

    def week(self, day: Ints) -> Ints:
        """Number of the promotion week of a day number."""
        return (day - day_number(WEEKS_FROM)) // 7


def _product_numbers(random: np.random.Generator) -> dict[str, Any]:
    category = np.sort(np.arange(PRODUCTS) % len(CATEGORIES))
    mean = np.array([row[2] for row in CATEGORIES])[category]
    spread = np.exp(random.normal(-0.08, 0.4, PRODUCTS))
    price = np.maximum(cents(mean * spread * 10) * 10 - 1, 99)
    share = np.array([row[3] for row in CATEGORIES])[category] * random.uniform(0.92, 1.08, PRODUCTS)
    return {"category": category, "price": price, "cost": cents(price * share)}


def _popularity(category: Ints) -> tuple[Floats, Floats]:
    rank = np.concatenate([np.arange(count) for count in np.bincount(category)])
    weight = 1.0 / (rank + 3)
    total = np.bincount(category, weights=weight).astype(np.float64)
    share: Floats = weight / total[category]
    cumulative = np.concatenate([np.cumsum(share[category == number]) for number in range(len(CATEGORIES))])
    is_last = np.append(np.diff(category) > 0, True)
    return share, category.astype(np.float64) + np.where(is_last, 1.0, cumulative).astype(np.float64)


def _season() -> Floats:
    months = np.arange(1, 13)[:, None]
    popularity, peak, strength = (np.array([row[place] for row in CATEGORIES]) for place in (4, 5, 6))
    weight = popularity * (1 + strength * np.cos(2 * np.pi * (months - peak) / 12))
    total = weight.sum(axis=1, keepdims=True)
    return np.asarray(weight / total)


def _promotions(random: np.random.Generator) -> dict[str, Any]:
    chosen = np.argsort(random.random((WEEKS, len(CATEGORIES))), axis=1)[:, : SLOTS + 1]
    pct = np.zeros((WEEKS, len(CATEGORIES)), dtype=np.int64)
    rows = np.repeat(np.arange(WEEKS), SLOTS)
    pct[rows, chosen[:, :SLOTS].ravel()] = random.choice([10, 15, 20, 25, 30], WEEKS * SLOTS)
    clearance = np.where(chosen[:, SLOTS] == WINE, CHOCOLATE, chosen[:, SLOTS])
    return {"promoted": chosen[:, :SLOTS], "promoted_pct": pct, "clearance": clearance}


@lru_cache(maxsize=4)
def assortment(seed: int) -> Assortment:
    """The assortment of the shop of this seed."""
    random = generator(seed, 1)
    numbers = _product_numbers(random)
    share, cumulative = _popularity(numbers["category"])
    known = random.random(PRODUCTS) >= 0.03
    brand = random.integers(0, len(BRANDS), PRODUCTS)
    return Assortment(
        **numbers, is_cost_known=known, brand=brand, share=share, cumulative=cumulative, season=_season(),
        **_promotions(random),
    )  # fmt: skip


def promotion_names() -> list[str]:
    """Ids of all promotions: shelf promotions by week x category, then clearances by week."""
    weeks = [(WEEKS_FROM + timedelta(weeks=number)).isocalendar() for number in range(WEEKS)]
    names = [f"{week.year}-w{week.week:02d}" for week in weeks]
    return [f"promo-{week}-{key}" for week in names for key in CATEGORY_IDS] + [f"clearance-{week}" for week in names]


def products(goods: Assortment) -> pa.Table:
    """The products source."""
    count = np.arange(PRODUCTS)
    names = [CATEGORIES[number][1] for number in goods.category]
    words = [f"{BRANDS[brand]} {WORDS[place % len(WORDS)]} {place}" for place, brand in enumerate(goods.brand)]
    return pa.table(
        {
            "product_id": pa.array([f"p{number + 1:04d}" for number in count]),
            "product_name": pa.array([f"{word}, {name}" for word, name in zip(words, names, strict=True)]),
            "category_id": picked(CATEGORY_IDS, goods.category),
            "category_name": pa.array(names),
            "brand": picked(BRANDS, goods.brand),
            "list_price": decimals(goods.price),
            "cost": blanked(decimals(goods.cost), ~goods.is_cost_known),
            "is_age_restricted": pa.array(goods.category == WINE),
        }
    )


def stores() -> pa.Table:
    """The stores source."""
    numbers = [STORE_CITIES[:place].count(city) + 1 for place, city in enumerate(STORE_CITIES)]
    names = [f"{city} {number}" for city, number in zip(STORE_CITIES, numbers, strict=True)]
    return pa.table(
        {
            "store_id": pa.array(STORE_IDS),
            "store_name": pa.array([*names, "Web shop"]),
            "city": pa.array([*STORE_CITIES, None], pa.string()),
            "kind": pa.array(["store"] * WEB + ["web"]),
        }
    )
