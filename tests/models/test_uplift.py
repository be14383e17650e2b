"""The uplift model against trials whose truth is known."""

import copy
import json
import pickle
from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from models.evidence import NoEvidence
from models.uplift import UpliftModel
from tests.models import trials
from tests.models.trials import DEPTHS, MARGIN, Trial


@cache
def trial(strength: float = 1.0) -> Trial:
    return trials.drawn(6_000, 1, strength=strength)


@cache
def fitted(strength: float = 1.0) -> UpliftModel:
    seen = trial(strength)
    return UpliftModel(DEPTHS).fit(seen.features, **seen.known)  # type: ignore[arg-type]


LATER = trials.drawn(4_000, 2)


def test_means_by_arm_are_near_the_truth_and_inside_their_intervals() -> None:
    truth = trial().chance.sub(trial().chance["control"], axis=0).mean()
    for effect in fitted().arm_effects_:
        assert abs(effect.estimate - truth[effect.arm]) < 3 * effect.error
    assert [effect.arm for effect in fitted().arm_effects_] == ["d10", "d20", "mail"]


def test_those_who_react_are_told_from_those_who_do_not() -> None:
    effect = fitted().effect(LATER.features, margin_share=MARGIN)
    for arm, depth in (("d10", 0.10), ("d20", 0.20)):
        assert np.corrcoef(effect[arm], LATER.gain(arm, depth))[0, 1] > 0.65


def test_giving_by_predicted_gain_earns_most_of_the_best_and_more_than_giving_all_the_best_single_offer() -> None:
    effect = fitted().effect(LATER.features, margin_share=MARGIN)[["d10", "d20"]].to_numpy()
    truth = np.column_stack([LATER.gain("d10", 0.10), LATER.gain("d20", 0.20)])
    rows = np.arange(len(truth))
    earned = np.where(effect.max(axis=1) > 0, truth[rows, effect.argmax(axis=1)], 0.0).sum()
    best = np.maximum(truth.max(axis=1), 0.0).sum()
    assert earned > 0.7 * best
    assert earned > 1.2 * max(truth.sum(axis=0).max(), 0.0)


def test_where_no_offer_changes_anything_no_discount_pays() -> None:
    effect = fitted(0.0).effect(LATER.features, margin_share=MARGIN)
    assert (effect[["d10", "d20"]] > 0).to_numpy().mean() < 0.05
    assert abs(effect["mail"].mean()) < 0.03 * MARGIN * LATER.basket.mean()


def test_the_discounts_arithmetic_is_exact() -> None:
    model, rows = fitted(), LATER.features
    effect, cost = model.effect(rows, margin_share=MARGIN), model.cost(rows)
    before, after, basket = model._predict(rows)
    assert cost["d20"].to_numpy() == pytest.approx(after[:, 1] * basket * 0.20)
    gained = (after[:, 1] - before) * model.extra_share_ * basket * MARGIN
    assert effect["d20"].to_numpy() == pytest.approx(gained - cost["d20"].to_numpy())


def test_a_deeper_discount_never_lowers_the_chance_to_buy() -> None:
    before, after, _ = fitted()._predict(LATER.features)
    assert (after[:, 0] >= before).all()
    assert (after[:, 1] >= after[:, 0]).all()
    assert ((after >= 0) & (after <= 1)).all()


def test_the_baseline_is_the_chance_to_buy_anyway() -> None:
    baseline = fitted().baseline(LATER.features)
    assert isinstance(baseline, pd.Series)
    truth = LATER.chance["control"].to_numpy()
    assert np.corrcoef(baseline, truth)[0, 1] > 0.8
    assert abs(baseline.mean() - truth.mean()) < 0.02


def test_columns_are_arms_by_depth_and_the_index_is_the_callers() -> None:
    some = LATER.features.iloc[[7, 3]]
    effect = fitted().effect(some, margin_share=[0.3, 0.5])
    assert list(effect.columns) == ["d10", "d20", "mail"]
    assert list(effect.index) == [7, 3]
    assert list(fitted().cost(some).columns) == ["d10", "d20", "mail"]


