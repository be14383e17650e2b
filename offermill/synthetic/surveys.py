"""Survey answers: some customers say after an order whether they would recommend the shop, fewer do after a return.

Who answers what is a fixed property of the order, not a draw: the other sources keep their bytes.
"""

import numpy as np
import pyarrow as pa

from offermill.synthetic.arrays import Bools, Floats, Ints, moments, picked, unit_hash
from offermill.synthetic.clock import DAY
from offermill.synthetic.people import People
from offermill.synthetic.period import Timed
from offermill.synthetic.till import Sales
from offermill.synthetic.world import Window, World, record_ids

QUESTION = "nps"
SHARE = 0.03
ANSWERED_AFTER_DAYS = 3  # at most
SCORES_AFTER_SALE = (0.01, 0.01, 0.01, 0.02, 0.02, 0.06, 0.07, 0.14, 0.22, 0.20, 0.24)  # from 0 to 10
SCORES_AFTER_RETURN = (0.10, 0.06, 0.07, 0.09, 0.09, 0.14, 0.12, 0.12, 0.10, 0.06, 0.05)
COMMENT_SHARE = 0.2
COMMENTS = (
    "Ātri un laipni!", "Viss kārtībā, paldies", "Rinda pie kases bija gara…", "Спасибо, очень довольна!",
    "Цена на полке была другая; \"скидка\" не сработала", "Quick, friendly, will be back :-)", "It was OK, I guess",
    "The parcel came late\nand nobody answered the phone",
)  # fmt: skip


def of_orders(people: People, world: World, window: Window, sold: Sales) -> Timed:
    """The survey_answers source of a window's orders, and the day number of each row; guests are not asked."""
    asked = np.flatnonzero(~sold.is_guest & (unit_hash(people.key[sold.row], sold.local, 71) < SHARE))
    row, ordered = sold.row[asked], sold.local[asked]
    key = people.key[row]
    answered = ordered + 3_600 + np.floor(unit_hash(key, ordered, 73) * ANSWERED_AFTER_DAYS * DAY).astype(np.int64)
    score = _scores(sold.is_return[asked], unit_hash(key, ordered, 75))
    said = unit_hash(key, ordered, 77) / COMMENT_SHARE
    order = np.lexsort((row, answered))
    answers = {
        "customer_id": record_ids(people, row, answered),
        "assignment_id": pa.nulls(len(row), pa.string()),
        "question": picked((QUESTION,), np.zeros(len(row), np.int64)),
        "score": pa.array(score),
        "comment": picked(COMMENTS, np.where(said < 1, said * len(COMMENTS), -1).astype(np.int64)),
        "answered_at": moments(world.clock.utc(answered)),
    }
    table = pa.table(answers).take(pa.array(order))
    return table.add_column(0, "answer_id", window.ids("q", len(row))), answered[order] // DAY


def _scores(is_return: Bools, unit: Floats) -> Ints:
    """From 0 to 10 by the shares of sales and of returns."""
    by_sale, by_return = (np.cumsum(shares)[:-1] for shares in (SCORES_AFTER_SALE, SCORES_AFTER_RETURN))
    after_sale, after_return = (np.searchsorted(cuts, unit, side="right") for cuts in (by_sale, by_return))
    return np.where(is_return, after_return, after_sale)
