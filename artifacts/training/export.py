"""Checkpoint to ONNX: python export.py detector|classifier|segmenter CHECKPOINT FOLDER."""

import sys
import tempfile
import warnings
from pathlib import Path

import onnx
import onnxruntime as ort
import torch

from nets.classifier import Classifier, ClassifierGraph
from nets.detector import Detector, DetectorGraph
from nets.segmenter import Segmenter, SegmenterGraph
from parts.classes import CLASSES
from slim import shorten

_OPSET = 17


def export(kind: str, checkpoint: Path, target: Path, classes: int = len(CLASSES)) -> None:
    if kind == "detector":
        net = Detector(classes)
        net.load_state_dict(torch.load(checkpoint))
        graph, side, outputs = DetectorGraph(net), 512, ["boxes", "scores"]
    elif kind == "segmenter":
        net = Segmenter(Detector(classes))
        net.load_state_dict(torch.load(checkpoint))
        graph, side, outputs = SegmenterGraph(net), 512, ["rows", "prototypes"]
    else:
        net = Classifier(classes)
        net.load_state_dict(torch.load(checkpoint))
        graph, side, outputs = ClassifierGraph(net), 224, ["probs"]

    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw.onnx"
        with warnings.catch_warnings():
            # The TorchScript exporter folds batch norms and keeps node names; its successor does neither.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                graph.eval(), torch.zeros(1, 3, side, side), raw,
                input_names=["images"], output_names=outputs, opset_version=_OPSET, dynamo=False,
            )
        _tidy(raw, target)


def _tidy(raw: Path, target: Path) -> None:
    """Constant folding by the runtime; "basic" stays within standard operators."""
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(target)
    ort.InferenceSession(raw, options, providers=["CPUExecutionProvider"])
    model = onnx.load(target)
    model.producer_name, model.producer_version, model.doc_string = "edgeml", "", ""
    del model.metadata_props[:]
    del model.opset_import[:]  # the runtime adds its private domains
    model.opset_import.append(onnx.helper.make_opsetid("", _OPSET))
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
        node.name = node.name.removeprefix("/")
    shorten(model)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, target)


if __name__ == "__main__":
    export(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]) / "model.onnx")
