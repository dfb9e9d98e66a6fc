"""Trains PartsClassifier: python train_classifier.py CACHE CHECKPOINT [--backbone DETECTOR.pt] [--epochs N].

It starts from the detector's backbone, which has already learned the same parts at the same scale: the
early layers are taken over as they are.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from batches import Cached, load, to_input, train_batches
from nets.classifier import Classifier
from nets.ema import Ema
from parts.classes import CLASSES
from schedule import descend, make_optimizer, set_rate
from splits import SEED

_SMOOTHING = 0.05


@torch.no_grad()
def dev_top1(model: Classifier, data: Cached) -> float:
    model.eval()
    right = 0
    for start in range(0, len(data.objects), 50):
        guess = model(to_input(data.images[start : start + 50])).argmax(1).numpy()
        right += sum(int(g == o[0, 0]) for g, o in zip(guess, data.objects[start : start + 50]))
    return right / len(data.objects)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("cache", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--epochs", type=int, default=16)
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--backbone", type=Path)
    options = parser.parse_args()
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED + 1)
    train, dev = load(options.cache / "closeups-train"), load(options.cache / "closeups-dev")

    model = Classifier(len(CLASSES))
    if options.backbone:
        weights = torch.load(options.backbone)
        model.backbone.load_state_dict({k[9:]: v for k, v in weights.items() if k.startswith("backbone.")})
        model.backbone.freeze_early()
    model = model.to(memory_format=torch.channels_last)
    print("parameters", sum(p.numel() for p in model.parameters()), flush=True)
    ema, optimizer = Ema(model), make_optimizer(model, options.rate)
    steps, step = options.epochs * (len(train.objects) // options.batch), 0
    began = time.time()
    for epoch in range(options.epochs):
        model.train()
        total = 0.0
        for x, classes, _ in train_batches(train, options.batch, rng, zoom=0.3):
            set_rate(optimizer, options.rate, step, steps)
            # -1: magnified until most of the picture was gone
            loss = F.cross_entropy(model(x), classes[:, 0], label_smoothing=_SMOOTHING, ignore_index=-1)
            descend(model, optimizer, loss)
            ema.update(model)
            step += 1
            total += loss.item()
        mean = total / (step / (epoch + 1))
        print(f"epoch {epoch + 1} {time.time() - began:.0f}s loss {mean:.4f} dev top-1 {dev_top1(ema.model, dev):.4f}", flush=True)
        torch.save(ema.model.state_dict(), options.checkpoint)


if __name__ == "__main__":
    main()
