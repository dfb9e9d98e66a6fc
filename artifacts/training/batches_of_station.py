"""Pictures of the inspection station by split, prepared as a device prepares them; seeds are disjoint."""

from collections.abc import Iterator

import cv2
import numpy as np

from inspector_graph import INPUT_PX, MEAN, STD
from parts.defects import DEFECTS
from parts.station import Station
from splits import SEED

_SPLITS = {"station-train": (8, 400, 0), "station-dev": (9, 100, 100), "station-test": (10, 300, 300)}
"""Second word of the seed, good pictures, bad pictures."""


def jpegs(split: str) -> Iterator[tuple[bytes, np.ndarray, str | None]]:
    """JPEG, mask and name of the defect; every kind of defect equally often."""
    station, (stream, good, bad), kinds = Station(), _SPLITS[split], list(DEFECTS)
    for index in range(good + bad):
        rng = np.random.default_rng(np.random.SeedSequence([SEED, stream, index]))
        defect = None if index < good else kinds[index % len(kinds)]
        image, mask = station.picture(rng, defect)
        yield cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(80, 96))])[1].tobytes(), mask, defect


def pictures(split: str) -> Iterator[tuple[np.ndarray, np.ndarray, str | None]]:
    for jpeg, mask, defect in jpegs(split):
        image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        image = cv2.resize(image, (INPUT_PX, INPUT_PX), interpolation=cv2.INTER_LINEAR)[..., ::-1]
        value = (image.astype(np.float32) - MEAN) / STD
        yield np.ascontiguousarray(value.transpose(2, 0, 1)[None]), mask, defect
