"""Short names for the inner tensors of a graph; in a network this small the names weigh as much as a layer."""

import onnx


def shorten(model: onnx.ModelProto) -> onnx.ModelProto:
    graph = model.graph
    keep = {value.name for value in [*graph.input, *graph.output]}
    names: dict[str, str] = {"": ""} | {name: name for name in keep}

    def short(name: str) -> str:
        return names.setdefault(name, f"t{len(names):x}")

    for tensor in graph.initializer:
        tensor.name = short(tensor.name)
    for node in graph.node:
        node.input[:] = [short(name) for name in node.input]
        node.output[:] = [short(name) for name in node.output]
        if "QuantizeLinear" in node.op_type or "DequantizeLinear" in node.op_type:
            node.name = ""
    del graph.value_info[:]
    return model
