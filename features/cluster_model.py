"""Behavioural clusters: k-means on robustly standardised features, names that outlive a training, plain portraits."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

Floats = NDArray[np.float64]
Kind = Literal["number", "share", "money", "days"]

# An interquartile range of a normal distribution is 1.349 standard deviations wide.
IQR_OF_NORMAL = 1.349
# Beyond three deviations customers are equally extreme: one of them must not make a cluster of its own.
CLIP = 3.0
# A measure that hardly varies is left as it is instead of being blown up.
MINIMUM_DEVIATION = 1e-6
# Digits kept of what is learned, so that the stored text is the model.
DIGITS = 9
# Fewer customers per cluster than this describe persons, not a habit.
CUSTOMERS_PER_CLUSTER = 25
# A measure is mentioned when the cluster's centre lies this many deviations from the shop's middle.
STANDS_OUT = 0.5
MENTIONED_AT_MOST = 3


@dataclass(frozen=True)
class Measure:
    """One thing that clusters look at: SQL over features.customer, how it is scaled and what people call it."""

    name: str
    sql: str
    kind: Kind
    words: str
    is_log: bool = False


MEASURES = (
    Measure("orders", "order_count_365_days", "number", "orders in 365 days", is_log=True),
    Measure(
        "basket",
        "greatest(net_minor_365_days, 0) / greatest(order_count_365_days, 1)",
        "money",
        "spent per order",
        is_log=True,
    ),
    Measure("recency", "days_since_order", "days", "since the last order", is_log=True),
    Measure("irregularity", "gap_variation", "number", "variation of the gaps between orders"),
    Measure("web", "web_order_share_365_days", "share", "of orders on the web"),
    Measure("weekend", "weekend_order_share_365_days", "share", "of orders at the weekend"),
    Measure("promotions", "promotion_line_share_365_days", "share", "of lines on promotion"),
    Measure("categories", "category_count_365_days", "number", "categories bought"),
    Measure("views", "view_count_90_days", "number", "page views in 90 days", is_log=True),
    Measure(
        "returns",
        "case when returned_net_share_365_days > 1 then 1 else returned_net_share_365_days end",
        "share",
        "of value returned",
    ),
)


@dataclass(frozen=True)
class Clusters:
    """What a training learned; d measures, k clusters.

    Attributes:
        names: k names, `cluster-a` and so on.
        middles: d medians of the scaled measures.
        scales: d deviations (from the interquartile range).
        centres: k x d centres in deviations from the middles.
        portraits: k texts.
        name_count: how many names were ever given, so that none is given twice.
    """

    names: tuple[str, ...]
    middles: tuple[float, ...]
    scales: tuple[float, ...]
    centres: tuple[tuple[float, ...], ...]
    portraits: tuple[str, ...]
    name_count: int


def logged(raw: Floats) -> Floats:
    """Return n x d measures with the skewed ones on a log scale; nan stays nan."""
    columns = [np.log1p(raw[:, i]) if measure.is_log else raw[:, i] for i, measure in enumerate(MEASURES)]
    return np.column_stack(columns)


def _filled(scaled: Floats) -> Floats:
    # Somebody without a value is put in the middle: it pulls them to no cluster.
    return np.clip(np.nan_to_num(scaled, nan=0.0), -CLIP, CLIP)


def standardised(raw: Floats, middles: Floats, scales: Floats) -> Floats:
    """Return n x d deviations from the middle customer, clipped."""
    return _filled((logged(raw) - middles) / scales)


def robust_scales(values: Floats) -> tuple[Floats, Floats]:
    """Return d medians and d deviations; a measure with no spread in its middle half uses its standard deviation."""
    # A column of nothing but nan has no middle; any will do.
    known = np.where(np.isnan(values).all(axis=0), 0.0, values)
    low, middle, high = np.asarray(np.nanpercentile(known, [25, 50, 75], axis=0), dtype=np.float64)
    spread = np.asarray(np.nanstd(known, axis=0), dtype=np.float64)
    deviation = np.where(high > low, (high - low) / IQR_OF_NORMAL, spread)
    kept = np.where(deviation > MINIMUM_DEVIATION, deviation, 1.0)
    return np.round(middle, DIGITS), np.asarray(np.round(kept, DIGITS), dtype=np.float64)


def _centres(points: Floats, count: int, seed: int) -> Floats:
    count = min(count, max(1, len(points) // CUSTOMERS_PER_CLUSTER), len(np.unique(points, axis=0)))
    # One thread: sums over threads depend on their order.
    with threadpool_limits(limits=1):
        found = KMeans(n_clusters=count, n_init=10, random_state=seed % 2**32).fit(points).cluster_centers_
    rounded = np.round(np.asarray(found, dtype=np.float64), DIGITS) + 0.0
    return np.asarray(rounded[np.lexsort(rounded.T[::-1])], dtype=np.float64)


def nearest(points: Floats, centres: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Return n indices of the nearest centre (ties: the first) and n distances."""
    best = np.full(len(points), np.inf)
    index = np.zeros(len(points), dtype=np.int64)
    for number, centre in enumerate(centres):
        distance = np.sqrt(((points - centre) ** 2).sum(axis=1))
        closer = distance < best
        best[closer], index[closer] = distance[closer], number
    return index, best