def test_an_offer_without_a_price_costs_what_is_named_per_buyer() -> None:
    seen = trial()
    model = UpliftModel({"mail": None}, costs={"mail": 1.5})
    keep = np.isin(seen.arm, ["control", "mail"])
    model.fit(
        seen.features[keep], arm=seen.arm[keep], bought=seen.bought[keep], sales=seen.sales[keep], margin_share=MARGIN,
        propensity={"control": 2 / 3, "mail": 1 / 3},
    )  # fmt: skip
    _, after, _ = model._predict(LATER.features)
    assert model.cost(LATER.features)["mail"].to_numpy() == pytest.approx(1.5 * after[:, 0])


def test_orders_for_a_dearer_category_bring_more() -> None:
    plain, dearer = (copy.copy(fitted()) for _ in range(2))
    dearer.order_worths = {"mail": 1.5}
    few = LATER.features.iloc[:20]
    gained = [model.effect(few, margin_share=MARGIN) + model.cost(few) for model in (plain, dearer)]
    assert (gained[1]["mail"] / gained[0]["mail"]).to_numpy() == pytest.approx(1.5)
    assert (gained[1]["d20"] / gained[0]["d20"]).to_numpy() == pytest.approx(1.0)
    errors = [model.effect_error(few, margin_share=MARGIN)["mail"] for model in (plain, dearer)]
    assert (errors[1] > errors[0]).all()
    again = UpliftModel.restored(dearer.parts(), dearer.settings())
    assert again.effect(few, margin_share=MARGIN).equals(dearer.effect(few, margin_share=MARGIN))


def test_measured_discounts_replace_the_depth() -> None:
    seen = trial()
    # Half of the buyers with d20 use it; a mail's gift cost 3.00 for every fourth buyer.
    gave = np.where(seen.arm == "d20", 0.20 * seen.sales * (np.arange(6_000) % 2), 0.0)
    gave += np.where((seen.arm == "mail") & seen.bought & (np.arange(6_000) % 4 == 0), 3.0, 0.0)
    model = UpliftModel(DEPTHS).fit(seen.features, **seen.known, discount=gave)  # type: ignore[arg-type]
    d20, mail = seen.arm == "d20", (seen.arm == "mail") & seen.bought
    assert model.gives_["d20"].share == pytest.approx(gave[d20].sum() / seen.sales[d20].sum())
    assert 0.08 < model.gives_["d20"].share < 0.12
    assert model.gives_["mail"].amount == pytest.approx(gave[mail].sum() / mail.sum())


def test_unequal_propensities_per_person_are_taken_into_account() -> None:
    seen = trials.drawn(8_000, 5)
    # People who buy often were mostly left in the control arm: means by arm without weights would mislead.
    rng = np.random.default_rng(6)
    often = seen.features["x1"].to_numpy() > 0
    chances = pd.DataFrame({"control": np.where(often, 0.8, 0.3), "d20": np.where(often, 0.2, 0.7)})
    arm = np.where(rng.random(8_000) < chances["control"], "control", "d20")
    bought = rng.random(8_000) < np.where(arm == "control", seen.chance["control"], seen.chance["d20"])
    model = UpliftModel({"d20": 0.2}).fit(
        seen.features, arm=arm, bought=bought, sales=np.where(bought, seen.basket, 0.0), margin_share=MARGIN,
        propensity=chances,
    )  # fmt: skip
    (effect,) = model.arm_effects_
    truth = float((seen.chance["d20"] - seen.chance["control"]).mean())
    naive = bought[arm == "d20"].mean() - bought[arm == "control"].mean()
    assert abs(effect.estimate - truth) < 3 * effect.error
    assert abs(naive - truth) > 3 * effect.error


