"""Protobuf messages from the documented JSON, and back: by compiled readers, since the library's own take longer than a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeAlias

from visionhub.errors import InputError

Reader: TypeAlias = Callable[[Any], dict[str, Any]]
HINT = "Check the call's `extra`."


def filled(kind: Any, said: Mapping[str, Any]) -> Any:
    """A message of that kind from its documented JSON, pictures in it as raw bytes. Raises `InputError`."""
    try:
        return _filled(kind, said)
    except (TypeError, ValueError, AttributeError) as error:
        # Its text is left out: it may quote a picture.
        raise InputError("Cloud Vision takes no value of that kind in its request.", hint=HINT) from error


def _filled(kind: Any, said: Mapping[str, Any]) -> Any:
    from google.protobuf.message_factory import GetMessageClass

    fields = {field.json_name: field for field in kind.DESCRIPTOR.fields}
    if unknown := said.keys() - fields.keys():
        raise InputError(f"Cloud Vision takes no {' and '.join(sorted(unknown))}.", hint=HINT)
    known = {}
    for name, value in said.items():
        field = fields[name]
        if field.message_type is None:
            known[field.name] = value
        else:
            inner = GetMessageClass(field.message_type)
            known[field.name] = [_filled(inner, one) for one in value] if field.is_repeated else _filled(inner, value)
    return kind(**known)


def plain(message: Any) -> dict[str, Any]:
    """A message as its documented JSON, what is left out there left out here; a step that has no name is its number.

    The outlines of single symbols are left out too: they are most of a page's messages, and no answer of ours tells them.
    """
    return _reader(message.DESCRIPTOR)(message)


@cache
def _reader(descriptor: Any) -> Reader:
    """What reads messages of that kind: its fields sorted once by how they are read."""
    values, steps, singles, lists, told = [], [], [], [], []
    for field in descriptor.fields:
        names = field.name, field.json_name
        if descriptor.name == "Symbol" and field.name == "bounding_box":
            continue
        if field.is_repeated:
            lists.append((*names, field.message_type))
        elif field.message_type is not None:
            singles.append((*names, field.message_type))
        elif field.enum_type is not None:
            steps.append((*names, {step.number: step.name for step in field.enum_type.values}))
        elif field.has_presence:
            told.append(names)
        else:
            values.append(names)

    def read(message: Any) -> dict[str, Any]:
        said: dict[str, Any] = {}
        for name, known in values:
            if value := getattr(message, name):
                said[known] = value
        for name, known, words in steps:
            if value := getattr(message, name):
                said[known] = words.get(value, value)
        for name, known, kind in singles:
            if message.HasField(name):
                said[known] = _reader(kind)(getattr(message, name))
        for name, known, kind in lists:
            if several := getattr(message, name):
                said[known] = list(several) if kind is None else [*map(_reader(kind), several)]
        for name, known in told:
            if message.HasField(name):
                said[known] = getattr(message, name)
        return said

    return read