def letters(number: int) -> str:
    """Return a, b, ..., z, aa, ab, ... for 0, 1, ..."""
    text = ""
    number += 1
    while number:
        number, digit = divmod(number - 1, 26)
        text = chr(ord("a") + digit) + text
    return text


def inherited(centres: Floats, middles: Floats, scales: Floats, former: Clusters) -> dict[int, str]:
    """Return which new clusters carry on a former one, by the cheapest one-to-one matching of their centres.

    A cluster that moved farther than the former one's nearest neighbour was away is another cluster.
    """
    before = np.array(former.centres)
    now = (centres * scales + middles - np.array(former.middles)) / np.array(former.scales)
    moved = cdist(now, before)
    apart = cdist(before, before) + np.where(np.eye(len(before), dtype=bool), np.inf, 0.0)
    pairs = zip(*linear_sum_assignment(moved), strict=True)
    return {int(new): former.names[old] for new, old in pairs if moved[new, old] <= apart[old].min()}


def named(kept: dict[int, str], count: int, name_count: int) -> tuple[tuple[str, ...], int]:
    """Return a name for each of `count` clusters, and how many names were ever given."""
    names = []
    for number in range(count):
        if number not in kept:
            names.append(f"cluster-{letters(name_count)}")
            name_count += 1
        else:
            names.append(kept[number])
    return tuple(names), name_count


def quantity(measure: Measure, value: float, currency: str, digits: int) -> str:
    """Return a measure's value as people read it: `12.40 EUR spent per order`."""
    if np.isnan(value):
        return f"no figure for: {measure.words}"
    if measure.kind == "money":
        return f"{value / 10**digits:.{digits}f} {currency} {measure.words}"
    number = {"share": f"{100 * value:.0f}%", "days": f"{value:.0f} days"}.get(measure.kind, f"{value:.1f}")
    return f"{number.removesuffix('.0')} {measure.words}"


def standing_out(centre: Floats) -> list[int]:
    """Return the measures that set a cluster apart, the strongest first."""
    order = sorted(range(len(centre)), key=lambda i: (-abs(centre[i]), i))
    return [i for i in order if abs(centre[i]) >= STANDS_OUT][:MENTIONED_AT_MOST]


def _phrase(i: int, centre: Floats, own: Floats, shop: Floats, money: tuple[str, int]) -> str | None:
    """Say how a cluster differs in measure `i`; None when its plain mean does not, or differs the other way."""
    measure = MEASURES[i]
    told, usual = quantity(measure, own[i], *money), quantity(measure, shop[i], *money)
    if told == usual or (own[i] > shop[i]) != (centre[i] > 0):
        return None
    direction = "more" if centre[i] > 0 else "less"
    return f"{direction}: {told} (all customers {usual.removesuffix(f' {measure.words}')})"


def portrait(centre: Floats, own: Floats, shop: Floats, *, currency: str, digits: int) -> str:
    """Return a cluster in plain words: what is more and less than among all customers, in means."""
    found = [_phrase(i, centre, own, shop, (currency, digits)) for i in standing_out(centre)]
    text = "; ".join(phrase for phrase in found if phrase) or "like all customers in everything"
    return f"{text[0].upper()}{text[1:]}."


def _means(raw: Floats) -> Floats:
    known = np.where(np.isnan(raw).all(axis=0), 0.0, raw)
    return np.asarray(np.nanmean(known, axis=0), dtype=np.float64)


def fit(raw: Floats, count: int, seed: int, former: Clusters | None, *, currency: str, digits: int) -> Clusters:
    """Learn clusters from n x d raw measures.

    Args:
        raw: one row per customer, sorted; the same rows and seed give the same clusters.
        count: clusters wanted; small shops get fewer.
        seed: of the starting centres.
        former: the training before, whose names are carried on.
        currency: code for the portraits, whose amounts have `digits` decimals.
        digits: decimals of the currency.
    """
    middles, scales = robust_scales(logged(raw))
    points = standardised(raw, middles, scales)
    centres = _centres(points, count, seed)
    members, _ = nearest(points, centres)
    kept = inherited(centres, middles, scales, former) if former else {}
    names, name_count = named(kept, len(centres), former.name_count if former else 0)
    means = [_means(raw[members == number]) for number in range(len(centres))]
    texts = [
        portrait(centre, own, _means(raw), currency=currency, digits=digits)
        for centre, own in zip(centres, means, strict=True)
    ]
    rows = tuple(tuple(row) for row in centres.tolist())
    return Clusters(names, tuple(middles.tolist()), tuple(scales.tolist()), rows, tuple(texts), name_count)
