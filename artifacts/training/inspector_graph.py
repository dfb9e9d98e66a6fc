"""The graph of GearInspector, made of the first layers of PartsClassifier and a bank of features of good parts."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

INPUT_PX = 224
MEAN = STD = 127.5
"""As in batches.py, which needs torch."""
_FINEST, _FINE, _COARSE = "t2e", "t38", "t47"
"""Outputs of the first three stages of the backbone: 24 x 56 x 56, 48 x 28 x 28 and 96 x 14 x 14."""
_CELLS, _OPSET = 28, 17


def features_graph(backbone: onnx.ModelProto) -> onnx.ModelProto:
    """Of each cell the features of the three stages, averaged over its neighbors: [1, 168, 28, 28]."""
    nodes, weights = _features(backbone)
    return _model(nodes, weights, [helper.make_tensor_value_info("features", TensorProto.FLOAT, [1, None, _CELLS, _CELLS])])


def inspector_graph(backbone: onnx.ModelProto, mean: np.ndarray, deviation: np.ndarray, bank: np.ndarray) -> onnx.ModelProto:
    """`map` [1, 1, 28, 28]: root of the mean square distance of a cell from the nearest patch of the bank; `score` [1]: its maximum, smoothed."""
    nodes, weights = _features(backbone)
    channels = len(mean)
    # |a - b|² = |a|² - 2ab + |b|².
    constants = {
        "mean": mean.astype(np.float32), "deviation": deviation.astype(np.float32),
        "flat": np.array([channels, -1]), "bank": (-2 * bank / channels).astype(np.float32), "norms": ((bank**2).sum(1, keepdims=True) / channels).astype(np.float32),
        "channels": np.float32(channels), "image": np.array([1, 1, _CELLS, _CELLS]), "zero": np.float32(0), "rows": np.array([0]), "one": np.array([1]),
        "kernel": _gaussian(1.0)[None, None],
    }
    make = helper.make_node
    nodes += [
        make("Reshape", ["features", "flat"], ["columns"]),
        make("Unsqueeze", ["mean", "one"], ["mean_column"]),
        make("Unsqueeze", ["deviation", "one"], ["deviation_column"]),
        make("Sub", ["columns", "mean_column"], ["centered"]),
        make("Div", ["centered", "deviation_column"], ["scaled"]),
        make("Mul", ["scaled", "scaled"], ["squares"]),
        make("ReduceMean", ["squares"], ["own"], axes=[0], keepdims=1),
        make("MatMul", ["bank", "scaled"], ["products"]),
        make("Add", ["products", "norms"], ["partial"]),
        make("ReduceMin", ["partial"], ["nearest"], axes=[0], keepdims=1),
        make("Add", ["nearest", "own"], ["squared"]),
        make("Max", ["squared", "zero"], ["positive"]),
        make("Sqrt", ["positive"], ["distances"]),
        make("Reshape", ["distances", "image"], ["raw_map"]),
        make("Conv", ["raw_map", "kernel"], ["map"], pads=[2, 2, 2, 2]),
        make("ReduceMax", ["map"], ["score"], axes=[1, 2, 3], keepdims=0),
    ]
    weights = [*weights, *(numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items() if name not in ("channels", "rows"))]
    outputs = [
        helper.make_tensor_value_info("score", TensorProto.FLOAT, [1]),
        helper.make_tensor_value_info("map", TensorProto.FLOAT, [1, 1, _CELLS, _CELLS]),
    ]
    return _model(nodes, weights, outputs)


def _features(backbone: onnx.ModelProto) -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
    last = next(at for at, node in enumerate(backbone.graph.node) if _COARSE in node.output)
    nodes = list(backbone.graph.node[: last + 1])
    used = {name for node in nodes for name in node.input}
    weights = [weight for weight in backbone.graph.initializer if weight.name in used]
    make = helper.make_node
    pooled = dict(kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=0)
    weights += [numpy_helper.from_array(np.array([], np.float32), "roi"), numpy_helper.from_array(np.array([1, 1, 2, 2], np.float32), "double")]
    nodes += [
        make("MaxPool", [_FINEST], ["finest"], kernel_shape=[2, 2], strides=[2, 2]),
        make("AveragePool", [_FINE], ["fine"], **pooled),
        make("AveragePool", [_COARSE], ["coarse"], **pooled),
        make("Resize", ["coarse", "roi", "double"], ["enlarged"], mode="linear"),
        make("Concat", ["finest", "fine", "enlarged"], ["features"], axis=1),
    ]
    return nodes, weights


def _model(nodes: list, weights: list, outputs: list) -> onnx.ModelProto:
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, INPUT_PX, INPUT_PX])
    graph = helper.make_graph(nodes, "GearInspector", [images], outputs, weights)
    model = helper.make_model(graph, producer_name="edgeml", opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


def _gaussian(sigma: float) -> np.ndarray:
    at = np.exp(-(np.arange(-2, 3) ** 2) / (2 * sigma**2))
    kernel = np.outer(at, at)
    return (kernel / kernel.sum()).astype(np.float32)
