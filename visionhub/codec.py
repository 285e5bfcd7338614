"""One task in one provider's dialect: a module of pure functions, under fixed names.

    CAPABILITY              what is accepted and filled
    capable(model)          what it is with that model, None being the usual one; where models differ
    encode(call)            Call -> Request                        we are the client
    decode(response, call)  Response -> Result
    follow(response, call)  Response -> Again, or None when done   for a provider that must be polled, or asked step by step
    parse(request)          Request -> Call                        we are the server, and speak as this provider does
    render(result, call)    Result -> Response

Pure: no socket, clock, environment, randomness or `async`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from visionhub.capability import Capability
from visionhub.errors import ConfigError
from visionhub.tasks import Call, Result
from visionhub.wire import Request, Response


@dataclass(frozen=True, slots=True)
class Again:
    """Ask `request` in `seconds`: the answer is not ready, or not yet whole."""

    request: Request
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Codec:
    """The functions of one codec module. `parse` and `render` exist both or neither."""

    capability: Capability
    encode: Callable[[Any], Request]
    decode: Callable[[Response, Any], Result]
    follow: Callable[[Response, Any], Again | None] | None = None
    capable: Callable[[str | None], Capability | None] | None = None
    parse: Callable[[Request], Call[Any]] | None = None
    render: Callable[[Result, Any], Response] | None = None

    @classmethod
    def of(cls, module: ModuleType) -> Codec:
        """Reads a codec module. Raises `ConfigError` if it is incomplete."""
        found = {
            name: getattr(module, name, None) for name in ("encode", "decode", "follow", "capable", "parse", "render")
        }
        capability = getattr(module, "CAPABILITY", None)
        if not isinstance(capability, Capability) or not found["encode"] or not found["decode"]:
            raise ConfigError(f"The codec {module.__name__} is incomplete: it needs CAPABILITY, encode and decode.")
        if bool(found["parse"]) != bool(found["render"]):
            raise ConfigError(f"The codec {module.__name__} is incomplete: parse and render come together.")
        return cls(capability, **found)  # type: ignore[arg-type]  # encode and decode were just found
