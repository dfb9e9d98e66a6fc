"""First step: renders pictures and splits them. python preprocess.py OUT [--pictures N]

Six in ten train, one in ten is for looking at while training, three in ten are held back. A pipeline of yours puts its own pictures here.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from generate import generate
from splits import SPLITS

SHARES = {"closeups-train": 0.6, "closeups-dev": 0.1, "closeups-test": 0.3}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--pictures", type=int, default=400)
    options = parser.parse_args()
    for name, share in SHARES.items():
        # Workers are forked and see the smaller split.
        SPLITS[name] = replace(SPLITS[name], count=round(options.pictures * share))
        generate(options.out, name)
        print(name, SPLITS[name].count, flush=True)


if __name__ == "__main__":
    main()
