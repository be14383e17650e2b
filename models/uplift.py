"""What an offer changes: incremental margin per person and arm, from a randomised trial.

    chance to buy (monotone in depth) x basket given purchase x (margin - depth)

The discount's arithmetic is known and is not learned. See models.conversion for the effect on the chance to buy and
models.shrinkage for how much of it is believed.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Self

import lightgbm as lgb
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from models import basket, evidence, uplift_learning
from models.boosting import importance_shares
from models.conversion import Matrix, Trial
from models.data import Floats
from models.evidence import CONTROL
from models.uplift_learning import Give, Priced

_TEXTS = {"chance.txt": "chance_text", "effect.txt": "effect_text"}
_BASKET = "basket.txt"


class UpliftModel(BaseEstimator):  # type: ignore[misc]
    """Incremental margin of offers, learned from people who were assigned to arms at random.

    Args:
        depths: arm -> discount as a share of sales (0.10 = 10 %); None = an offer without a price on the basket
            (an e-mail, points, a gift, free delivery).
        random_state: seed of the boosters.
        costs: arm with depth None -> what it costs us per buyer, in the unit of `sales`; measured if not named.

    Attributes:
        arms_: the arms with enough people to say something, priced ones first, by rising depth.
        arm_effects_: mean change of the chance to buy per arm, with its error.
        priced_: the effect of depths; its slope says how much of the differences between people is believed.
        shifts_: arm without a price -> shift of the log-odds.
        gives_: arm -> what it gives away per buyer.
    """

    def __init__(
        self,
        depths: Mapping[str, float | None],
        random_state: int | np.random.RandomState | None = 0,
        *,
        costs: Mapping[str, float] | None = None,
    ) -> None:
        self.depths = depths
        self.random_state = random_state
        self.costs = costs

    def fit(
        self,
        X: Any,  # noqa: N803
        *,
        arm: ArrayLike,
        bought: ArrayLike,
        sales: ArrayLike,
        margin_share: float | ArrayLike,
        propensity: Mapping[str, float] | pd.DataFrame,
        discount: ArrayLike | None = None,
    ) -> Self:
        """Learn from a trial of n people; sort them by a key first, since their order changes the trees.

        Args:
            X: features (n, k), numeric, NaN allowed.
            arm: "control" or a key of `depths`, per person.
            bought: whether the person bought in the horizon.
            sales: sales before the offer's discount, 0 for those who did not buy.
            margin_share: margin as a share of sales before the discount, one number or one per person.
            propensity: arm -> probability, or a DataFrame (n, arms) of them; 0 = could not be drawn.
            discount: what the offer gave each person. If given, the share of sales (priced arms) or the amount per
                buyer (others, unless `costs` names it) is measured from it instead of taken from the depth.

        Raises:
            ValueError: shapes, arms or propensities do not fit together.
            NoEvidence: too few people in the control arm or in every other arm.
        """
        rows = np.asarray(validate_data(self, X, ensure_all_finite="allow-nan"), dtype=np.float32)
        size = len(rows)
        names = _known_arms(_column("arm", arm, size, str), self.depths)
        outcome, money = _column("bought", bought, size, float), _column("sales", sales, size, float)
        self.margin_share_ = float(np.mean(_column("margin_share", margin_share, size, float)))
        chances = _propensities(propensity, names, self.depths)
        self.arms_ = _arms_with_evidence(names, outcome, self.depths)
        self._learn_effects(rows, names, outcome, chances)
        buyers = (outcome > 0) & (money > 0)
        self.basket_text_, self.basket_factor_ = basket.fit(rows[buyers], money[buyers], self._seed())
        given = None if discount is None else _column("discount", discount, size, float)
        self.gives_ = self._gives(names, outcome, money, given)
        return self

    def effect(self, X: Any, *, margin_share: float | ArrayLike) -> pd.DataFrame:  # noqa: N803
        """Return the incremental margin net of the discount, one row per person and one column per arm."""
        return self.predictions(X, margin_share=margin_share)[0]

    def cost(self, X: Any) -> pd.DataFrame:  # noqa: N803
        """Return the expected cost of the discount, one row per person and one column per arm."""
        return self.predictions(X, margin_share=0.0)[1]

    def predictions(
        self,
        X: Any,  # noqa: N803
        *,
        margin_share: float | ArrayLike,
    ) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
        """Return `effect`, `cost` and `baseline` of the same people, which costs no more than one of them."""
        before, after, baskets = self._predict(X)
        share = _column("margin_share", margin_share, len(before), float)
        gained = (after - before[:, None]) * (baskets * share)[:, None]
        cost = after * self._give_aways(baskets)
        baseline = pd.Series(before, index=_index(X, len(before)), name="baseline")
        return self._frame(X, gained - cost), self._frame(X, cost), baseline

    def baseline(self, X: Any) -> pd.Series:  # noqa: N803
        """Return each person's chance to buy without any offer."""
        rows = self._rows(X)
        chance = self.priced_.before(rows)
        return pd.Series(chance, index=_index(X, len(chance)), name="baseline")

    def importances(self) -> list[tuple[str, float]]:
        """Return features by their share of the gain in telling whose chance an offer changes, largest first."""
        check_is_fitted(self)
        booster = lgb.Booster(model_str=self.priced_.effect_text or self.priced_.chance_text)
        names = getattr(self, "feature_names_in_", [f"x{place}" for place in range(self.n_features_in_)])
        # The last column is the depth: it is the offer's, not the person's.
        return importance_shares([*names], booster.feature_importance("gain")[: self.n_features_in_])

    def parts(self) -> dict[str, str]:
        """Return the LightGBM texts by file name, for the registry."""
        check_is_fitted(self)
        texts = {file: getattr(self.priced_, name) for file, name in _TEXTS.items()} | {_BASKET: self.basket_text_}
        return {file: text for file, text in texts.items() if text}

    def settings(self) -> dict[str, Any]:
        """Return everything else that predictions need as plain JSON, for the registry."""
        check_is_fitted(self)
        priced = {name: value for name, value in asdict(self.priced_).items() if name not in _TEXTS.values()}
        return {
            "depths": dict(self.depths),
            "arms": self.arms_,
            "priced": priced,
            "shifts": self.shifts_,
            "gives": {arm: asdict(give) for arm, give in self.gives_.items()},
            "basket_factor": self.basket_factor_,
            "feature_count": self.n_features_in_,
            "feature_names": [str(name) for name in getattr(self, "feature_names_in_", ())],
        }

    @classmethod
    def restored(cls, parts: Mapping[str, str], settings: Mapping[str, Any]) -> Self:
        """Return the model that `parts` and `settings` came from, ready to predict."""
        model = cls(settings["depths"])
        stored = settings["priced"] | {name: parts.get(file, "") for file, name in _TEXTS.items()}
        model.arms_, model.priced_, model.shifts_ = settings["arms"], Priced.of(stored), settings["shifts"]
        model.gives_ = {arm: Give(**give) for arm, give in settings["gives"].items()}
        model.basket_text_, model.basket_factor_ = parts[_BASKET], settings["basket_factor"]
        model.n_features_in_ = settings["feature_count"]
        if settings["feature_names"]:
            model.feature_names_in_ = np.array(settings["feature_names"], dtype=object)
        return model

    def _rows(self, X: Any) -> Matrix:  # noqa: N803
        check_is_fitted(self)
        return np.asarray(validate_data(self, X, reset=False, ensure_all_finite="allow-nan"), dtype=np.float32)

    def _seed(self) -> int:
        if isinstance(self.random_state, int | np.integer):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _learn_effects(self, rows: Matrix, names: NDArray[Any], bought: Floats, chances: pd.DataFrame) -> None:
        priced = [arm for arm in self.arms_ if self.depths[arm] is not None]
        trial, keep = _priced_trial(rows, names, bought, chances, {arm: float(self.depths[arm] or 0) for arm in priced})
        self.priced_, left_out, self.arm_effects_ = uplift_learning.learn_priced(trial, priced, self._seed())
        self.shifts_: dict[str, float] = {}
        for arm in self.arms_[len(priced) :]:
            before = np.empty(len(rows))
            before[keep], before[~keep] = left_out, self.priced_.before(rows[~keep])
            two = chances[[CONTROL, arm]].to_numpy()
            self.shifts_[arm], effect = uplift_learning.learn_shift(
                arm, names == arm, names == CONTROL, bought, before, two
            )
            self.arm_effects_.append(effect)

    def _gives(self, names: NDArray[Any], bought: Floats, sales: Floats, given: Floats | None) -> dict[str, Give]:
        measured = None
        if given is not None:
            inside = {arm: names == arm for arm in self.arms_}
            measured = {
                arm: (float(given[rows].sum()), float(sales[rows].sum()), int((bought[rows] > 0).sum()))
                for arm, rows in inside.items()
            }
        return uplift_learning.gives({arm: self.depths[arm] for arm in self.arms_}, self.costs or {}, measured)

    def _predict(self, X: Any) -> tuple[Floats, Floats, Floats]:  # noqa: N803
        """Return the chance to buy without an offer (n), with each arm (n, arms), and the basket of a buyer (n)."""
        rows = self._rows(X)
        before = self.priced_.before(rows)
        shifted = [uplift_learning.shifted(before, shift)[:, None] for shift in self.shifts_.values()]
        after = np.hstack([self.priced_.after(rows, before), *shifted])
        return before, after, basket.predict(self.basket_text_, self.basket_factor_, rows)

    def _give_aways(self, baskets: Floats) -> Floats:
        return np.column_stack([self.gives_[arm].of(baskets) for arm in self.arms_])

    def _frame(self, X: Any, values: Floats) -> pd.DataFrame:  # noqa: N803
        return pd.DataFrame(values, index=_index(X, len(values)), columns=self.arms_)


