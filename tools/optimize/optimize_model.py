"""Makes a variant of an ONNX model with ONNX Runtime's own tools: python optimize_model.py REQUEST, a JSON text.

kind "int8": QDQ, activations unsigned, weights signed, per channel and of 7 bits: a CPU without VNNI adds two products in 16 bits,
where 2 * 255 * 64 fits and twice that saturates. The last layers and all that follows them stay float: they are little of the work and
most of the loss.
kind "fp16": weights and arithmetic in half precision, inputs and outputs as they were.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx

_LAYERS = {"Conv", "Gemm", "MatMul", "ConvTranspose"}
_QUANTIZED = ["Conv", "Gemm", "MatMul", "Add", "Resize", "MaxPool"]


def int8(model: str, output: str, name: str, pictures: list[str]) -> None:
    from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Pictures(CalibrationDataReader):
        def __init__(self) -> None:
            self.files = iter(pictures)

        def get_next(self) -> dict[str, np.ndarray] | None:
            file = next(self.files, None)
            return None if file is None else {name: np.load(file)}

    with tempfile.TemporaryDirectory() as scratch:
        prepared = Path(scratch) / "prepared.onnx"
        quant_pre_process(model, str(prepared), skip_symbolic_shape=True)
        quantize_static(
            str(prepared), output, Pictures(),
            quant_format=QuantFormat.QDQ, per_channel=True, reduce_range=True,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            op_types_to_quantize=_QUANTIZED, nodes_to_exclude=_tail(onnx.load(prepared)),
            extra_options={"CalibMovingAverage": True, "CalibMovingAverageConstant": 0.1},
        )


def fp16(model: str, output: str) -> None:
    from onnxruntime.transformers.float16 import convert_float_to_float16
    from onnxruntime.transformers.onnx_model import OnnxModel

    converted = OnnxModel(convert_float_to_float16(onnx.load(model), keep_io_types=True))
    # The casts of inputs and outputs come in behind the nodes that need them.
    converted.topological_sort()
    onnx.save(converted.model, output)


def _tail(model: onnx.ModelProto) -> list[str]:
    """Nodes that no layer follows."""
    inner: set[str] = set()
    tail = []
    for node in reversed(model.graph.node):
        is_inner = any(output in inner for output in node.output)
        if is_inner or node.op_type in _LAYERS:
            inner.update(node.input)
        if not is_inner:
            tail.append(node.name)
    return tail


if __name__ == "__main__":
    request = json.loads(sys.argv[1])
    if request["kind"] == "int8":
        int8(request["model"], request["output"], request["input"], request["pictures"])
    else:
        fp16(request["model"], request["output"])
    onnx.checker.check_model(request["output"])
