"""What an offer changes: incremental margin per person and arm, from a randomised trial.

    chance to buy (or orders) with and without the offer x basket of an order x (margin - depth)

The discount's arithmetic is known and is not learned. See models.uplift_learning for what is, and
docs/explanation/uplift.md for why.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any, Self

import lightgbm as lgb
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from models import (
    appeal,
    basket,
    calibration,
    give,
    redemption,
    segment_cost,
    uplift_error,
    uplift_learning,
    uplift_trial,
)
from models.basket import Basket
from models.boosting import importance_shares
from models.calibration import Calibration
from models.crossfit import Matrix
from models.data import Floats
from models.give import Give
from models.learned import Learned
from models.redemption import Promises, Redemption
from models.segment_cost import Kin
from models.uplift_trial import column

Affinity = Mapping[str, ArrayLike] | None

_BASKET = "basket.txt"
# Log-odds of what everybody in the trial did.
_SURE = 10.0


class UpliftModel(BaseEstimator):  # type: ignore[misc]
    """Incremental margin of offers, learned from people who were assigned to arms at random.

    Args:
        depths: arm -> discount as a share of sales (0.10 = 10 %); None = an offer without a price on the basket
            (an e-mail, a fixed amount, points, a gift, free delivery).
        random_state: seed of the boosters.
        costs: arm with depth None -> what it costs us per order, in the unit of `sales`; measured if not named.
        order_worths: arm -> margin of an order that it brings about, as a ratio to a usual one (an offer on a category
            brings orders of that category); 1 if not named.
        kin: arm -> arms whose redemptions tell something of its own; one that is not named is like no other.
        always_redeemed: arms that every order they bring about redeems (a percentage without a threshold).
        thread_count: threads of the boosters; the model is the same with any number.

    Attributes:
        arms_: the arms with enough people to say something, priced ones first, by rising depth.
        arm_effects_: mean change of the chance to buy (or of the number of orders) per arm, with its error.
        learned_: the effect of every arm on the outcome.
        basket_: the basket of an order.
        gives_: arm -> what it gives away per order.
        extra_share_: basket of an order that an offer brings about, as a share of a usual one.
        redemption_: who redeems which arm and what that costs; None if the trial did not tell.
    """

    def __init__(
        self,
        depths: Mapping[str, float | None],
        random_state: int | np.random.RandomState | None = 0,
        *,
        costs: Mapping[str, float] | None = None,
        order_worths: Mapping[str, float] | None = None,
        kin: Mapping[str, Kin] | None = None,
        always_redeemed: Collection[str] = (),
        thread_count: int = 1,
    ) -> None:
        self.depths = depths
        self.random_state = random_state
        self.costs = costs
        self.order_worths = order_worths
        self.kin = kin
        self.always_redeemed = always_redeemed
        self.thread_count = thread_count

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
        orders: ArrayLike | None = None,
        spent: ArrayLike | None = None,
        qualifying: Mapping[str, ArrayLike] | None = None,
        affinity: Affinity = None,
    ) -> Self:
        """Learn from a trial of n people; sort them by a key first, since their order changes the trees.

        Args:
            X: features (n, k), numeric, NaN allowed.
            arm: "control" or a key of `depths`, per person.
            bought, sales: whether the person bought in the horizon; sales before the offer's discount, 0 without any.
            margin_share: margin as a share of sales before the discount, one number or one per person.
            propensity: arm -> probability, or a DataFrame (n, arms) of them; 0 = could not be drawn.
            discount: what the offer gave each person; if given, what an arm gives is measured (models.give).
            orders: number of orders that `sales` come from. If given, the effect is on the number of orders, which
                sees the extra order of somebody who buys anyway; else everybody who bought has one.
            spent: what each person's offer cost us, 0 where it was not redeemed; if given, `cost` is learned from
                it, and mean effects of arms without a price lean on how much of each is redeemed (models.appeal).
            qualifying: arm on a category or product -> everybody's number of orders that hold it; needs `orders`. If
                given, they and the other orders tell the arm's mean effect apart, which is surer (models.qualifying).
            affinity: arm on a category or product -> how much everybody leans to it: above 0, 1 = usual
                (models.affinity). If given with `spent`, costs are learned by it, and predictions want it.

        Raises:
            ValueError: shapes, arms or propensities do not fit together.
            NoEvidence: too few people in the control arm or in every other arm.
        """
        rows = np.asarray(validate_data(self, X, ensure_all_finite="allow-nan"), dtype=np.float32)
        size = len(rows)
        names = uplift_trial.arm_names(arm, size, self.depths)
        outcome, money = column("bought", bought, size), column("sales", sales, size)
        counts = outcome if orders is None else column("orders", orders, size)
        self.margin_share_ = float(np.mean(column("margin_share", margin_share, size)))
        chances = uplift_trial.propensities(propensity, names, self.depths)
        self.arms_ = uplift_trial.arms_with_evidence(names, outcome, self.depths)
        known = None if spent is None else column("spent", spent, size)
        self._learn(rows, names, (outcome, counts, money, known), chances, is_count=orders is not None, held=qualifying)
        self.gives_ = self._gives(names, counts, money, discount)
        self.redemption_ = None if known is None else self._redemption(rows, names, known, affinity)
        return self

    def effect(
        self,
        X: Any,  # noqa: N803
        *,
        margin_share: float | ArrayLike,
        affinity: Affinity = None,
    ) -> pd.DataFrame:
        """Return the incremental margin net of the discount, one row per person and one column per arm."""
        return self.predictions(X, margin_share=margin_share, affinity=affinity)[0]

    def cost(self, X: Any, *, affinity: Affinity = None) -> pd.DataFrame:  # noqa: N803
        """Return the expected cost of the discount, one row per person and one column per arm."""
        return self.predictions(X, margin_share=0.0, affinity=affinity)[1]

    def predictions(
        self,
        X: Any,  # noqa: N803
        *,
        margin_share: float | ArrayLike,
        affinity: Affinity = None,
    ) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
        """Return `effect`, `cost` and `baseline` of the same people, which costs no more than one of them.

        `affinity` is as in `fit`; who has none is usual.
        """
        before, after, baskets = self._predict(X)
        share = column("margin_share", margin_share, len(before))
        added, cost = after - before[:, None], after * self._give_aways(baskets)
        if self.redemption_ is not None:
            added, chance = self._agreed(self._rows(X), (before, after), affinity)
            cost = self.redemption_.cost(chance, baskets)
        gained = added * self._margins(baskets, share)
        baseline = pd.Series(self._chance(before), index=_index(X, len(before)), name="baseline")
        return self._frame(X, gained - cost), self._frame(X, cost), baseline

    def effect_error(self, X: Any, *, margin_share: float | ArrayLike) -> pd.DataFrame:  # noqa: N803
        """Return the standard error of `effect`, one row per person and one column per arm.

        It counts the noise of the boosters (jackknife over folds), of each arm's level and of the slope, and what
        differences between people the slope cannot tell; not that of the basket. See models.uplift_error.
        """
        rows = self._rows(X)
        baskets = self.basket_.of(rows, self.thread_count)
        margin = self._margins(baskets, column("margin_share", margin_share, len(rows)))
        error = uplift_error.standard_error(
            self.learned_, rows, margin, self._give_aways(baskets), threads=self.thread_count
        )
        return self._frame(X, error)

    def baseline(self, X: Any) -> pd.Series:  # noqa: N803
        """Return each person's chance to buy without any offer."""
        before = self._predict(X)[0]
        return pd.Series(self._chance(before), index=_index(X, len(before)), name="baseline")

    def redeem_chance(self, X: Any, *, affinity: Affinity = None) -> pd.DataFrame | None:  # noqa: N803
        """Return the chance that the offer is redeemed, like `cost`; None if the trial did not tell."""
        if self.redemption_ is None:
            return None
        before, after, _ = self._predict(X)
        return self._frame(X, self._agreed(self._rows(X), (before, after), affinity)[1])

    def added_orders(self, X: Any, *, affinity: Affinity = None) -> pd.DataFrame:  # noqa: N803
        """Return the orders (without `orders`: the chance to buy) that each arm adds, like `cost`."""
        before, after, _ = self._predict(X)
        if self.redemption_ is None:
            return self._frame(X, after - before[:, None])
        return self._frame(X, self._agreed(self._rows(X), (before, after), affinity)[0])

    def importances(self) -> list[tuple[str, float]]:
        """Return features by their share of the gain in telling who answers an offer, largest first."""
        check_is_fitted(self)
        names = [*getattr(self, "feature_names_in_", [f"x{place}" for place in range(self.n_features_in_)])]
        found = self.learned_.sensitivities()
        texts = [text for each in found for text in each.boosters.texts] or [*self.learned_.base.texts]
        gains = [lgb.Booster(model_str=text).feature_importance("gain") for text in texts]
        return importance_shares(names, np.sum(gains, axis=0) if gains else np.zeros(len(names)))

    def parts(self) -> dict[str, str]:
        """Return the LightGBM texts by file name, for the registry."""
        check_is_fitted(self)
        redeemed = {} if self.redemption_ is None else self.redemption_.parts()
        return self.learned_.parts() | {_BASKET: self.basket_.text} | redeemed

    def settings(self) -> dict[str, Any]:
        """Return everything else that predictions need as plain JSON, for the registry."""
        check_is_fitted(self)
        return {
            "depths": dict(self.depths),
            "arms": self.arms_,
            "learned": self.learned_.settings(),
            "gives": {arm: asdict(each) for arm, each in self.gives_.items()},
            "basket": self.basket_.settings(),
            "extra_share": self.extra_share_,
            "order_worths": dict(self.order_worths or {}),
            "always_redeemed": sorted(self.always_redeemed),
            "redemption": None if self.redemption_ is None else self.redemption_.settings(),
            "chance": None if self.chance_ is None else self.chance_.to_json(),
            "feature_count": self.n_features_in_,
            "feature_names": [str(name) for name in getattr(self, "feature_names_in_", ())],
        }

    @classmethod
    def restored(cls, parts: Mapping[str, str], settings: Mapping[str, Any]) -> Self:
        """Return the model that `parts` and `settings` came from, ready to predict."""
        kept = ("depths", "order_worths", "always_redeemed")
        model = cls(**{name: settings[name] for name in kept})
        model.arms_, model.learned_ = settings["arms"], Learned.restored(parts, settings["learned"])
        model.gives_ = {arm: Give(**each) for arm, each in settings["gives"].items()}
        model.basket_ = Basket(parts[_BASKET], **settings["basket"])
        model.chance_ = None if settings["chance"] is None else Calibration.from_json(settings["chance"])
        model.extra_share_ = settings["extra_share"]
        redeemed = settings["redemption"]
        model.redemption_ = None if redeemed is None else Redemption.restored(parts, redeemed)
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

    def _learn(
        self,
        rows: Matrix,
        names: NDArray[np.str_],
        seen: tuple[Floats, Floats, Floats, Floats | None],
        chances: pd.DataFrame,
        *,
        is_count: bool,
        held: Mapping[str, ArrayLike] | None,
    ) -> None:
        """Learn baskets and effects; `seen` is who bought, orders, sales and, if known, what each offer cost."""
        bought, orders, sales, spent = seen
        self.basket_ = self._basket(rows, sales, orders)
        holding = {arm: column(f"qualifying {arm}", each, len(rows)) for arm, each in (held or {}).items()}
        trial, keep = uplift_trial.trial_of(
            rows, names, orders, chances, self.arms_, is_count=is_count, holding=holding
        )
        depths = tuple(float(depth) for arm in self.arms_ if (depth := self.depths[arm]) is not None)
        sizes = None if spent is None else appeal.sizes(trial.arm, spent[keep], trial.propensity, self._worths())
        found = uplift_learning.learn(trial, self.arms_, depths, self._seed(), self.thread_count, sizes)
        self.learned_, self.arm_effects_, means = found
        # Orders are not spread as evenly as a count's model says; who buys at all is read off the trial, from what
        # everybody was expected to order with the arm he got.
        own = means[np.arange(len(means)), trial.arm]
        self.chance_ = _chance_of(own, bought[keep] > 0) if is_count else None
        baskets = self.basket_.of(trial.rows, self.thread_count)
        self.extra_share_ = basket.extra_share(
            trial.arm, sales[keep], trial.seen, propensity=trial.propensity, means=means, baskets=baskets
        )

    def _chance(self, before: Floats) -> Floats:
        return before if self.chance_ is None else self.chance_.apply(_any(before))

    def _basket(self, rows: Matrix, sales: Floats, orders: Floats) -> Basket:
        buyers = (orders > 0) & (sales > 0)
        return basket.fit(rows[buyers], sales[buyers], orders[buyers], self._seed(), self.thread_count)

    def _gives(
        self, names: NDArray[np.str_], orders: Floats, sales: Floats, discount: ArrayLike | None
    ) -> dict[str, Give]:
        measured = None
        if discount is not None:
            given = column("discount", discount, len(names))
            inside = {arm: names == arm for arm in self.arms_}
            measured = {
                arm: (float(given[rows].sum()), float(sales[rows].sum()), float(orders[rows].sum()))
                for arm, rows in inside.items()
            }
        return give.gives({arm: self.depths[arm] for arm in self.arms_}, self.costs or {}, measured)

    def _affinity(self, given: Affinity, size: int) -> Floats:
        """Return (n, arms) affinities, 1 where none is given.

        Raises:
            ValueError: another number of them, or one that is not above 0.
        """
        found = np.ones((size, len(self.arms_)))
        for place, arm in enumerate(self.arms_):
            if given is not None and arm in given:
                found[:, place] = column(f"affinity {arm}", given[arm], size)
        if (found <= 0).any():
            raise ValueError(f"affinity holds {found.min():g}, expected more than 0 (1 = usual)")
        return found

    def _redemption(self, rows: Matrix, names: NDArray[np.str_], cost: Floats, affinity: Affinity) -> Redemption | None:
        got = np.isin(names, self.arms_)
        place = pd.Index(self.arms_).get_indexer(pd.Index(names[got])).astype(np.int64)
        baskets = self.basket_.of(rows[got], self.thread_count)
        before = self.learned_.expected(rows[got], self.thread_count)[:, 0]
        own = self._affinity(affinity, len(rows))[got][np.arange(len(place)), place]
        promises = Promises(rows[got], place, cost[got], before, own, baskets)
        kin = dict(zip(self.arms_, segment_cost.kin_of(self.arms_, self.kin or {}), strict=True))
        return redemption.learn(promises, self.depths, kin, self._seed() + 1_000, self.thread_count)

    def _predict(self, X: Any) -> tuple[Floats, Floats, Floats]:  # noqa: N803
        """Return the outcome without an offer (n), with each arm (n, arms), and the basket of an order (n)."""
        rows = self._rows(X)
        means = self.learned_.expected(rows, self.thread_count)
        baskets = self.basket_.of(rows, self.thread_count)
        return means[:, 0], means[:, 1:], baskets

    def _agreed(self, rows: Matrix, orders: tuple[Floats, Floats], affinity: Affinity) -> tuple[Floats, Floats]:
        """Return (n, arms) orders that arms add and chances to redeem them; `orders` are those without and with."""
        assert self.redemption_ is not None
        before, after = orders
        leaning = self._affinity(affinity, len(rows))
        chance = self.redemption_.chance(rows, before, leaning, self.thread_count)
        is_whole = np.isin(self.arms_, [*self.always_redeemed])
        return redemption.agreed(after - before[:, None], chance, is_whole)

    def _margins(self, baskets: Floats, margin_share: Floats) -> Floats:
        """Return (n, arms) margin of an order that each arm brings about, before what it gives away."""
        return np.asarray((self.extra_share_ * baskets * margin_share)[:, None] * self._worths(), dtype=np.float64)

    def _worths(self) -> Floats:
        worths = self.order_worths or {}
        return np.array([worths.get(arm, 1.0) for arm in self.arms_])

    def _give_aways(self, baskets: Floats) -> Floats:
        return np.column_stack([self.gives_[arm].of(baskets) for arm in self.arms_])

    def _frame(self, X: Any, values: Floats) -> pd.DataFrame:  # noqa: N803
        return pd.DataFrame(values, index=_index(X, len(values)), columns=self.arms_)


def _chance_of(orders: Floats, bought: NDArray[np.bool_]) -> Calibration:
    """Return how likely somebody buys at all by his expected number of orders."""
    if not bought.any() or bought.all():
        ends = (_SURE, _SURE) if bought.all() else (-_SURE, -_SURE)
        return Calibration("platt", (-_SURE, _SURE), ends)
    return calibration.fit_platt(_any(orders), bought)


def _any(orders: Floats) -> Floats:
    """Return the chance of at least one order if orders came independently."""
    return np.asarray(1 - np.exp(-orders), dtype=np.float64)


def _index(rows: Any, size: int) -> pd.Index:
    return rows.index if isinstance(rows, pd.DataFrame) else pd.RangeIndex(size)
