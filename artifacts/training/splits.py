"""Seeds and sizes of every split. Disjoint seeds mean disjoint shapes, surfaces and light."""

from dataclasses import dataclass

import numpy as np

SEED = 20260725
SHARD = 50
"""Pictures that share one bank of shapes."""


@dataclass(frozen=True)
class Split:
    kind: str
    stream: int
    """Second word of the seed."""
    count: int
    as_files: bool
    """True: JPEG files, read by the reference pipeline; false: one array at the network's input size."""
    parts: bool = False
    """Whether the part that each pixel shows is kept beside the pictures."""


SPLITS: dict[str, Split] = {
    "scenes-train": Split("scenes", 1, 4000, False),
    "scenes-dev": Split("scenes", 2, 150, False),
    "scenes-test": Split("scenes", 3, 500, True, parts=True),
    "closeups-train": Split("closeups", 4, 8000, False),
    "closeups-dev": Split("closeups", 5, 400, False),
    "closeups-test": Split("closeups", 6, 1200, True),
    "masks-train": Split("scenes", 15, 1000, False, parts=True),
    "masks-dev": Split("scenes", 16, 100, False, parts=True),
    "samples": Split("samples", 7, 0, True),
}
INPUT_PX = {"scenes": 512, "closeups": 224}


def shard_rng(split: Split, shard: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence([SEED, split.stream, shard]))
