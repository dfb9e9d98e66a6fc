"""Writes query-detectors-reference.gen.json: what Transformers' own code makes of the outputs of DETR and RT-DETR.

python make_query_detectors_reference.py [FOLDER]: needs torch, transformers, onnx, onnxruntime and pillow (made with PyTorch 2.15 and Transformers
5.24). With FOLDER it exports DETR, RT-DETR and D-FINE with random weights to ONNX instead, with pictures and Transformers' answers in the form
of testing/references, and prints their hashes.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from PIL import Image
from transformers import DetrImageProcessor, RTDetrImageProcessor

HERE = Path(__file__).resolve().parent
QUERIES, CLASSES, THRESHOLD, SIDE = 24, 5, 0.3, 128
LABELS = ["a", "b", "c", "d", "e"]
PROCESSORS = {"detr": DetrImageProcessor, "rt-detr": RTDetrImageProcessor, "d-fine": RTDetrImageProcessor}


class Outputs:
    def __init__(self, logits, pred_boxes):
        self.logits, self.pred_boxes = logits, pred_boxes


def answers(family, logits, boxes, threshold):
    found = PROCESSORS[family]().post_process_object_detection(Outputs(logits, boxes), threshold=threshold)[0]
    order = torch.argsort(found["scores"], descending=True, stable=True)
    return [
        {"classId": int(found["labels"][at]), "score": float(found["scores"][at]), "box": [float(side) for side in found["boxes"][at]]}
        for at in order
    ]


def case(family, seed):
    torch.manual_seed(seed)
    columns = CLASSES + (1 if family == "detr" else 0)
    logits = torch.randn(1, QUERIES, columns) * 1.5 - (0 if family == "detr" else 1)
    center, size = torch.rand(1, QUERIES, 2) * 0.6 + 0.2, torch.rand(1, QUERIES, 2) * 0.3 + 0.05
    boxes = torch.cat([center, size], -1)
    return {
        "family": family,
        "logits": {"shape": list(logits.shape), "values": logits.flatten().tolist()},
        "pred_boxes": {"shape": list(boxes.shape), "values": boxes.flatten().tolist()},
        "expected": answers(family, logits, boxes, THRESHOLD),
    }


def models():
    from transformers import DFineConfig, DFineForObjectDetection, DetrConfig, DetrForObjectDetection, ResNetConfig
    from transformers import RTDetrConfig, RTDetrForObjectDetection

    resnet = dict(embedding_size=16, hidden_sizes=[16, 32, 64, 128], depths=[1, 1, 1, 1], layer_type="basic")
    small = dict(num_labels=CLASSES, d_model=32, num_queries=QUERIES)
    yield "detr", DetrForObjectDetection(
        DetrConfig(
            **small, use_timm_backbone=False, use_pretrained_backbone=False, backbone=None, encoder_layers=1, decoder_layers=1,
            encoder_ffn_dim=32, decoder_ffn_dim=32, encoder_attention_heads=4, decoder_attention_heads=4,
            backbone_config=ResNetConfig(**resnet, out_features=["stage4"]),
        )
    )  # fmt: skip
    hybrid = dict(
        **small, encoder_hidden_dim=32, encoder_in_channels=[32, 64, 128], decoder_in_channels=[32, 32, 32], decoder_layers=2,
        encoder_ffn_dim=32, decoder_ffn_dim=32, encoder_attention_heads=4, decoder_attention_heads=4, feat_strides=[8, 16, 32],
    )  # fmt: skip
    for name, config, model in [("rt-detr", RTDetrConfig, RTDetrForObjectDetection), ("d-fine", DFineConfig, DFineForObjectDetection)]:
        backbone = ResNetConfig(**resnet, out_features=["stage2", "stage3", "stage4"])
        yield name, model(config(**hybrid, backbone_config=backbone))


def clipped(box):
    return [min(1.0, max(0.0, side)) for side in box]


class Named(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, pixel_values):
        out = self.model(pixel_values)
        return out.logits, out.pred_boxes


def export(folder):
    torch.manual_seed(0)
    random = np.random.default_rng(0)
    for name, model in models():
        target = folder / name
        (target / "cases").mkdir(parents=True, exist_ok=True)
        named = Named(model).eval()
        options = dict(input_names=["pixel_values"], output_names=["logits", "pred_boxes"], opset_version=17, dynamo=False)
        torch.onnx.export(named, (torch.rand(1, 3, SIDE, SIDE),), str(target / "model.onnx"), **options)
        session = onnxruntime.InferenceSession(str(target / "model.onnx"), providers=["CPUExecutionProvider"])
        processor, cases, farthest = PROCESSORS[name](size={"height": SIDE, "width": SIDE}), [], 0
        for index in range(6):
            # Soft spots, of the size that the model takes: no resize takes part.
            noise = Image.fromarray(random.integers(0, 255, (6, 6, 3), dtype=np.uint8)).resize((SIDE, SIDE), Image.BICUBIC)
            noise.save(target / "cases" / f"{index:02}.png")
            picture = processor(noise, return_tensors="pt")["pixel_values"]
            # The exported model, not the model itself: of queries that score alike each chooses its own.
            logits, boxes = (torch.from_numpy(each) for each in session.run(None, {"pixel_values": picture.numpy()}))
            with torch.no_grad():
                farthest = max(farthest, float((named(picture)[0] - logits).abs().max()))
            found = [{"label": LABELS[one["classId"]], "score": one["score"], "box": clipped(one["box"])} for one in answers(name, logits, boxes, 0.15)]
            cases.append({"case": f"{index:02}.png", "boxes": found})
        (target / "expected.json").write_text(json.dumps(cases))
        print(f"{name}: logits are off by {farthest:.2g} from PyTorch's;", hashlib.sha256((target / "model.onnx").read_bytes()).hexdigest())


if __name__ == "__main__":
    if len(sys.argv) > 1:
        export(Path(sys.argv[1]))
    else:
        cases = [case(family, seed) for family in ["detr", "rt-detr"] for seed in (1, 2)]
        (HERE / "query-detectors-reference.gen.json").write_text(json.dumps({"threshold": THRESHOLD, "cases": cases}))
