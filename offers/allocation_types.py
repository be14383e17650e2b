"""Short names for the arrays of the allocation."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
# Class numbers take two bytes where they fit and four where they do not.
Kinds = NDArray[Any]
