"""Trains PartsDetector: python train_detector.py CACHE CHECKPOINT [--start CHECKPOINT] [--epochs N].

With --start the pictures grow by a sixth on average, towards the sizes that are asked for, and with
--freeze-early the first layers rest, which halves the time of a step.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from batches import Cached, load, to_input, train_batches
from metrics import mean_ap
from nets.detector import Detector, DetectorGraph
from nets.ema import Ema
from nets.losses import detection_loss
from nms import detections
from parts.classes import CLASSES
from schedule import descend, make_optimizer, set_rate
from splits import SEED


@torch.no_grad()
def dev_map(model: Detector, data: Cached) -> float:
    graph, found = DetectorGraph(model).eval(), []
    for start in range(0, len(data.objects), 16):
        boxes, scores = graph(to_input(data.images[start : start + 16]))
        found += [detections(b, s, 0.02) for b, s in zip(boxes.numpy(), scores.numpy())]
    return mean_ap(found, data.objects, len(CLASSES))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("cache", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=4e-3)
    parser.add_argument("--start", type=Path, help="checkpoint to continue from")
    parser.add_argument("--freeze-early", action="store_true")
    parser.add_argument("--stream", type=int, default=0, help="second word of the seed: the order of pictures differs from call to call")
    options = parser.parse_args()
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED + options.stream)
    train, dev = load(options.cache / "scenes-train"), load(options.cache / "scenes-dev")

    model = Detector(len(CLASSES)).to(memory_format=torch.channels_last)
    if options.start:
        model.load_state_dict(torch.load(options.start))
    if options.freeze_early:
        model.backbone.freeze_early()
    print("parameters", sum(p.numel() for p in model.parameters()), flush=True)
    ema, optimizer = Ema(model), make_optimizer(model, options.rate)
    steps, step = options.epochs * (len(train.objects) // options.batch), 0
    began = time.time()
    for epoch in range(options.epochs):
        model.train()
        sums = np.zeros(2)
        zoom, drift = (0.5, 0.15) if options.start else (0.4 if epoch < options.epochs - 2 else 0.0, 0.0)
        for x, classes, boxes in train_batches(train, options.batch, rng, zoom, drift):
            set_rate(optimizer, options.rate, step, steps)
            logits, offsets = model(x)
            score_loss, box_loss = detection_loss(logits, offsets, model.priors, classes, boxes)
            descend(model, optimizer, score_loss + box_loss)
            ema.update(model)
            step += 1
            sums += [score_loss.item(), box_loss.item()]
            if step % 50 == 0:
                print(f"step {step}/{steps} {time.time() - began:.0f}s loss {score_loss.item():.3f} {box_loss.item():.3f}", flush=True)
        sums /= max(1, step // (epoch + 1))
        print(f"epoch {epoch + 1} {time.time() - began:.0f}s loss {sums.round(4)} dev mAP {dev_map(ema.model, dev):.4f}", flush=True)
        torch.save(ema.model.state_dict(), options.checkpoint)


if __name__ == "__main__":
    main()
