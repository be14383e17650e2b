"""Uplift estimators to compare with: plain T-, S-, X- and DR-learners on LightGBM, and those of causalml and econml.

Each takes a trial and returns a function of features that gives effect, cost and (ours only) standard error, all
(n, arms). causalml and econml are imported only when asked for.
"""

import importlib
from collections.abc import Callable
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd

from benchmarks.uplift_worlds import MARGIN, Floats, Trial

Predict = Callable[[pd.DataFrame], tuple[Floats, Floats, Floats | None]]
_TREES = {
    "n_estimators": 100,
    "learning_rate": 0.05,
    "num_leaves": 8,
    "min_child_samples": 200,
    "n_jobs": 1,
    "verbose": -1,
}


def _booster() -> lgb.LGBMRegressor:
    return lgb.LGBMRegressor(**_TREES)


def _given(seen: Trial) -> Floats:
    """Return what every person's arm gave away."""
    depth = {arm: each or 0.0 for arm, each in seen.world.depths.items()} | {"control": 0.0}
    cost = {arm: seen.world.costs.get(arm, 0.0) for arm in [*seen.world.depths, "control"]}
    shares = np.array([depth[arm] for arm in seen.arm])
    return np.asarray(shares * seen.sales + np.array([cost[arm] for arm in seen.arm]) * seen.bought, dtype=np.float64)


def _money(seen: Trial) -> Floats:
    return np.asarray(seen.sales * MARGIN - _given(seen), dtype=np.float64)


def _costs(seen: Trial) -> Callable[[pd.DataFrame], Floats]:
    """Return the expected give-away of each arm, by one booster per arm."""
    given = _given(seen)
    models = [_booster().fit(seen.features[seen.arm == arm], given[seen.arm == arm]) for arm in seen.offers]
    return lambda x: np.maximum(np.column_stack([model.predict(x) for model in models]), 1e-6)


def _with_costs(seen: Trial, effect: Callable[[pd.DataFrame], Floats]) -> Predict:
    costs = _costs(seen)
    return lambda x: (effect(x), costs(x), None)


def ours(seen: Trial) -> Predict:
    """UpliftModel."""
    from models.uplift import UpliftModel

    model = UpliftModel(seen.world.depths, costs=seen.world.costs).fit(
        seen.features, arm=seen.arm, bought=seen.bought, sales=seen.sales, margin_share=MARGIN,
        propensity=seen.propensity,
    )  # fmt: skip

    def predict(x: pd.DataFrame) -> tuple[Floats, Floats, Floats | None]:
        effect, cost, _ = model.predictions(x, margin_share=MARGIN)
        error = model.effect_error(x, margin_share=MARGIN)
        return tuple(each[seen.offers].to_numpy() for each in (effect, cost, error))  # type: ignore[return-value]

    return predict


def t_money(seen: Trial) -> Predict:
    """One booster of the net margin per arm."""
    money = _money(seen)
    models = [
        _booster().fit(seen.features[seen.arm == arm], money[seen.arm == arm]) for arm in ["control", *seen.offers]
    ]

    def effect(x: pd.DataFrame) -> Floats:
        means = np.column_stack([model.predict(x) for model in models])
        return np.asarray(means[:, 1:] - means[:, :1], dtype=np.float64)

    return _with_costs(seen, effect)


def s_money(seen: Trial) -> Predict:
    """One booster of the net margin with the arm among the features."""
    arms = ["control", *seen.offers]

    def with_arm(x: pd.DataFrame, arm: Any) -> pd.DataFrame:
        return x.assign(**{f"is_{each}": (arm == each) * np.float32(1) for each in arms})

    model = _booster().fit(with_arm(seen.features, seen.arm), _money(seen))

    def effect(x: pd.DataFrame) -> Floats:
        means = np.column_stack([model.predict(with_arm(x, np.full(len(x), arm))) for arm in arms])
        return np.asarray(means[:, 1:] - means[:, :1], dtype=np.float64)

    return _with_costs(seen, effect)


def x_money(seen: Trial) -> Predict:
    """X-learner of the net margin (Künzel et al. 2019), the two sides weighted by propensity."""
    money, control = _money(seen), seen.arm == "control"
    none = _booster().fit(seen.features[control], money[control])
    sides = []
    for arm in seen.offers:
        inside = seen.arm == arm
        some = _booster().fit(seen.features[inside], money[inside])
        treated = _booster().fit(seen.features[inside], money[inside] - none.predict(seen.features[inside]))
        others = _booster().fit(seen.features[control], some.predict(seen.features[control]) - money[control])
        sides.append((treated, others, float(inside.sum() / (inside.sum() + control.sum()))))
    return _with_costs(
        seen,
        lambda x: np.column_stack(
            [p * others.predict(x) + (1 - p) * treated.predict(x) for treated, others, p in sides]
        ),
    )


def dr_money(seen: Trial) -> Predict:
    """DR-learner of the net margin (Kennedy 2023), two folds."""
    arms, money = ["control", *seen.offers], _money(seen)
    fold, means = np.arange(len(money)) % 2, np.empty((len(money), len(seen.offers) + 1))
    for number in range(2):
        for place, arm in enumerate(arms):
            inside = (fold != number) & (seen.arm == arm)
            means[fold == number, place] = (
                _booster().fit(seen.features[inside], money[inside]).predict(seen.features[fold == number])
            )
    number = pd.Index(arms).get_indexer(pd.Index(seen.arm))
    every = np.arange(len(money))
    means[every, number] += (money - means[every, number]) / seen.propensity.to_numpy()[every, number]
    models = [_booster().fit(seen.features, means[:, place] - means[:, 0]) for place in range(1, len(arms))]
    return _with_costs(seen, lambda x: np.column_stack([model.predict(x) for model in models]))


