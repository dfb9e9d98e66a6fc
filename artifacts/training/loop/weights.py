"""The weights of a packaged detector, back in the network that learns: the package has no checkpoint."""

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from nets.detector import Detector


def from_onnx(file: Path, classes: int) -> Detector:
    """A detector of at least as many classes; the first ones are those of the file.

    Export folds each batch norm into its convolution. Here the convolution takes the folded weights and the batch norm, with mean 0
    and variance 1, the bias: the same function, whose norms must stay in eval mode.
    """
    graph = onnx.load(file).graph
    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    model = Detector(classes)
    for node in graph.node:
        if node.op_type == "Conv":
            path = _module_path(node.name)
            _fill(model, path, tensors[node.input[1]], tensors[node.input[2]])
    return model


def _module_path(name: str) -> str:
    """`detector/backbone/stem/stem.0/stem.0.0/Conv` is backbone.stem.0.0; shared layers stand twice, the second time with `_1`."""
    path: list[str] = []
    for part in name.split("/")[1:-1]:
        part = part.removesuffix("_1")
        path = [*path[:-1], part] if path and part.startswith(path[-1] + ".") else [*path, part]
    return ".".join(path)


@torch.no_grad()
def _fill(model: nn.Module, path: str, weight: np.ndarray, bias: np.ndarray) -> None:
    convolution = model.get_submodule(path)
    rows = len(weight)
    convolution.weight[:rows] = torch.from_numpy(weight.copy())
    if convolution.bias is not None:
        convolution.bias[:rows] = torch.from_numpy(bias.copy())
        return
    parent, _, index = path.rpartition(".")
    norm = model.get_submodule(parent)[int(index) + 1]
    norm.running_mean.zero_()
    norm.running_var.fill_(1 - norm.eps)
    norm.weight.fill_(1)
    norm.bias[:] = torch.from_numpy(bias.copy())


def freeze_norms(model: nn.Module) -> None:
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
