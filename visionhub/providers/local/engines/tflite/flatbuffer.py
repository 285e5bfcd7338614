"""Reading of FlatBuffers tables, as far as a TFLite model needs it.

Offsets come from the file, so every access is bounds-checked by `struct`; a damaged file raises `struct.error`.
"""

from __future__ import annotations

from struct import unpack_from
from typing import NamedTuple


class Table(NamedTuple):
    """A table inside a buffer."""

    data: bytes
    at: int


def root(data: bytes) -> Table:
    """The outermost table of a buffer."""
    return Table(data, unpack_from("<I", data, 0)[0])


def _slot(table: Table, index: int) -> int | None:
    data, at = table
    vtable = at - unpack_from("<i", data, at)[0]
    if 4 + 2 * index >= unpack_from("<H", data, vtable)[0]:
        return None
    offset = unpack_from("<H", data, vtable + 4 + 2 * index)[0]
    return at + offset if offset else None


def _target(data: bytes, slot: int) -> int:
    return int(slot + unpack_from("<I", data, slot)[0])


def scalar(table: Table, index: int, code: str, default: float = 0) -> float:
    """A number; `code` is its `struct` letter."""
    slot = _slot(table, index)
    return default if slot is None else unpack_from("<" + code, table.data, slot)[0]


def integer(table: Table, index: int, code: str = "i", default: int = 0) -> int:
    """A whole number; `code` is its `struct` letter."""
    return int(scalar(table, index, code, default))


def child(table: Table, index: int) -> Table | None:
    """The table a field points to."""
    slot = _slot(table, index)
    return None if slot is None else Table(table.data, _target(table.data, slot))


def span(table: Table, index: int, width: int = 1) -> bytes:
    """The bytes of a vector (or string) whose items are `width` bytes wide."""
    slot = _slot(table, index)
    if slot is None:
        return b""
    start = _target(table.data, slot)
    end = start + 4 + width * unpack_from("<I", table.data, start)[0]
    return table.data[start + 4 : end]


def integers(table: Table, index: int) -> tuple[int, ...]:
    """A vector of 32-bit whole numbers."""
    raw = span(table, index, 4)
    return unpack_from(f"<{len(raw) // 4}i", raw)


def children(table: Table, index: int) -> list[Table]:
    """A vector of tables."""
    slot = _slot(table, index)
    if slot is None:
        return []
    start = _target(table.data, slot)
    count = unpack_from("<I", table.data, start)[0]
    return [Table(table.data, _target(table.data, start + 4 + 4 * i)) for i in range(count)]
