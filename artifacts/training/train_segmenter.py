"""Teaches masks to a packaged PartsDetector: python train_segmenter.py CACHE PARTS_DETECTOR CHECKPOINT [--epochs N].

The detector stays as it is, so that classes, scores and boxes of PartsSegmenter are those of PartsDetector.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from batches import Cached, load, pad_objects, part_batches, to_input
from loop.weights import from_onnx
from nets.ema import Ema
from nets.mask_loss import mask_loss
from nets.segmenter import Segmenter
from parts.classes import CLASSES
from schedule import descend, make_optimizer, set_rate
from splits import SEED


@torch.no_grad()
def dev_loss(model: Segmenter, data: Cached) -> float:
    losses = []
    for start in range(0, len(data.objects), 10):
        rows = slice(start, start + 10)
        objects, parts = pad_objects(data.objects[rows]), torch.from_numpy(data.parts[rows])
        losses.append(mask_loss(*model(to_input(data.images[rows])), model.detector.priors, *objects, parts).item())
    return float(np.mean(losses))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("cache", type=Path)
    parser.add_argument("detector", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--batch", type=int, default=10)
    parser.add_argument("--rate", type=float, default=4e-3)
    options = parser.parse_args()
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    train, dev = load(options.cache / "masks-train"), load(options.cache / "masks-dev")

    model = Segmenter(from_onnx(options.detector / "model.onnx", len(CLASSES))).to(memory_format=torch.channels_last)
    print("parameters", sum(p.numel() for p in model.parameters()), flush=True)
    ema, optimizer = Ema(model, decay=0.99), make_optimizer(model, options.rate)
    steps, step, began = options.epochs * (len(train.objects) // options.batch), 0, time.time()
    for epoch in range(options.epochs):
        model.train()
        total = 0.0
        for x, classes, boxes, parts in part_batches(train, options.batch, rng):
            set_rate(optimizer, options.rate, step, steps)
            loss = mask_loss(*model(x), model.detector.priors, classes, boxes, parts)
            descend(model, optimizer, loss)
            ema.update(model)
            step += 1
            total += loss.item()
        mean = total * options.epochs / steps
        print(f"epoch {epoch + 1} {time.time() - began:.0f}s loss {mean:.4f} dev {dev_loss(ema.model, dev):.4f}", flush=True)
        torch.save(ema.model.state_dict(), options.checkpoint)


if __name__ == "__main__":
    main()
