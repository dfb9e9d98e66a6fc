"""Second step: trains the classifier. python train.py DATA OUT [--epochs N] [--batch N] [--backbone DETECTOR.pt]

OUT/model.pt is the checkpoint, which Amazon SageMaker makes model.tar.gz of.
"""

import argparse
import subprocess
import sys
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--epochs", default="16")
    parser.add_argument("--batch", default="24")
    parser.add_argument("--backbone")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    script = Path(__file__).parent.parent / "train_classifier.py"
    words = [str(options.data), str(options.out / "model.pt"), "--epochs", options.epochs, "--batch", options.batch]
    more = ["--backbone", options.backbone] if options.backbone else []
    subprocess.run([sys.executable, str(script), *words, *more], check=True)


if __name__ == "__main__":
    main()
