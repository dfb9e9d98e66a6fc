"""Which prior learns which part: task-aligned assignment (Feng et al., "TOOD", ICCV 2021).

A prior is good for a part when it already scores it well and boxes it well; both are judged by the
current predictions, so no IoU thresholds between priors and parts have to be tuned.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from .priors import LEVELS, INPUT_PX

_TOP = 9
_ALPHA, _BETA = 0.5, 4.0


class Assignment(NamedTuple):
    part: Tensor
    """B x N: row of the ground truth."""
    quality: Tensor
    """B x N: 0 for background, else the score that this prior should give."""


def pair_iou(a: Tensor, b: Tensor) -> Tensor:
    """IoU of every box in ... x G x 4 with every box in ... x N x 4."""
    low = torch.maximum(a[..., :, None, :2], b[..., None, :, :2])
    high = torch.minimum(a[..., :, None, 2:], b[..., None, :, 2:])
    inter = (high - low).clamp(min=0).prod(-1)
    size = lambda box: (box[..., 2:] - box[..., :2]).clamp(min=0).prod(-1)
    return inter / (size(a)[..., :, None] + size(b)[..., None, :] - inter + 1e-9)


@torch.no_grad()
def assign(probabilities: Tensor, boxes: Tensor, priors: Tensor, truth_class: Tensor, truth_box: Tensor) -> Assignment:
    """`truth_class` B x G is -1 where padded; `probabilities` has background in column 0."""
    valid = truth_class >= 0
    iou = pair_iou(truth_box, boxes)
    index = (truth_class.clamp(min=0) + 1)[:, None, :].expand(-1, probabilities.shape[1], -1)
    score = probabilities.gather(2, index).transpose(1, 2)
    aligned = score.clamp(min=1e-4) ** _ALPHA * iou.clamp(min=1e-3) ** _BETA
    aligned = aligned * _near(priors, truth_box) * valid[..., None]

    best, rows = aligned.topk(_TOP, dim=-1)
    chosen = torch.zeros_like(aligned).scatter_(-1, rows, (best > 0).float())
    # A prior wanted by several parts goes to the one that it overlaps most.
    owner = torch.where(chosen > 0, iou + 1e-6, -1.0).argmax(1)
    chosen = chosen * torch.zeros_like(chosen).scatter_(1, owner[:, None], 1.0)

    aligned = aligned * chosen
    peak = aligned.amax(-1, keepdim=True).clamp(min=1e-12)
    reach = (iou * chosen).amax(-1, keepdim=True).clamp(min=0.05)
    quality = (aligned / peak * reach).gather(1, owner[:, None])[:, 0]
    return Assignment(owner, quality)


def _near(priors: Tensor, truth_box: Tensor) -> Tensor:
    """B x G x N: center of the prior inside the part's box, or within one cell of its center for thin parts."""
    counts = [(INPUT_PX // stride) ** 2 for stride, _ in LEVELS]
    cell = torch.cat([torch.full((n,), stride / INPUT_PX) for n, (stride, _) in zip(counts, LEVELS)])
    center = (truth_box[..., :2] + truth_box[..., 2:]) / 2
    half = (truth_box[..., 2:] - truth_box[..., :2]) / 2
    away = (priors[:, :2] - center[..., None, :]).abs()
    return (away < torch.maximum(half[..., None, :], cell[:, None])).all(-1).float()
