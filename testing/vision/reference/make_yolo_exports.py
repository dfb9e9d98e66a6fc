"""Writes yolov5.onnx, yolov8.onnx and yolox.onnx: a Darknet network whose heads are decoded within the graph, laid out as those
families export them. With the same picture all four must give the same boxes; docs/models.md shows them.

usage: make_yolo_exports.py YOLO_FASTEST_1.1_XL.onnx FOLDER          needs: onnx, numpy

Layouts: [1, N, 5 + C] of YOLOv5; transposed [1, 4 + C, N] without objectness of YOLOv8; [1, N, 5 + C] of YOLOX with centers as
offsets from the grid in strides and logarithms of sizes in strides, one row per cell (the anchor with the highest objectness).
"""
import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE = 320
WIDTH = 85  # center, size, objectness and 80 classes
HEADS = [
    ("head_s16", 16, [(12, 18), (37, 49), (52, 132)]),
    ("head_s32", 32, [(115, 73), (119, 199), (242, 238)]),
]


class Graph:
    """Appends nodes and constants to a graph under fresh names."""

    def __init__(self, graph):
        self.graph = graph
        self.count = 0

    def name(self):
        self.count += 1
        return f"export_{self.count}"

    def const(self, value, dtype=np.float32):
        name = self.name()
        self.graph.initializer.append(numpy_helper.from_array(np.asarray(value, dtype=dtype), name))
        return name

    def op(self, kind, *inputs, **attributes):
        name = self.name()
        self.graph.node.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def columns(self, table, start, end, axis):
        return self.op("Slice", table, *(self.const([value], np.int64) for value in (start, end, axis)))


def export(source, family):
    model = onnx.load(source)
    graph = Graph(model.graph)
    tables = [head_table(graph, family, *head) for head in HEADS]
    table = graph.op("Concat", *tables, axis=1)
    rows = sum((SIDE // stride) ** 2 * (1 if family == "yolox" else len(anchors)) for _, stride, anchors in HEADS)
    shape = [1, rows, WIDTH]
    if family == "yolov8":
        scores = graph.op("Mul", graph.columns(table, 4, 5, 2), graph.columns(table, 5, WIDTH, 2))
        boxes = graph.columns(table, 0, 4, 2)
        table = graph.op("Transpose", graph.op("Concat", boxes, scores, axis=2), perm=[0, 2, 1])
        shape = [1, WIDTH - 1, rows]
    model.graph.node.append(helper.make_node("Identity", [table], ["output"]))
    del model.graph.output[:]
    model.graph.output.append(helper.make_tensor_value_info("output", TensorProto.FLOAT, shape))
    onnx.checker.check_model(model)
    return model


def head_table(graph, family, name, stride, anchors):
    side = SIDE // stride
    cells = side * side
    shape = graph.const([1, len(anchors), WIDTH, cells], np.int64)
    head = graph.op("Transpose", graph.op("Reshape", name, shape), perm=[0, 1, 3, 2])
    grid = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(1, 1, cells, 2)
    inside = graph.op("Sigmoid", graph.columns(head, 0, 2, 3))
    growth = graph.op("Exp", graph.columns(head, 2, 4, 3))
    size = graph.op("Mul", growth, graph.const(np.array(anchors).reshape(1, len(anchors), 1, 2)))
    scores = graph.op("Sigmoid", graph.columns(head, 4, WIDTH, 3))
    if family != "yolox":
        center = graph.op("Mul", graph.op("Add", inside, graph.const(grid)), graph.const(stride))
        table = graph.op("Concat", center, size, scores, axis=3)
        return graph.op("Reshape", table, graph.const([1, len(anchors) * cells, WIDTH], np.int64))
    size = graph.op("Log", graph.op("Div", size, graph.const(stride)))
    table = graph.op("Concat", inside, size, scores, axis=3)
    best = graph.op("ArgMax", graph.columns(scores, 0, 1, 3), axis=1, keepdims=1)
    best = graph.op("Expand", best, graph.const([1, 1, cells, WIDTH], np.int64))
    picked = graph.op("GatherElements", table, best, axis=1)
    return graph.op("Reshape", picked, graph.const([1, cells, WIDTH], np.int64))


if __name__ == "__main__":
    for family in ("yolov5", "yolov8", "yolox"):
        onnx.save(export(sys.argv[1], family), os.path.join(sys.argv[2], f"{family}.onnx"))
