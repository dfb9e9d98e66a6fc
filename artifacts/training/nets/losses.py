"""Detection loss: soft cross-entropy towards the assigned quality, GIoU for the boxes."""

import torch
from torch import Tensor

from .assign import assign
from .priors import decode

_BOX_WEIGHT = 2.5


def detection_loss(logits: Tensor, offsets: Tensor, priors: Tensor, truth_class: Tensor, truth_box: Tensor) -> tuple[Tensor, Tensor]:
    """Score loss and weighted box loss."""
    logits, boxes = logits.float(), decode(offsets.float(), priors)
    log_p = logits.log_softmax(-1)
    found = assign(log_p.detach().exp(), boxes.detach(), priors, truth_class, truth_box)

    label = truth_class.gather(1, found.part).clamp(min=0) + 1
    target_log_p = log_p.gather(2, label[..., None])[..., 0]
    quality, total = found.quality, found.quality.sum().clamp(min=1)
    score_loss = -(quality * target_log_p + (1 - quality) * log_p[..., 0]).sum() / total

    positive = quality > 0
    target = truth_box.gather(1, found.part[..., None].expand(-1, -1, 4))
    overlap = giou(boxes[positive], target[positive])
    box_loss = ((1 - overlap) * quality[positive]).sum() / total
    return score_loss, box_loss * _BOX_WEIGHT


def giou(a: Tensor, b: Tensor) -> Tensor:
    """Generalized IoU (Rezatofighi et al., CVPR 2019) of matching rows."""
    area = lambda box: (box[:, 2:] - box[:, :2]).clamp(min=0).prod(-1)
    inter = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0).prod(-1)
    union = area(a) + area(b) - inter + 1e-9
    hull = (torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])).prod(-1) + 1e-9
    return inter / union - (hull - union) / hull