def test_an_arm_open_to_some_is_compared_with_controls_who_could_have_got_it() -> None:
    seen, rng = trials.drawn(12_000, 5), np.random.default_rng(6)
    # Only people who buy often may get the mail; everybody's lot is among control and the arms open to them, as 2:1:3.
    may = seen.features["x1"].to_numpy() > 0
    weights = np.column_stack([np.full(12_000, 2.0), np.ones(12_000), 3.0 * may])
    chances = pd.DataFrame(weights / weights.sum(axis=1, keepdims=True), columns=["control", "d20", "mail"])
    number = (rng.random(12_000)[:, None] > chances.cumsum(axis=1).to_numpy()).sum(axis=1)
    arm = chances.columns.to_numpy()[number]
    bought = rng.random(12_000) < seen.chance[chances.columns].to_numpy()[np.arange(12_000), number]
    model = UpliftModel({"d20": 0.2, "mail": None}).fit(
        seen.features, arm=arm, bought=bought, sales=np.where(bought, seen.basket, 0.0), margin_share=MARGIN,
        propensity=chances,
    )  # fmt: skip

    change = seen.chance[["d20", "mail"]].sub(seen.chance["control"], axis=0).to_numpy()
    truth = {"d20": change[:, 0].mean(), "mail": change[may, 1].mean()}
    for effect in model.arm_effects_:
        assert abs(effect.estimate - truth[effect.arm]) < 3 * effect.error
    before, after, _ = model._predict(seen.features[may])
    error = {effect.arm: effect.error for effect in model.arm_effects_}
    assert abs((after[:, 1] - before).mean() - truth["mail"]) < 3 * error["mail"]
    # All controls together buy less often than those who could have got the mail.
    naive = bought[arm == "mail"].mean() - bought[arm == "control"].mean()
    assert abs(naive - truth["mail"]) > 3 * error["mail"]


def test_orders_see_the_extra_trip_of_those_who_buy_anyway() -> None:
    rng = np.random.default_rng(7)
    x = rng.standard_normal((6_000, 4))
    # Everybody buys at least once; the offer brings about 0.6 orders more where x0 > 0.
    arm = rng.choice(["control", "d20"], 6_000)
    extra = np.where((arm == "d20") & (x[:, 0] > 0), 0.6, 0.0)
    orders = 1 + rng.poisson(0.5 + extra)
    model = UpliftModel({"d20": 0.2}).fit(
        x, arm=arm, bought=np.ones(6_000), orders=orders, sales=20.0 * orders, margin_share=MARGIN,
        propensity={"control": 0.5, "d20": 0.5},
    )  # fmt: skip
    before, after, basket = model._predict(x)
    assert abs(before.mean() - 1.5) < 0.1
    assert basket == pytest.approx(np.full(6_000, 20.0), rel=0.01)
    gained = after[:, 0] - before
    assert gained[x[:, 0] > 0.2].mean() == pytest.approx(0.6, abs=0.15)
    assert gained[x[:, 0] < -0.2].mean() < 0.2
    assert model.baseline(x).min() > 0.9


def test_with_orders_the_baseline_is_still_the_chance_to_buy_without_an_offer() -> None:
    rng = np.random.default_rng(11)
    x = rng.standard_normal((6_000, 4))
    # Orders come in twos at the least, so a count's own model would say far too often that somebody buys.
    arm = rng.choice(["control", "d20"], 6_000, p=[0.3, 0.7])
    chance = np.where(x[:, 1] > 0, 0.4, 0.1) + np.where(arm == "d20", 0.2, 0.0)
    orders = np.where(rng.random(6_000) < chance, 2 + rng.poisson(0.5, 6_000), 0)
    model = UpliftModel({"d20": 0.2}).fit(
        x, arm=arm, bought=orders > 0, orders=orders, sales=20.0 * orders, margin_share=MARGIN,
        propensity={"control": 0.3, "d20": 0.7},
    )  # fmt: skip
    baseline = model.baseline(x)
    assert baseline[x[:, 1] > 0].mean() == pytest.approx(0.4, abs=0.04)
    assert baseline[x[:, 1] < 0].mean() == pytest.approx(0.1, abs=0.04)


