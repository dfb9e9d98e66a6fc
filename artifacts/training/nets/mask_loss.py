"""Mask loss: binary cross-entropy of each prior that has learned a part, within the part's box."""

import torch
from torch import Tensor
from torch.nn import functional as F

from .assign import assign
from .priors import decode

_PRIORS_PER_PART = 2
_MARGIN = 0.1
"""Boxes of the device reach a little beyond those of the truth, and what lies there must be empty."""


def mask_loss(
    logits: Tensor, offsets: Tensor, coefficients: Tensor, prototypes: Tensor,
    priors: Tensor, truth_class: Tensor, truth_box: Tensor, parts: Tensor,
) -> Tensor:
    """`parts` B x S x S: 0 for none, else the row of the truth from 1."""
    found = assign(logits.softmax(-1), decode(offsets, priors), priors, truth_class, truth_box)
    side = prototypes.shape[-1]
    losses = []
    for picture in range(len(parts)):
        rows, owners = _best(found.quality[picture], found.part[picture])
        if len(rows) == 0:
            continue
        truth = F.adaptive_avg_pool2d((parts[picture] == owners[:, None, None] + 1).float(), side)
        mixed = torch.einsum("pk,khw->phw", coefficients[picture, rows], prototypes[picture])
        inside = _inside(truth_box[picture, owners], side)
        loss = F.binary_cross_entropy_with_logits(mixed, truth, reduction="none") * inside
        losses.append(loss.sum((1, 2)) / inside.sum((1, 2)).clamp(min=1))
    return torch.cat(losses).mean() if losses else prototypes.sum() * 0


def _best(quality: Tensor, part: Tensor) -> tuple[Tensor, Tensor]:
    """The priors that score best for each part, and their parts."""
    learned = torch.nonzero(quality > 0)[:, 0]
    order = learned[torch.argsort(quality[learned], descending=True)]
    same = part[order][:, None] == part[order]
    rank = torch.tril(same, -1).sum(1)
    rows = order[rank < _PRIORS_PER_PART]
    return rows, part[rows]


def _inside(boxes: Tensor, side: int) -> Tensor:
    """P x side x side: 1 for cells whose middle lies in the widened box."""
    middle = (torch.arange(side, dtype=torch.float32) + 0.5) / side
    margin = (boxes[:, 2:] - boxes[:, :2]) * _MARGIN
    low, high = boxes[:, :2] - margin, boxes[:, 2:] + margin
    x, y = ((middle >= low[:, [axis]]) & (middle <= high[:, [axis]]) for axis in (0, 1))
    return (y[:, :, None] & x[:, None, :]).float()