def _index(rows: Any, size: int) -> pd.Index:
    return rows.index if isinstance(rows, pd.DataFrame) else pd.RangeIndex(size)


def _column(name: str, values: Any, size: int, kind: type) -> NDArray[Any]:
    """Return one value per person; a single number is repeated."""
    column = np.asarray(values)
    column = np.full(size, column) if column.ndim == 0 else column
    if column.shape != (size,):
        raise ValueError(f"{name} has shape {column.shape}, expected ({size},), one per row of X")
    if kind is float and not np.isfinite(column := column.astype(np.float64)).all():
        raise ValueError(f"{name} holds a value that is not finite")
    return column.astype(kind)


def _known_arms(names: NDArray[Any], depths: Mapping[str, float | None]) -> NDArray[Any]:
    unknown = sorted(set(names.tolist()) - {CONTROL, *depths})
    if unknown:
        raise ValueError(f"arm holds {unknown[0]!r}, expected one of {', '.join([CONTROL, *depths])}")
    return names


def _propensities(
    given: Mapping[str, float] | pd.DataFrame, names: NDArray[Any], depths: Mapping[str, float | None]
) -> pd.DataFrame:
    """Return (n, arms) probabilities; every arm that somebody was in must have been possible for that person."""
    table = pd.DataFrame(given, index=range(len(names))) if isinstance(given, Mapping) else given.reset_index(drop=True)
    table = table.reindex(columns=[CONTROL, *depths]).fillna(0.0)
    if len(table) != len(names):
        raise ValueError(f"propensity has {len(table)} rows, expected {len(names)}, one per row of X")
    places = table.columns.get_indexer(pd.Index(names))
    drawn = table.to_numpy()[np.arange(len(names)), places]
    if not ((drawn > 0) & (drawn <= 1)).all():
        first = int(np.argmax(~((drawn > 0) & (drawn <= 1))))
        what = f"propensity of arm {str(names[first])!r} in row {first} is {drawn[first]:g}"
        raise ValueError(f"{what}, expected 0 < p <= 1")
    return table


def _arms_with_evidence(names: NDArray[Any], bought: Floats, depths: Mapping[str, float | None]) -> list[str]:
    rows = {str(name): int((names == name).sum()) for name in [CONTROL, *depths]}
    order = sorted(depths, key=lambda arm: (depths[arm] is None, depths[arm] or 0.0, arm))
    return evidence.arms_with_evidence(rows, order, float(bought.mean()))


def _priced_trial(
    rows: Matrix, names: NDArray[Any], bought: Floats, chances: pd.DataFrame, depths: Mapping[str, float]
) -> tuple[Trial, NDArray[np.bool_]]:
    """Return the trial of control and priced arms, and which rows are in it."""
    arms = [CONTROL, *depths]
    number = {arm: place for place, arm in enumerate(arms)}
    keep = np.isin(names, arms)
    arm = np.array([number[name] for name in names[keep].tolist()], dtype=np.int64)
    return Trial(rows[keep], arm, bought[keep], chances.loc[keep, arms].to_numpy(), tuple(depths.values())), keep
