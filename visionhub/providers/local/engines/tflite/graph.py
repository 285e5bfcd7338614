"""The tensors and operations of a TFLite file.

Field numbers are those of TensorFlow Lite's schema.fbs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from visionhub.providers.local.engines.tflite.flatbuffer import Table, child, children, integer, integers, root, span


class Tensor(NamedTuple):
    """A tensor; `raw` is empty unless it is a constant, `scale` is empty unless it is quantized."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    raw: bytes
    scale: NDArray[np.float32]
    zero_point: NDArray[np.int64]
    axis: int


class Operation(NamedTuple):
    """An operation: tensors are given by index, `options` by the table of its kind."""

    code: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Table | None


class Graph(NamedTuple):
    """The only subgraph of a model."""

    tensors: list[Tensor]
    operations: list[Operation]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


_DTYPES = {0: "<f4", 1: "<f2", 2: "<i4", 3: "u1", 4: "<i8", 9: "i1"}


def parse(data: bytes) -> Graph:
    """Read a TFLite file."""
    if data[4:8] != b"TFL3":
        raise ValueError("this is no TFLite file")
    model = root(data)
    codes = [max(integer(item, 0, "b"), integer(item, 3)) for item in children(model, 1)]
    graphs = children(model, 2)
    if len(graphs) != 1:
        raise ValueError(f"one subgraph is supported, the file has {len(graphs)}")
    buffers = children(model, 4)
    return Graph(
        [_tensor(item, buffers) for item in children(graphs[0], 0)],
        [_operation(item, codes) for item in children(graphs[0], 3)],
        integers(graphs[0], 1),
        integers(graphs[0], 2),
    )


def constant(tensor: Tensor) -> NDArray[np.float32]:
    """The values of a constant tensor, dequantized."""
    stored = np.frombuffer(tensor.raw, tensor.dtype).reshape(tensor.shape)
    if not tensor.scale.size:
        return stored.astype(np.float32)
    along = [1] * stored.ndim
    if tensor.scale.size > 1:
        along[tensor.axis] = tensor.scale.size
    centred = stored.astype(np.int64) - tensor.zero_point.reshape(along)
    return (centred * tensor.scale.reshape(along)).astype(np.float32)


def _tensor(item: Table, buffers: list[Table]) -> Tensor:
    code = integer(item, 1, "b")
    if code not in _DTYPES:
        raise ValueError(f"tensor type {code} is not supported")
    quantization = child(item, 4)
    scale = span(quantization, 2, 4) if quantization else b""
    zero_point = span(quantization, 3, 8) if quantization else b""
    return Tensor(
        span(item, 3).decode(),
        integers(item, 0),
        _DTYPES[code],
        span(buffers[integer(item, 2, "I")], 0),
        np.frombuffer(scale, "<f4"),
        np.frombuffer(zero_point, "<i8"),
        integer(quantization, 6) if quantization else 0,
    )


def _operation(item: Table, codes: list[int]) -> Operation:
    return Operation(codes[integer(item, 0, "I")], integers(item, 1), integers(item, 2), child(item, 4))
