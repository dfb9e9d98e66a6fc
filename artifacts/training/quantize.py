"""Static int8 (QDQ) of a package's fp32 model: python quantize.py detector|classifier CACHE FOLDER.

Activations are unsigned, weights signed, per channel and of 7 bits: a CPU without VNNI adds two products
in 16 bits, where 2 * 255 * 64 fits and twice that saturates. The decoding of boxes, the softmax and the
last 1x1 convolutions stay float: they are a percent of the work and most of the loss.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from batches import MEAN, STD
from slim import shorten

_CALIBRATION_PICTURES = 128
_OPERATORS = ["Conv", "Add", "Resize"]


class Pictures(CalibrationDataReader):
    """Training pictures, evenly spread over the shards."""

    def __init__(self, folder: Path):
        self.images = np.load(folder / "images.npy", mmap_mode="r")
        self.rows = iter(np.linspace(0, len(self.images) - 1, _CALIBRATION_PICTURES).astype(int))

    def get_next(self) -> dict[str, np.ndarray] | None:
        row = next(self.rows, None)
        if row is None:
            return None
        image = (self.images[row].astype(np.float32) - MEAN) / STD
        return {"images": np.ascontiguousarray(image.transpose(2, 0, 1)[None])}


def quantize(kind: str, cache: Path, folder: Path) -> None:
    target = folder / "model.int8.onnx"
    with tempfile.TemporaryDirectory() as scratch:
        prepared = Path(scratch) / "prepared.onnx"
        quant_pre_process(str(folder / "model.onnx"), str(prepared), skip_symbolic_shape=True)
        quantize_static(
            str(prepared), str(target), Pictures(cache / ("scenes-train" if kind == "detector" else "closeups-train")),
            quant_format=QuantFormat.QDQ, per_channel=True, reduce_range=True,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            op_types_to_quantize=_OPERATORS, nodes_to_exclude=_float_nodes(onnx.load(prepared)),
            extra_options={"CalibMovingAverage": True, "CalibMovingAverageConstant": 0.1},
        )
    model = onnx.load(target)
    shorten(model)
    model.producer_name, model.producer_version = "edgeml", ""
    del model.metadata_props[:]
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, target)


def _float_nodes(model: onnx.ModelProto) -> list[str]:
    """The prediction layers and all that follows them. Nodes of the network proper have a path as their name."""
    tail = ("score_out", "box_out")
    return [n.name for n in model.graph.node if "/" not in n.name or any(part in n.name for part in tail)]


if __name__ == "__main__":
    quantize(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
