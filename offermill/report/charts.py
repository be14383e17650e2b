"""Charts as Vega-Lite specifications made with Altair; colours are CSS variables, so that pages switch light and dark.

Every function returns a plain dict without anything that depends on the clock, on chance or on what was drawn before.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
from altair.utils import schemapi

from offermill.report.text import inert

# Checking every piece against the schema of Vega-Lite takes longer than all else of a page; tests do it instead.
schemapi.disable_debug_mode()

Row = Mapping[str, object]
Spec = dict[str, Any]

INK, MUTED, GRID = "var(--ink)", "var(--muted)", "var(--line)"
SERIES = [f"var(--series-{number})" for number in range(1, 7)]
_ROOM = 1.12  # the longest bar leaves room for its figure
BAR_PITCH = 26  # pixels per bar: a label's line height and air
_FONT = "system-ui, sans-serif"
_AXIS = {
    "labelColor": MUTED, "titleColor": MUTED, "gridColor": GRID, "domainColor": GRID, "tickColor": GRID,
    "labelFont": _FONT, "titleFont": _FONT, "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal",
    "labelLimit": 150, "labelPadding": 6, "titlePadding": 8,
}  # fmt: skip
_CONFIG = {
    "background": "transparent",
    "font": _FONT,
    "view": {"stroke": None},
    "axis": _AXIS,
    "legend": {"labelColor": MUTED, "orient": "top", "title": None, "labelFontSize": 12, "labelLimit": 220},
    "range": {"category": SERIES},
    "text": {"color": INK, "font": _FONT},
    "rule": {"color": MUTED},
}  # fmt: skip


def _data(rows: Sequence[Row]) -> alt.Data:
    cleaned = [{key: inert(value) if isinstance(value, str) else value for key, value in row.items()} for row in rows]
    return alt.Data(values=cleaned)


def _finish(chart: Any, height: int, **redrawn: object) -> Spec:
    """Return the specification; `redrawn` tells the page's script how a chart grows when readers filter it."""
    sized = chart.properties(
        width="container", height=height, autosize=alt.AutoSizeParams(type="fit-x", contains="padding")
    )
    spec: Spec = sized.to_dict(validate=False)
    spec.pop("$schema", None)
    spec["config"] = _CONFIG
    return spec | ({"usermeta": redrawn} if redrawn else {})


def _tooltips(names: Mapping[str, str]) -> list[alt.Tooltip]:
    return [alt.Tooltip(field=field, type="nominal", title=title) for field, title in names.items()]


def bars(
    rows: Sequence[Row],
    *,
    label: str,
    value: str,
    title: str,
    tooltip: Mapping[str, str],
    color: int = 1,
    is_share: bool = False,
) -> Spec:
    """Return horizontal bars in the order of the rows, each with its figure (`said`) behind it."""
    y = alt.Y(field=label, type="nominal", sort=None, title=None, axis=alt.Axis(ticks=False, domain=False))
    room = alt.Scale(domain=[0, _ROOM * max((float(str(row[value])) for row in rows), default=1) or 1])
    x = alt.X(field=value, type="quantitative", title=title, axis=_measure(is_share), scale=room)
    base = alt.Chart(_data(rows)).encode(y=y, x=x, tooltip=_tooltips(tooltip))
    drawn = base.mark_bar(color=SERIES[color - 1], cornerRadiusEnd=3, height={"band": 0.7})
    figures = base.mark_text(align="left", dx=5, fontSize=11, color=MUTED).encode(
        text=alt.Text(field="said", type="nominal")
    )
    return _finish(alt.layer(drawn, figures), BAR_PITCH * max(len(rows), 1), pitch=BAR_PITCH, label=label, bar=value)


def _measure(is_share: bool = False) -> alt.Axis:
    return alt.Axis(tickCount=5, domain=False, **({"format": "%"} if is_share else {}))


