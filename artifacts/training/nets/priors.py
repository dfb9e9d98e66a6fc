"""Prior boxes: one square per cell at strides 16 and 32, and their decoding.

Parts are 40 to 300 px long at 512 px; a finer level would only add work for the non-maximum suppression.
"""

import torch
from torch import Tensor

INPUT_PX = 512
LEVELS: tuple[tuple[int, float], ...] = ((16, 72.0), (32, 160.0))
"""Stride and side of the prior, in input pixels."""
VARIANCE = 0.5
"""Scale of the raw offsets, as in SSD (there 0.1 and 0.2): keeps the regression targets near unit size."""


def make_priors() -> Tensor:
    """N x 4: center x, center y, width, height in 0..1; row-major per level, stride 16 first."""
    rows = []
    for stride, side in LEVELS:
        cells = INPUT_PX // stride
        center = (torch.arange(cells, dtype=torch.float32) + 0.5) / cells
        y, x = torch.meshgrid(center, center, indexing="ij")
        size = torch.full_like(x, side / INPUT_PX)
        rows.append(torch.stack([x, y, size, size], -1).reshape(-1, 4))
    return torch.cat(rows)


def decode(offsets: Tensor, priors: Tensor) -> Tensor:
    """SSD decoding of ... x N x 4 offsets to x0, y0, x1, y1 in 0..1."""
    center = priors[:, :2] + offsets[..., :2] * VARIANCE * priors[:, 2:]
    half = priors[:, 2:] * torch.exp(offsets[..., 2:].clamp(-6, 6) * VARIANCE) / 2
    return torch.cat([center - half, center + half], -1)
