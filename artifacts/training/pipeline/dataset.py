"""Labeled close-ups of `edgeml dataset --to yolo`, added to the pictures that were rendered."""

import json
import tempfile
from pathlib import Path

import cv2
import numpy as np

from parts.classes import CLASSES
from splits import INPUT_PX

_SPLITS = {"train": "closeups-train", "val": "closeups-dev", "test": "closeups-test"}


def add(dataset: str, cache: Path) -> int:
    """`dataset` is the address of its dataset.json: a file, or s3://bucket/key. Returns the number of pictures.

    Folders of classes that the network does not have are an error: its last layer would have to grow first.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = _downloaded(dataset, Path(scratch)) if dataset.startswith("s3://") else Path(dataset).parent
        return sum(_add_split(folder / part, cache / name) for part, name in _SPLITS.items())


def _add_split(folder: Path, split: Path) -> int:
    files = sorted(file for file in folder.glob("*/*") if file.is_file())
    unknown = sorted({file.parent.name for file in files} - set(CLASSES))
    if unknown:
        raise SystemExit(f"{folder}: the model does not have the classes {', '.join(unknown)}")
    rows = json.loads((split / "objects.json").read_text())
    stretched = []
    for file in files:
        image = cv2.imdecode(np.fromfile(file, np.uint8), cv2.IMREAD_COLOR)
        name = f"{len(rows):05d}.jpg"
        if (split / "images.npy").exists():
            side = INPUT_PX["closeups"]
            stretched.append(cv2.resize(image, (side, side), interpolation=cv2.INTER_LINEAR)[..., ::-1])
        else:
            cv2.imwrite(str(split / name), image)
        rows.append([name, [[CLASSES.index(file.parent.name), 0.0, 0.0, 1.0, 1.0]]])
    if stretched:
        np.save(split / "images.npy", np.concatenate([np.load(split / "images.npy"), np.stack(stretched)]))
    (split / "objects.json").write_text(json.dumps(rows))
    return len(files)


def _downloaded(dataset: str, folder: Path) -> Path:
    # Only a training in an account needs it; its image has it.
    import boto3

    bucket, _, key = dataset.removeprefix("s3://").partition("/")
    prefix = key.rpartition("/")[0] + "/"
    client = boto3.client("s3")
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            file = folder / item["Key"].removeprefix(prefix)
            file.parent.mkdir(parents=True, exist_ok=True)
            client.download_file(bucket, item["Key"], str(file))
    return folder
