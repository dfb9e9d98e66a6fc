"""Fits models of anomalib to pictures of the synthetic inspection station, exports them, and writes cases with the answers of its own inferencer.

python anomalib_references.py OUT: makes OUT/<family>/model.onnx, cases/ and expected.json, as references.py does. Families whose names end
with `-raw` are exported without anomalib's post-processor; settings.json then has the threshold and range that training decided. Backbones
have random weights. Needs anomalib, torchvision, onnxscript and OpenCV (2026-11-27: anomalib 2.7.0, torch 2.15.0, torchvision 0.29.2).
"""

import base64
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

os.environ["TRUST_REMOTE_CODE"] = "1"
import anomalib
import cv2
import numpy as np
import torch
from anomalib.data import Folder
from anomalib.deploy import TorchInferencer
from anomalib.engine import Engine
from anomalib.models import Padim, Patchcore

OUT = Path(sys.argv[1]).resolve()
HERE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(HERE / "artifacts/training"))
from parts.defects import DEFECTS  # noqa: E402
from parts.station import Station  # noqa: E402

SIDE, CELLS = 256, 32
PICTURES = {"train": ["good"] * 16, "good": ["good"] * 10, "bad": [*DEFECTS] * 2}
CASES = ["good"] * 3 + [*DEFECTS]
MODELS = {
    "anomalib-padim": lambda: Padim(backbone="resnet18", pre_trained=False, n_features=40, evaluator=False),
    "anomalib-patchcore": lambda: Patchcore(
        backbone="resnet18", layers=("layer3",), pre_trained=False, coreset_sampling_ratio=0.03, evaluator=False
    ),
}


def render(folder, kinds, seed):
    folder.mkdir(parents=True)
    station = Station()
    for index, kind in enumerate(kinds):
        rng = np.random.default_rng([seed, index])
        image, mask = station.picture(rng, None if kind == "good" else kind)
        # The size of the model's input: how anomalib and a device shrink pictures is not what is compared.
        name = f"{index:02}-{kind}.png"
        cv2.imwrite(str(folder / name), cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA))
        if folder.name == "bad":
            masks = folder.with_name("masks")
            masks.mkdir(exist_ok=True)
            cv2.imwrite(str(masks / name), cv2.resize(mask * 255, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST))


def fitted(make, pictures, work):
    torch.manual_seed(5)
    model = make()
    model.pre_processor = model.configure_pre_processor((SIDE, SIDE))
    data = Folder(
        name="gears", root=pictures, normal_dir="train", normal_test_dir="good", abnormal_dir="bad", mask_dir="masks",
        train_batch_size=8, eval_batch_size=8, num_workers=0, val_split_mode="same_as_test", seed=5,
    )
    engine = Engine(default_root_dir=work, max_epochs=1, accelerator="cpu", devices=1, logger=False)
    engine.fit(model=model, datamodule=data)
    engine.validate(model=model, datamodule=data)
    return model


def export(model, folder):
    with tempfile.TemporaryDirectory() as scratch:
        made = model.to_onnx(scratch, input_size=(SIDE, SIDE))
        shutil.copy(made, folder / "model.onnx")
        beside = made.with_suffix(".onnx.data")
        if beside.exists():
            shutil.copy(beside, folder / beside.name)


def answers(inferencer, file):
    found = inferencer.predict(image=str(file))
    score = float(found.pred_score.reshape(-1)[0])
    scores = found.anomaly_map.reshape(SIDE, SIDE).numpy()
    step = SIDE // CELLS
    cells = scores.reshape(CELLS, step, CELLS, step).max((1, 3))
    heat = np.floor(255 * cells + 0.5).clip(0, 255).astype(np.uint8)
    is_anomalous = bool(found.pred_label.reshape(-1)[0])
    return {
        "classId": int(is_anomalous), "label": "anomaly" if is_anomalous else "normal", "score": score, "threshold": 0.5,
        "heatMap": {"size": [CELLS, CELLS], "values": base64.b64encode(heat.tobytes()).decode()},
    }


def decided(post):
    image = {"threshold": post.image_threshold, "min": post.image_min, "max": post.image_max}
    pixel = {"threshold": post.pixel_threshold, "min": post.pixel_min, "max": post.pixel_max}
    return [{key: float(value) for key, value in one.items()} for one in (image, pixel)]


def family(name, make, work):
    model = fitted(make, work / "pictures", work / name)
    inferencer = TorchInferencer(path=model.to_torch(work / f"{name}-torch"), device="cpu")
    for folder in (OUT / name, OUT / f"{name}-raw"):
        shutil.rmtree(folder, ignore_errors=True)
        render(folder / "cases", CASES, 93)
        cases = [{"case": file.name, "predictions": [answers(inferencer, file)]} for file in sorted((folder / "cases").iterdir())]
        (folder / "expected.json").write_text(json.dumps(cases))
    export(model, OUT / name)
    image, pixel = decided(model.post_processor)
    (OUT / f"{name}-raw/settings.json").write_text(json.dumps({"output": {"image": image, "pixel": pixel}}))
    model.post_processor = None
    export(model, OUT / f"{name}-raw")
    print(name, image, [case["predictions"][0]["score"] for case in cases], flush=True)


if __name__ == "__main__":
    print("anomalib", anomalib.__version__, "torch", torch.__version__, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for kind, kinds in PICTURES.items():
            render(Path(folder) / "pictures" / kind, kinds, {"train": 90, "good": 91, "bad": 92}[kind])
        for each, make in MODELS.items():
            if not sys.argv[2:] or each in sys.argv[2:]:
                family(each, make, Path(folder))
