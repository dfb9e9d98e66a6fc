"""AdamW and one cosine, with a short warm-up. Norms and biases are not decayed."""

import math

import torch
from torch import nn

_WARM_UP_STEPS = 150


def make_optimizer(model: nn.Module, rate: float) -> torch.optim.Optimizer:
    decayed = [p for p in model.parameters() if p.requires_grad and p.ndim > 1]
    plain = [p for p in model.parameters() if p.requires_grad and p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": 0.02}, {"params": plain, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=rate, fused=True)


def set_rate(optimizer: torch.optim.Optimizer, peak: float, step: int, steps: int) -> None:
    if step < _WARM_UP_STEPS:
        rate = peak * (step + 1) / _WARM_UP_STEPS
    else:
        part = (step - _WARM_UP_STEPS) / max(1, steps - _WARM_UP_STEPS)
        rate = peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * part)))
    for group in optimizer.param_groups:
        group["lr"] = rate


def descend(model: nn.Module, optimizer: torch.optim.Optimizer, loss: torch.Tensor) -> None:
    """One step down the gradient, whose norm is at most 5."""
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], 5.0)
    optimizer.step()
