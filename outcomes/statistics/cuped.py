"""CUPED: what people did before the draw explains part of what they do after it, and shortens the interval.

Sources: Deng, Xu, Kohavi and Walker, Improving the sensitivity of online controlled experiments by utilizing
pre-experiment data, WSDM 2013; with several covariates the control variates of Lavenberg and Welch, Management Science
27, 1981. What was measured before the draw cannot have been changed by it: its difference between arms has mean 0, so
any multiple of it may be taken off. The multiples with which the scores spread least are those of a regression of the
scores on the covariates' scores, whatever weights the arms have; unequal arms need nothing beside.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.data import Floats
from models.lent_spread import Scores
from outcomes.statistics.comparison import Contrast, difference

# So many people in the smaller arm for each covariate, or it is not used.
ROWS_PER_COVARIATE = 20


def adjusted(contrast: Contrast, covariates: Sequence[Floats]) -> Contrast:
    """Return the same figure less what covariates from before the draw explain of it.

    Args:
        contrast: of n rows.
        covariates: (n,) each, the most telling first; as many are used as the smaller arm has people for.
    """
    sample = contrast.sample
    people = min(float(sample.treated_count), sample.control_worth)
    used = covariates[: int(people // ROWS_PER_COVARIATE)]
    parts = [difference(sample, each) for each in used if float(np.ptp(each)) > 0]
    if not parts:
        return contrast
    scores = contrast.scores
    before = np.stack([part.scores for part in parts], axis=1)
    centred, moved = scores - scores.mean(), before - before.mean(axis=0)
    slopes = np.linalg.lstsq(moved, centred, rcond=None)[0]
    left = centred - moved @ slopes
    spread = float(centred @ centred)
    explained = 1 - float(left @ left) / spread if spread > 0 else 0.0
    return _less(contrast, parts, slopes, explained, float(np.sqrt(people / (people - len(parts)))))


def _less(contrast: Contrast, parts: Sequence[Contrast], slopes: Floats, explained: float, wide: float) -> Contrast:
    """Return the contrast less the covariates' parts; `wide` pays for slopes learned from the same rows."""
    base = contrast.lines.base.copy()
    for slope, part in zip(slopes, parts, strict=True):
        base -= slope * (part.lines.base + part.lines.slope * part.outcome[:, None])
    figure = float(contrast.scores.mean() - sum(s * p.scores.mean() for s, p in zip(slopes, parts, strict=True)))
    lines = Scores(figure + (base - figure) * wide, contrast.lines.slope * wide)
    return replace(contrast, lines=lines, explained=explained)
