"""One file per part. Each exports a function of a random generator that returns a Relief."""

from collections.abc import Callable

import numpy as np

from ..relief import Relief
from .bearing import bearing
from .bolt import bolt
from .bracket import bracket
from .cotter_pin import cotter_pin
from .gear import gear
from .hex_nut import hex_nut
from .spring import spring
from .washer import washer

Shape = Callable[[np.random.Generator], Relief]

SHAPES: dict[str, Shape] = {
    "gear": gear,
    "hex-nut": hex_nut,
    "washer": washer,
    "bolt": bolt,
    "bearing": bearing,
    "spring": spring,
    "bracket": bracket,
    "cotter-pin": cotter_pin,
}
