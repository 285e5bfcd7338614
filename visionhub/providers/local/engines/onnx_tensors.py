"""The numbers that an ONNX file holds, without what runs it: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

GRAPH: Final = 7
INITIALIZER: Final = 5
DIMS, DATA_TYPE, FLOATS, NAME, RAW = 1, 2, 4, 8, 9
TYPES: Final = {1: np.float32, 2: np.uint8, 3: np.int8, 7: np.int64, 10: np.float16}


def tensors(path: Path) -> dict[str, NDArray[Any]]:
    """By name, as they are stored: of every initializer whose type is one of `TYPES`."""
    (graph,) = _of(memoryview(path.read_bytes()), GRAPH)
    found = {}
    for initializer in _of(graph, INITIALIZER):
        fields = list(_fields(initializer))
        kind = TYPES.get(next(value for number, value in fields if number == DATA_TYPE))
        if kind is None:
            continue
        name = next(bytes(value).decode() for number, value in fields if number == NAME)
        shape = [value for number, value in fields if number == DIMS]
        data = b"".join(value for number, value in fields if number in (FLOATS, RAW))
        found[name] = np.frombuffer(data, kind).reshape(shape)
    return found


def dequantized(numbers: dict[str, NDArray[Any]], name: str) -> NDArray[np.float32]:
    """A tensor that is stored as whole numbers in blocks along its last axis, each with a scale and a zero of its own."""
    whole, scales, zeros = (numbers[f"{name}_{part}"] for part in ("quantized", "scales", "zero_point"))
    block = whole.shape[-1] // scales.shape[-1]
    spread = [np.repeat(part.astype(np.float32), block, axis=-1) for part in (zeros, scales)]
    shape = tuple(numbers[f"{name}_shape"])
    return np.asarray(((whole - spread[0]) * spread[1]).reshape(shape), np.float32)


def _of(message: memoryview, number: int) -> Iterator[memoryview]:
    return (value for found, value in _fields(message) if found == number)


def _fields(message: memoryview) -> Iterator[tuple[int, Any]]:
    """Of a message in protobuf's wire format: a number, and a whole number or bytes."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield number, value
            continue
        if kind == 2:
            size, at = _varint(message, at)
        else:
            size = struct.calcsize({1: "q", 5: "i"}[kind])
        yield number, message[at : at + size]
        at += size


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
