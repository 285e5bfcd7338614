"""Where pictures go: the addresses of Cloud Vision and Gemini say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from visionhub.providers.google.wire import GoogleOptions, address

VISION = re.compile(r"(eu|us)-vision\.googleapis\.com")
GEMINI = re.compile(r"([a-z]+(?:-[a-z]+\d+)?)-aiplatform\.googleapis\.com")
# They are called europe-, and lie outside the European Union.
ELSEWHERE = {"europe-west2": "uk", "europe-west6": "ch"}
WIDE = {"eu": "eu", "europe": "eu", "us": "us"}


def located(options: Mapping[str, Any], task: str, model: str | None) -> tuple[str, ...]:
    """`("eu",)` or `("eu", "europe-west4")`; nothing for a global address, or another server's."""
    del model
    is_gemini = task in ("caption", "generate")
    host = urlsplit(address(GoogleOptions.read("google", options), is_gemini=is_gemini)).hostname or ""
    found = (GEMINI if is_gemini else VISION).fullmatch(host)
    return named(found[1]) if found else ()


def named(location: str) -> tuple[str, ...]:
    """A location after the country or union it lies in, where its name says that."""
    wide = ELSEWHERE.get(location) or WIDE.get(location.partition("-")[0])
    return tuple(dict.fromkeys((wide, location))) if wide else (location,)
