"""The closed loop's log as a table: gains as shares of the best possible, spending against the plan, the lift."""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

Line = dict[str, Any]
BEST = "best possible"
BEST_AHEAD = "best possible over four weeks"
OWN = "Offermill"
HORIZON_DAYS = 28


def lines(log: Path) -> list[Line]:
    """Return the lines of a log; none when it is not there."""
    return [json.loads(text) for text in log.read_text(encoding="utf-8").splitlines()] if log.is_file() else []


def own(line: Line, name: str) -> int:
    """Return a figure of the product's night over all groups."""
    return sum(group[name] for group in line["own"].values())


def progress(line: Line) -> str:
    """Return a night in a few words."""
    best = line["beside"][BEST]
    return (
        f"night {line['night']:>2}: {own(line, 'offers'):>5} offers, gain {own(line, 'gain') / 100:>8.2f} of "
        f"{best['gain'] / 100:>8.2f}, cost {own(line, 'cost') / 100:>8.2f} planned {own(line, 'planned') / 100:>8.2f} "
        f"of {line['money'] / 100:.2f}, {line['seconds']:.1f} s"
    )


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found) if found else float("nan")


def _by_seed(nights: Sequence[Line], figure: Callable[[Line], float]) -> dict[int, float]:
    sums: dict[int, float] = {}
    for line in nights:
        sums[line["seed"]] = sums.get(line["seed"], 0.0) + figure(line)
    return sums


def _row(name: str, nights: Sequence[Line], figures: tuple[Callable[[Line], float], ...]) -> str:
    gain, cost, offers = (_by_seed(nights, figure) for figure in figures)
    money = _by_seed(nights, lambda line: line["money"])
    cells = (
        f"{_mean(gain.values()) / 100:,.0f}",
        _share(gain, nights, BEST),
        _share(gain, nights, BEST_AHEAD),
        f"{_mean(offers.values()):,.0f}",
        f"{_mean(cost.values()) / 100:,.0f}",
        f"{_mean(cost[seed] / money[seed] for seed in cost if money[seed]):.2f}",
    )
    return f"| {name} | " + " | ".join(cells) + " |"


def _share(gain: dict[int, float], nights: Sequence[Line], best_policy: str) -> str:
    """Return the mean over the seeds of gain as a share of a policy's, and its range."""
    best = _by_seed(nights, lambda line: line["beside"][best_policy]["gain"])
    shares = [gain[seed] / best[seed] for seed in gain if best[seed]]
    spread = f" ({min(shares):.2f} to {max(shares):.2f})" if len(shares) > 1 else ""
    return f"{_mean(shares):.2f}{spread}"


def table(log: Sequence[Line], first: int) -> str:
    """Return the Markdown table of the nights from `first` on, and a paragraph on money and lift."""
    nights = [line for line in log if "night" in line and line["night"] >= first]
    if not nights:
        return "no nights in the log"
    seeds = sorted({line["seed"] for line in nights})
    head = (
        f"Nights {first} to {max(line['night'] for line in nights)}, mean of seeds {', '.join(map(str, seeds))}; true "
        "expected values.\n\n"
        "| Policy | Extra margin, net | Share of best night by night | Share of best over four weeks | Offers "
        "| True cost | Cost / money |\n| --- | --- | --- | --- | --- | --- | --- |"
    )
    rows = [_row(OWN, nights, tuple(lambda line, name=name: own(line, name) for name in ("gain", "cost", "offers")))]  # type: ignore[misc]
    for name in nights[0]["beside"]:
        rows.append(_row(name, nights, _figures(name)))
    return "\n".join([head, *rows, "", *_money(nights), *_lifts(log)])


def _figures(policy: str) -> tuple[Callable[[Line], float], ...]:
    return tuple(lambda line, name=name: line["beside"][policy][name] for name in ("gain", "cost", "offers"))  # type: ignore[misc]


def _money(nights: Sequence[Line]) -> list[str]:
    over = [line for line in nights if own(line, "planned") > line["money"]]
    planned, true, money = (sum(figure(line) for line in nights) for figure in (
        lambda line: own(line, "planned"), lambda line: own(line, "cost"), lambda line: line["money"],
    ))  # fmt: skip
    return [
        f"Nights planned over their money: {len(over)} of {len(nights)}. Planned {planned / max(money, 1):.1%} of the "
        f"money; true expected cost {true / max(planned, 1):.1%} of the plan.",
        _groups(nights),
    ]


def _groups(nights: Sequence[Line]) -> str:
    names = sorted({name for line in nights for name in line["own"]})
    parts = []
    for name in names:
        found = [line["own"][name] for line in nights if name in line["own"]]
        gain, cost, offers = (sum(each[key] for each in found) / 100 for key in ("gain", "cost", "offers"))
        if offers:
            parts.append(f"{name} {offers * 100:,.0f} offers, gain {gain:,.0f}, cost {cost:,.0f}")
    return "Own offers by group: " + "; ".join(parts) + "."


def _lifts(log: Sequence[Line]) -> list[str]:
    found = []
    for line in log:
        if "lift" not in line:
            continue
        lift = line["lift"]
        covers = "covers" if lift["low"] <= lift["truth"] <= lift["high"] else "misses"
        used = line["redeemed"]
        found.append(
            f"Seed {line['seed']}: measured lift {lift['lift']:.1f} [{lift['low']:.1f}, {lift['high']:.1f}] minor "
            f"units per person, truth {lift['truth']:.1f} ({covers}); redeemed {used['actual'] / 100:,.0f} of "
            f"{used['planned'] / 100:,.0f} planned, give or take {used['luck'] / max(used['actual'], 1):.1%} by luck "
            "alone (one standard error)."
        )
        if "bound_over_time" in line:
            found.append(_against_bound(log, line))
    ratios = [line["redeemed"]["actual"] / max(line["redeemed"]["planned"], 1) for line in log if "redeemed" in line]
    if len(ratios) > 1:
        found.append(
            f"Redeemed of planned, mean of the seeds: {_mean(ratios):.3f} ({min(ratios):.2f} to {max(ratios):.2f})."
        )
    return found


def _against_bound(log: Sequence[Line], end: Line) -> str:
    nights = [line for line in log if "night" in line and line["seed"] == end["seed"]]
    last = nights[-HORIZON_DAYS:]
    bound, gain = end["bound_over_time"], sum(own(line, "gain") for line in last)
    best = sum(line["beside"][BEST]["gain"] for line in last)
    return (
        f"In its last {HORIZON_DAYS} nights no plan with one offer a person could gain more than {bound / 100:,.0f}; "
        f"{OWN} {gain / bound:.2f} of that, the best night by night {best / bound:.2f}."
    )