def causalml_forest(seen: Trial) -> Predict:
    """causalml's UpliftRandomForestClassifier of buying, with our arithmetic of margin and a booster of the basket."""
    from causalml.inference.tree import UpliftRandomForestClassifier

    forest = UpliftRandomForestClassifier(
        control_name="control", n_estimators=50, max_depth=5, min_samples_leaf=200, n_jobs=1, random_state=0
    )
    forest.fit(seen.features.to_numpy(), seen.arm, seen.bought.astype(int))
    basket = _booster().fit(seen.features[seen.bought], np.log(seen.sales[seen.bought]))
    factor = seen.sales[seen.bought].sum() / np.exp(basket.predict(seen.features[seen.bought])).sum()
    none = lgb.LGBMClassifier(**_TREES).fit(seen.features[seen.arm == "control"], seen.bought[seen.arm == "control"])
    depth = np.array([seen.world.depths[arm] or 0.0 for arm in seen.offers])

    def predict(x: pd.DataFrame) -> tuple[Floats, Floats, Floats | None]:
        chances = forest.predict(x.to_numpy(), full_output=True)
        gain = np.asarray(chances[seen.offers]) - np.asarray(chances[["control"]])
        money = factor * np.exp(basket.predict(x))[:, None]
        cost = (none.predict_proba(x)[:, 1:] + gain) * money * depth
        return gain * money * MARGIN - cost, np.maximum(cost, 1e-6), None

    return predict


def _causalml_meta(name: str) -> Callable[[Trial], Predict]:
    def fit(seen: Trial) -> Predict:
        from causalml.inference import meta

        learner = getattr(meta, name)(_booster(), control_name="control")
        chances = {arm: seen.propensity[arm].to_numpy() for arm in seen.offers}
        more = {} if name == "BaseTRegressor" else {"p": chances}
        learner.fit(X=seen.features.to_numpy(), treatment=seen.arm, y=_money(seen), **more)
        order = [list(learner.t_groups).index(arm) for arm in seen.offers]

        def effect(x: pd.DataFrame) -> Floats:
            given = (
                {}
                if name == "BaseTRegressor"
                else {"p": {arm: np.full(len(x), chances[arm].mean()) for arm in chances}}
            )
            return np.asarray(learner.predict(x.to_numpy(), **given)[:, order], dtype=np.float64)

        return _with_costs(seen, effect)

    return fit


def _econml(make: Callable[[], Any]) -> Callable[[Trial], Predict]:
    def fit(seen: Trial) -> Predict:
        learner = make()
        learner.fit(_money(seen), seen.arm, X=seen.features.to_numpy())
        return _with_costs(
            seen, lambda x: np.column_stack([learner.effect(x.to_numpy(), T0="control", T1=arm) for arm in seen.offers])
        )

    return fit


def _causal_forest() -> Any:
    from econml.dml import CausalForestDML

    return CausalForestDML(
        model_y=_booster(), model_t=lgb.LGBMClassifier(**_TREES), discrete_treatment=True, categories=_categories(),
        n_estimators=200, min_samples_leaf=100, n_jobs=1, random_state=0, cv=2,
    )  # fmt: skip


def _linear_dml() -> Any:
    from econml.dml import LinearDML

    return LinearDML(
        model_y=_booster(), model_t=lgb.LGBMClassifier(**_TREES), discrete_treatment=True, categories=_categories(),
        random_state=0, cv=2,
    )  # fmt: skip


def _dr_learner() -> Any:
    from econml.dr import DRLearner

    return DRLearner(
        model_propensity=lgb.LGBMClassifier(**_TREES), model_regression=_booster(), model_final=_booster(),
        categories=_categories(), random_state=0, cv=2,
    )  # fmt: skip


def _categories() -> list[str]:
    return ["control", "d05", "d10", "d15", "d20"]


MODELS: dict[str, Callable[[Trial], Predict]] = {
    "ours": ours,
    "t_money": t_money,
    "s_money": s_money,
    "x_money": x_money,
    "dr_money": dr_money,
    "causalml_forest": causalml_forest,
    "causalml_t": _causalml_meta("BaseTRegressor"),
    "causalml_x": _causalml_meta("BaseXRegressor"),
    "causalml_dr": _causalml_meta("BaseDRRegressor"),
    "econml_causal_forest": _econml(_causal_forest),
    "econml_linear": _econml(_linear_dml),
    "econml_dr": _econml(_dr_learner),
}
_PACKAGES = {
    "ours": "models.uplift",
    "causalml": "causalml.inference.meta",
    "causalml_forest": "causalml.inference.tree",
    "econml": "econml.dml",
    "econml_dr": "econml.dr",
}


def load(model: str) -> None:
    """Import what a model needs, so that importing is no part of its time."""
    package = _PACKAGES.get(model) or _PACKAGES.get(model.split("_")[0])
    if package:
        importlib.import_module(package)
