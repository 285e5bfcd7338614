"""Translation of a TFLite classifier into ONNX, so that onnxruntime runs it and no TFLite engine is needed.

A quantized graph becomes a float graph: weights are dequantized, activations stay in float. The operations are those of
the bundled classifiers; any other raises.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from visionhub.providers.local.engines.tflite.flatbuffer import Table, integer, scalar
from visionhub.providers.local.engines.tflite.graph import Graph, Operation, constant, parse
from visionhub.providers.local.engines.tflite.onnx_writer import Attribute, initializer, model, node, value

_RELU, _RELU6 = 1, 3


class _Draft(NamedTuple):
    """The ONNX graph while it grows; `names` maps TFLite tensors to ONNX names."""

    graph: Graph
    names: dict[int, str]
    nodes: list[bytes]
    constants: list[bytes]


def translate(data: bytes) -> bytes:
    """ONNX bytes for TFLite bytes: input `images` (N, channels, height, width), output `scores`.

    A second output `features` is what the last fully connected layer looks at, where there is one.
    """
    graph = parse(data)
    (source,), (result,) = graph.inputs, graph.outputs
    draft = _Draft(graph, {source: "images"}, [], [])
    for operation in graph.operations:
        if operation.code not in _HANDLERS:
            raise ValueError(f"TFLite operation {operation.code} is not supported")
        _HANDLERS[operation.code](draft, operation)
    layers = [operation.inputs[0] for operation in graph.operations if operation.code == _FULLY_CONNECTED]
    outputs = []
    for tensor, name in [(result, "scores"), *((before, "features") for before in layers[-1:])]:
        draft.nodes.append(node("Identity", [draft.names[tensor]], name))
        outputs.append(value(name, ("N", graph.tensors[tensor].shape[-1])))
    _, height, width, channels = graph.tensors[source].shape
    inputs = [value("images", ("N", channels, height, width))]
    return model(draft.nodes, draft.constants, inputs, outputs)


def _convolution(draft: _Draft, operation: Operation) -> None:
    options = _options(operation)
    weights = constant(draft.graph.tensors[operation.inputs[1]])
    attributes = _sliding(options) | {
        "kernel_shape": weights.shape[1:3],
        "dilations": (integer(options, 5, "i", 1), integer(options, 4, "i", 1)),
    }
    inputs = _weighted(draft, operation, weights.transpose(0, 3, 1, 2))
    _emit(draft, operation, "Conv", inputs, attributes, integer(options, 3, "b"))


def _depthwise(draft: _Draft, operation: Operation) -> None:
    options = _options(operation)
    weights = constant(draft.graph.tensors[operation.inputs[1]])
    attributes = _sliding(options) | {
        "kernel_shape": weights.shape[1:3],
        "dilations": (integer(options, 6, "i", 1), integer(options, 5, "i", 1)),
        "group": draft.graph.tensors[operation.inputs[0]].shape[-1],
    }
    inputs = _weighted(draft, operation, weights.transpose(3, 0, 1, 2))
    _emit(draft, operation, "Conv", inputs, attributes, integer(options, 4, "b"))


def _fully_connected(draft: _Draft, operation: Operation) -> None:
    weights = constant(draft.graph.tensors[operation.inputs[1]])
    inputs = _weighted(draft, operation, weights)
    _emit(draft, operation, "Gemm", inputs, {"transB": 1}, integer(_options(operation), 0, "b"))


def _pool(draft: _Draft, operation: Operation) -> None:
    options = _options(operation)
    attributes = _sliding(options) | {"kernel_shape": (integer(options, 4), integer(options, 3))}
    kind = "MaxPool" if operation.code == _MAX_POOL else "AveragePool"
    _emit(draft, operation, kind, _names(draft, operation), attributes, integer(options, 5, "b"))


def _mean(draft: _Draft, operation: Operation) -> None:
    before, after = (draft.graph.tensors[i[0]].shape for i in (operation.inputs, operation.outputs))
    if (len(before), len(after)) != (4, 2):
        raise ValueError(f"a mean from {before} to {after} is not supported")
    pooled = f"t{operation.outputs[0]}_pooled"
    draft.nodes.append(node("GlobalAveragePool", _names(draft, operation)[:1], pooled))
    _emit(draft, operation, "Flatten", [pooled])


def _add(draft: _Draft, operation: Operation) -> None:
    _emit(draft, operation, "Add", _names(draft, operation), activation=integer(_options(operation), 0, "b"))


def _reshape(draft: _Draft, operation: Operation) -> None:
    before, after = (draft.graph.tensors[i[0]].shape for i in (operation.inputs, operation.outputs))
    if len(after) != 2 or before[1:3] != (1, 1):
        raise ValueError(f"reshaping {before} to {after} is not supported")
    _emit(draft, operation, "Flatten", _names(draft, operation)[:1])


def _softmax(draft: _Draft, operation: Operation) -> None:
    if scalar(_options(operation), 0, "f") != 1:
        raise ValueError("softmax is supported with beta 1")
    _emit(draft, operation, "Softmax", _names(draft, operation))


def _quantize(draft: _Draft, operation: Operation) -> None:
    draft.names[operation.outputs[0]] = draft.names[operation.inputs[0]]


_FULLY_CONNECTED, _MAX_POOL = 9, 17
_HANDLERS = {
    0: _add,
    1: _pool,
    3: _convolution,
    4: _depthwise,
    _FULLY_CONNECTED: _fully_connected,
    _MAX_POOL: _pool,
    22: _reshape,
    25: _softmax,
    40: _mean,
    114: _quantize,
}


def _options(operation: Operation) -> Table:
    if operation.options is None:
        raise ValueError(f"TFLite operation {operation.code} has no options")
    return operation.options


def _sliding(options: Table) -> dict[str, Attribute]:
    """Padding and strides, which every windowed operation keeps in the same fields."""
    padding = "VALID" if integer(options, 0, "b") else "SAME_UPPER"
    return {"auto_pad": padding, "strides": (integer(options, 2), integer(options, 1))}


def _names(draft: _Draft, operation: Operation) -> list[str]:
    return [draft.names[index] for index in operation.inputs if index in draft.names]


def _weighted(draft: _Draft, operation: Operation, weights: NDArray[np.float32]) -> list[str]:
    """The input of an operation followed by the names of its weights and its bias."""
    source, kernel, bias = operation.inputs
    draft.constants.append(initializer(f"c{kernel}", weights))
    draft.constants.append(initializer(f"c{bias}", constant(draft.graph.tensors[bias])))
    return [draft.names[source], f"c{kernel}", f"c{bias}"]


def _emit(
    draft: _Draft,
    operation: Operation,
    op: str,
    inputs: Sequence[str],
    attributes: Mapping[str, Attribute] | None = None,
    activation: int = 0,
) -> None:
    (target,) = operation.outputs
    name = f"t{target}"
    draft.names[target] = name
    if not activation:
        draft.nodes.append(node(op, inputs, name, attributes))
        return
    draft.nodes.append(node(op, inputs, f"{name}_linear", attributes))
    draft.nodes.append(_activation(activation, f"{name}_linear", name, draft))


def _activation(kind: int, source: str, target: str, draft: _Draft) -> bytes:
    if kind == _RELU:
        return node("Relu", [source], target)
    if kind != _RELU6:
        raise ValueError(f"TFLite activation {kind} is not supported")
    draft.constants.append(initializer(f"{target}_low", np.array(0, np.float32)))
    draft.constants.append(initializer(f"{target}_high", np.array(6, np.float32)))
    return node("Clip", [source, f"{target}_low", f"{target}_high"], target)
