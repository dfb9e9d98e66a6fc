"""Runs the golden tests of a package with each of its variants: python check_package.py FOLDER…"""

import json
import sys
from pathlib import Path

import numpy as np

from nms import overlap
from reference import open_package, predictions


def failures(folder: Path) -> list[str]:
    spec = json.loads((folder / "model.json").read_text())
    found = []
    for variant in spec["variants"]:
        package = open_package(folder, variant["file"])
        for case in spec["golden"]:
            expected = json.loads((folder / case["expect"]).read_text())
            actual = predictions(package, folder / case["input"])
            where = f"{folder.name} {variant['file']} {case['input']}"
            if len(actual) != len(expected) and spec["task"] == "object-detection":
                found.append(f"{where}: {len(actual)} predictions, expected {len(expected)}")
            # The tail of a ranking may differ by less than the tolerance.
            firm = [row for row in expected if "box" in row or row["score"] > case["scoreTolerance"]]
            found += [f"{where}: missing {row}" for row in firm if not any(_same(row, other, case) for other in actual)]
    return found


def _same(a: dict, b: dict, case: dict) -> bool:
    if a["classId"] != b["classId"] or abs(a["score"] - b["score"]) > case["scoreTolerance"]:
        return False
    return "box" not in a or bool(overlap(np.array([a["box"]]), np.array([b["box"]]))[0, 0] >= case["iou"])


if __name__ == "__main__":
    problems = [line for folder in sys.argv[1:] for line in failures(Path(folder))]
    print("\n".join(problems) or "golden tests pass")
    sys.exit(1 if problems else 0)
