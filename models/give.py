"""What an offer gives away when somebody orders with it."""

from collections.abc import Mapping
from dataclasses import dataclass

from models.data import Floats


@dataclass(frozen=True)
class Give:
    """What an offer gives away with an order: a share of the basket and an amount."""

    share: float
    amount: float

    def of(self, baskets: Floats) -> Floats:
        """Return the expected give-away of each basket."""
        return self.share * baskets + self.amount


def gives(
    arms: Mapping[str, float | None],
    costs: Mapping[str, float],
    given: Mapping[str, tuple[float, float, float]] | None,
) -> dict[str, Give]:
    """Return what each arm gives.

    Args:
        arms: arm -> depth or None.
        costs: arm without a price -> cost per order.
        given: arm -> (sum of discounts, sum of sales, orders) as measured in the trial; None = not measured.
    """
    measured = given or {}
    return {arm: _give(depth, costs.get(arm), measured.get(arm)) for arm, depth in arms.items()}


def _give(depth: float | None, cost: float | None, measured: tuple[float, float, float] | None) -> Give:
    discount, sales, orders = measured or (0.0, 0.0, 0.0)
    if depth is not None:
        # Not every basket takes the whole depth: some redeem nothing, some goods are excluded.
        return Give(discount / sales if sales > 0 else depth, 0.0)
    if cost is not None:
        return Give(0.0, cost)
    return Give(0.0, discount / orders if orders else 0.0)
