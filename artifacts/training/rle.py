"""COCO's compressed run lengths. Source: COCO's API, common/maskApi.c, read as a specification."""

import numpy as np


def encode(mask: np.ndarray) -> dict:
    """Height x width, true inside: runs column by column, beginning with those outside."""
    flat = mask.T.ravel().astype(np.uint8)
    edges = np.flatnonzero(np.diff(flat, prepend=0))
    runs = np.diff(np.concatenate([[0], edges, [len(flat)]])).tolist()
    text = "".join(_number(run - (runs[at - 2] if at > 2 else 0)) for at, run in enumerate(runs))
    return {"size": list(mask.shape), "counts": text}


def _number(rest: int) -> str:
    """Groups of five bits, the lowest first; bit 5 says that a group follows."""
    text = ""
    while True:
        bits, rest = rest & 31, rest >> 5
        more = rest != (-1 if bits & 16 else 0)
        text += chr((bits | 32 if more else bits) + 48)
        if not more:
            return text