def ranges(rows: Sequence[Row], *, label: str, title: str, tooltip: Mapping[str, str], is_share: bool = False) -> Spec:
    """Return a dot (`mean`) on a line from `low` to `high` per row, with a rule at zero."""
    y = alt.Y(field=label, type="nominal", sort=None, title=None, axis=alt.Axis(ticks=False, domain=False))
    x = alt.X(field="low", type="quantitative", title=title, axis=_measure(is_share))
    base = alt.Chart(_data(rows)).encode(y=y)
    zero = (
        alt.Chart(_data([{"zero": 0}])).mark_rule(strokeDash=[4, 4]).encode(x=alt.X(field="zero", type="quantitative"))
    )
    spans = base.mark_rule(color=SERIES[0], strokeWidth=3, opacity=0.45).encode(
        x=x, x2=alt.X2(field="high"), tooltip=_tooltips(tooltip)
    )
    dots = base.mark_circle(color=SERIES[0], size=90, opacity=1).encode(
        x=alt.X(field="mean", type="quantitative"), tooltip=_tooltips(tooltip)
    )
    return _finish(alt.layer(zero, spans, dots), BAR_PITCH * max(len(rows), 1), pitch=BAR_PITCH, label=label)


def stacked(
    rows: Sequence[Row],
    *,
    label: str,
    part: str,
    value: str,
    title: str,
    parts: Sequence[str],
    tooltip: Mapping[str, str],
) -> Spec:
    """Return horizontal bars cut into named parts; a row is one piece, `parts` their order."""
    order = [dict(row) | {"_order": parts.index(str(row[part]))} for row in rows]
    encoded = (
        alt.Chart(_data(order))
        .mark_bar(height={"band": 0.7})
        .encode(
            y=alt.Y(field=label, type="nominal", sort=None, title=None, axis=alt.Axis(ticks=False, domain=False)),
            x=alt.X(field=value, type="quantitative", title=title, axis=_measure()),
            color=alt.Color(
                field=part, type="nominal", scale=alt.Scale(domain=list(parts), range=SERIES[: len(parts)])
            ),
            order=alt.Order(field="_order", type="quantitative"),
            tooltip=_tooltips(tooltip),
        )
    )
    pitch = BAR_PITCH + 8
    return _finish(encoded, pitch * len({row[label] for row in rows}), pitch=pitch, label=label)


def line(rows: Sequence[Row], *, x: str, y: str, x_title: str, y_title: str, tooltip: Mapping[str, str]) -> Spec:
    """Return one line over nights in the order of the rows, with a dot per night."""
    encoded = (
        alt.Chart(_data(rows))
        .mark_line(color=SERIES[0], point={"color": SERIES[0], "size": 45})
        .encode(
            x=alt.X(
                field=x,
                type="ordinal",
                sort=None,
                title=x_title,
                axis=alt.Axis(labelAngle=0, labelOverlap=True, ticks=False),
            ),
            y=alt.Y(field=y, type="quantitative", title=y_title, axis=_measure(), scale=alt.Scale(nice=5, zero=True)),
            tooltip=_tooltips(tooltip),
        )
    )
    return _finish(encoded, 220)


def calibration(
    rows: Sequence[Row], *, tooltip: Mapping[str, str], x_title: str, y_title: str, is_share: bool = True
) -> Spec:
    """Return `predicted` against `observed` figures, with the diagonal they should lie on."""
    figures = [float(str(row[name])) for row in rows for name in ("predicted", "observed")]
    ends = [{"predicted": end, "observed": end} for end in (min(0.0, *figures), max(0.0, *figures))]
    x = alt.X(field="predicted", type="quantitative", title=x_title, axis=_measure(is_share))
    y = alt.Y(field="observed", type="quantitative", title=y_title, axis=_measure(is_share))
    diagonal = alt.Chart(_data(ends)).mark_line(strokeDash=[4, 4], color=MUTED).encode(x=x, y=y)
    base = alt.Chart(_data(rows)).encode(x=x, y=y)
    joined = base.mark_line(color=SERIES[0], opacity=0.5)
    dots = base.mark_circle(color=SERIES[0], size=80, opacity=1).encode(tooltip=_tooltips(tooltip))
    return _finish(alt.layer(diagonal, joined, dots), 260)