def test_an_offer_without_a_price_may_please_some_and_not_others() -> None:
    rng = np.random.default_rng(8)
    x = rng.standard_normal((8_000, 4))
    arm = rng.choice(["control", "gift"], 8_000)
    chance = 0.2 + np.where(arm == "gift", np.where(x[:, 0] > 0, 0.2, -0.08), 0.0)
    bought = rng.random(8_000) < chance
    model = UpliftModel({"gift": None}, costs={"gift": 0.0}).fit(
        x, arm=arm, bought=bought, sales=np.where(bought, 20.0, 0.0), margin_share=MARGIN,
        propensity={"control": 0.5, "gift": 0.5},
    )  # fmt: skip
    effect = model.effect(x, margin_share=MARGIN)["gift"]
    assert (effect[x[:, 0] > 0.3] > 0).mean() > 0.95
    assert (effect[x[:, 0] < -0.3] < 0).mean() > 0.8


def test_every_person_and_arm_has_an_error() -> None:
    error = fitted().effect_error(LATER.features, margin_share=MARGIN)
    assert list(error.columns) == ["d10", "d20", "mail"]
    assert (error > 0).to_numpy().all()


def test_most_true_gains_lie_within_two_errors() -> None:
    effect = fitted().effect(LATER.features, margin_share=MARGIN)
    error = fitted().effect_error(LATER.features, margin_share=MARGIN)
    for arm, depth in (("d10", 0.10), ("d20", 0.20)):
        inside = np.abs(effect[arm] - LATER.gain(arm, depth)) < 1.96 * error[arm]
        assert inside.mean() > 0.75


def test_the_same_rows_give_the_same_model() -> None:
    seen = trial()
    again = UpliftModel(DEPTHS).fit(seen.features, **seen.known)  # type: ignore[arg-type]
    assert again.parts() == fitted().parts()
    assert again.settings() == fitted().settings()


def test_the_number_of_threads_changes_nothing() -> None:
    seen = trials.drawn(1_100, 9)
    keep, known = np.isin(seen.arm, ["control", "d20"]), ["x0", "x1"]
    one, two = (
        UpliftModel({"d20": 0.2}, thread_count=count).fit(
            seen.features.loc[keep, known], arm=seen.arm[keep], bought=seen.bought[keep], sales=seen.sales[keep],
            margin_share=MARGIN, propensity={"control": 2 / 3, "d20": 1 / 3},
        )
        for count in (1, 2)
    )  # fmt: skip
    assert one.parts() == two.parts()
    assert one.settings() == two.settings()
    rows = LATER.features[known]
    assert one.effect(rows, margin_share=MARGIN).equals(two.effect(rows, margin_share=MARGIN))


def test_a_model_restored_from_texts_and_json_predicts_the_same() -> None:
    model = fitted()
    kept = json.loads(json.dumps(model.settings()))
    again = UpliftModel.restored(model.parts(), kept)
    for mine, theirs in zip(
        model.predictions(LATER.features, margin_share=MARGIN),
        again.predictions(LATER.features, margin_share=MARGIN),
        strict=True,
    ):
        assert mine.equals(theirs)
    assert not any(text.encode().startswith(b"\x80") for text in model.parts().values())


# scikit-learn's contract


def test_parameters_are_stored_as_given_and_cloning_keeps_them() -> None:
    model = UpliftModel(DEPTHS, random_state=3, costs={"mail": 1.0})
    assert model.get_params() == {
        "depths": DEPTHS, "random_state": 3, "costs": {"mail": 1.0}, "order_worths": None, "kin": None,
        "always_redeemed": (), "thread_count": 1,
    }  # fmt: skip
    assert model.depths is DEPTHS
    cloned = clone(fitted())
    assert cloned.get_params() == fitted().get_params()
    assert not hasattr(cloned, "arms_")
    assert model.set_params(random_state=5) is model
    assert model.random_state == 5


