"""First step: renders pictures and splits them. python preprocess.py OUT [--pictures N] [--dataset DATASET.json]

Six in ten train, one in ten is for looking at while training, three in ten are held back. A pipeline of yours puts its own pictures here.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from dataset import add
from generate import generate
from splits import SPLITS

SHARES = {"closeups-train": 0.6, "closeups-dev": 0.1, "closeups-test": 0.3}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--pictures", type=int, default=400)
    parser.add_argument("--dataset", default="none", help="its dataset.json, a file or s3://bucket/key; its pictures come on top")
    options = parser.parse_args()
    for name, share in SHARES.items():
        # Workers are forked and see the smaller split.
        SPLITS[name] = replace(SPLITS[name], count=round(options.pictures * share))
        generate(options.out, name)
        print(name, SPLITS[name].count, flush=True)
    if options.dataset != "none":
        print("of the data set", add(options.dataset, options.out), flush=True)


if __name__ == "__main__":
    main()
