"""Writing of ONNX models, without the `onnx` package.

Field numbers are those of onnx.proto (ModelProto, GraphProto, NodeProto, AttributeProto, TensorProto, ValueInfoProto).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from struct import pack

import numpy as np
from numpy.typing import NDArray

Attribute = int | float | str | Sequence[int]
Shape = Sequence[int | str]

_FLOAT32 = 1
_IR_VERSION = 8
_OPSET = 13


def node(op: str, inputs: Sequence[str], output: str, attributes: Mapping[str, Attribute] | None = None) -> bytes:
    """One operation."""
    parts = [_text(1, name) for name in inputs]
    parts += [_text(2, output), _text(4, op)]
    parts += [_field(5, _attribute(name, value)) for name, value in (attributes or {}).items()]
    return b"".join(parts)


def initializer(name: str, values: NDArray[np.float32]) -> bytes:
    """A constant tensor."""
    dims = b"".join(_number(1, size) for size in values.shape)
    raw = np.ascontiguousarray(values, "<f4").tobytes()
    return dims + _number(2, _FLOAT32) + _text(8, name) + _field(9, raw)


def value(name: str, shape: Shape) -> bytes:
    """The declaration of a float input or output; a text in `shape` is a free dimension."""
    dims = [_text(2, size) if isinstance(size, str) else _number(1, size) for size in shape]
    tensor = _number(1, _FLOAT32) + _field(2, b"".join(_field(1, dim) for dim in dims))
    return _text(1, name) + _field(2, _field(1, tensor))


def model(
    nodes: Sequence[bytes], initializers: Sequence[bytes], inputs: Sequence[bytes], outputs: Sequence[bytes]
) -> bytes:
    """The bytes of a whole ONNX file."""
    graph = [_field(1, item) for item in nodes]
    graph += [_text(2, "graph")]
    graph += [_field(5, item) for item in initializers]
    graph += [_field(11, item) for item in inputs]
    graph += [_field(12, item) for item in outputs]
    opset = _text(1, "") + _number(2, _OPSET)
    return _number(1, _IR_VERSION) + _field(7, b"".join(graph)) + _field(8, opset)


def _attribute(name: str, content: Attribute) -> bytes:
    start = _text(1, name)
    if isinstance(content, int):
        return start + _number(3, content) + _number(20, 2)
    if isinstance(content, float):
        return start + _varint(2 << 3 | 5) + pack("<f", content) + _number(20, 1)
    if isinstance(content, str):
        return start + _text(4, content) + _number(20, 3)
    return start + b"".join(_number(8, item) for item in content) + _number(20, 7)


def _varint(number: int) -> bytes:
    out = bytearray()
    number &= (1 << 64) - 1
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _number(field: int, number: int) -> bytes:
    return _varint(field << 3) + _varint(number)


def _field(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _text(field: int, content: str) -> bytes:
    return _field(field, content.encode())