def test_fitting_returns_the_model_and_learned_names_end_in_an_underscore() -> None:
    learned = set(vars(fitted())) - set(fitted().get_params())
    assert learned
    assert [name for name in learned if not name.endswith("_")] == []
    assert fitted().n_features_in_ == 6
    assert list(fitted().feature_names_in_) == [f"x{i}" for i in range(6)]


def test_fitting_changes_neither_parameters_nor_data() -> None:
    seen = trials.drawn(3_000, 9)
    before = pickle.dumps((seen.features, seen.arm, seen.bought, seen.sales, DEPTHS))
    UpliftModel(DEPTHS).fit(seen.features, **seen.known)  # type: ignore[arg-type]
    assert pickle.dumps((seen.features, seen.arm, seen.bought, seen.sales, DEPTHS)) == before


@pytest.mark.parametrize("ask", [lambda m, x: m.effect(x, margin_share=0.4), UpliftModel.cost, UpliftModel.baseline])
def test_an_unfitted_model_says_so(ask: object) -> None:
    with pytest.raises(NotFittedError, match="This UpliftModel instance is not fitted yet"):
        ask(UpliftModel(DEPTHS), LATER.features)  # type: ignore[operator]


def test_other_features_are_refused() -> None:
    with pytest.raises(ValueError, match="The feature names should match those that were passed during fit"):
        fitted().cost(LATER.features.rename(columns={"x0": "z"}))
    with pytest.raises(ValueError, match="yet now missing:\n- x5"):
        fitted().cost(LATER.features.iloc[:, :5])


def test_missing_values_are_allowed() -> None:
    seen = trials.drawn(3_000, 10)
    holed = seen.features.mask(np.random.default_rng(1).random(seen.features.shape) < 0.1)
    model = UpliftModel(DEPTHS).fit(holed, **seen.known)  # type: ignore[arg-type]
    assert np.isfinite(model.effect(holed, margin_share=MARGIN).to_numpy()).all()


# What does not fit together


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"arm": np.array(["d30"] * 6_000)}, "arm holds 'd30', expected one of control, d10, d20, mail"),
        ({"bought": np.zeros(5)}, r"bought has shape \(5,\), expected \(6000,\), one per row of X"),
        ({"sales": np.full(6_000, np.nan)}, "sales holds a value that is not finite"),
        ({"propensity": {"control": 0.5, "d10": 0.5}}, "propensity of arm .* is 0, expected 0 < p <= 1"),
        ({"propensity": trials.SHARES | {"control": 1.5}}, "propensity of arm 'control' in row .* is 1.5, expected"),
        ({"propensity": pd.DataFrame({"control": [1.0]})}, "propensity has 1 rows, expected 6000, one per row of X"),
    ],
)
def test_what_does_not_fit_is_named(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        UpliftModel(DEPTHS).fit(trial().features, **(trial().known | change))  # type: ignore[arg-type]


def test_without_a_control_arm_there_is_no_evidence() -> None:
    seen = trial()
    keep = seen.arm != "control"
    with pytest.raises(NoEvidence) as refused:
        UpliftModel(DEPTHS).fit(
            seen.features[keep], arm=seen.arm[keep], bought=seen.bought[keep], sales=seen.sales[keep],
            margin_share=MARGIN, propensity=trials.SHARES,
        )  # fmt: skip
    assert str(refused.value).startswith(
        "No randomised evidence: 0 people in the control arm, at least 200 are needed. A pilot needs a control arm"
    )


def test_an_arm_with_too_few_people_is_left_out() -> None:
    seen = trial()
    keep = (seen.arm != "d10") | (np.cumsum(seen.arm == "d10") <= 150)
    model = UpliftModel(DEPTHS).fit(
        seen.features[keep], arm=seen.arm[keep], bought=seen.bought[keep], sales=seen.sales[keep], margin_share=MARGIN,
        propensity=trials.SHARES,
    )  # fmt: skip
    assert model.arms_ == ["d20", "mail"]
