"""Teaches a packaged PartsDetector: python -m loop.fine_tune PACKAGE OUT --labels FILE --data ANNOTATIONS=PICTURES…

The labels begin with those of the package; what follows is new. Data sets are those of `edgeml dataset --to coco`. OUT is a folder; it gets
model.onnx and labels.txt. Prints one JSON object a line: the loss of each epoch, then the summary.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch

from batches import train_batches
from export import export
from loop.coco_set import joined, read
from loop.weights import freeze_norms, from_onnx
from nets.ema import Ema
from nets.losses import detection_loss
from schedule import descend, make_optimizer


_WARM_UP_STEPS = 20


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("package", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--data", action="append", required=True, help="ANNOTATIONS=PICTURES; may be given again")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    rng = np.random.default_rng(options.seed)
    labels = _labels(options.labels, options.package / "labels.txt")
    data = joined([read(Path(a), Path(p), labels) for a, p in (one.split("=") for one in options.data)])

    model = from_onnx(options.package / "model.onnx", len(labels)).to(memory_format=torch.channels_last)
    model.backbone.freeze_early()
    ema, optimizer = Ema(model, decay=0.98), make_optimizer(model, options.rate)
    steps, step, began = options.epochs * (len(data.objects) // options.batch), 0, time.time()
    for epoch in range(options.epochs):
        model.train()
        freeze_norms(model)
        total = 0.0
        for x, classes, boxes in train_batches(data, options.batch, rng, zoom=0.3):
            for group in optimizer.param_groups:
                group["lr"] = _rate(options.rate, step, steps)
            logits, offsets = model(x)
            score_loss, box_loss = detection_loss(logits, offsets, model.priors, classes, boxes)
            descend(model, optimizer, score_loss + box_loss)
            ema.update(model)
            step += 1
            total += score_loss.item() + box_loss.item()
        print(json.dumps({"epoch": epoch + 1, "loss": round(total * options.epochs / steps, 4)}), flush=True)

    options.out.mkdir(parents=True, exist_ok=True)
    checkpoint = options.out / "checkpoint.pt"
    torch.save(ema.model.state_dict(), checkpoint)
    export("detector", checkpoint, options.out / "model.onnx", len(labels))
    checkpoint.unlink()
    (options.out / "labels.txt").write_text("\n".join(labels) + "\n")
    print(json.dumps({"pictures": len(data.objects), "steps": steps, "seconds": round(time.time() - began, 1)}))


def _rate(peak: float, step: int, steps: int) -> float:
    """One cosine, after a warm-up that is short, since there are few steps."""
    return peak * min(1, (step + 1) / _WARM_UP_STEPS) * (0.02 + 0.98 * 0.5 * (1 + np.cos(np.pi * step / steps)))


def _labels(file: Path, packaged: Path) -> tuple[str, ...]:
    wanted, known = (tuple(one.read_text().split("\n")[:-1]) for one in (file, packaged))
    if wanted[: len(known)] != known:
        raise SystemExit(f"{file} must begin with the labels of the package, in their order: {', '.join(known)}")
    return wanted


if __name__ == "__main__":
    main()
