"""One typed interface to computer vision.

    from visionhub import Hub

    hub = Hub()
    for thing in hub.detect("street.jpg").objects:
        print(thing.name, thing.score, thing.box)

Names are loaded on first use: `import visionhub` itself takes a few milliseconds.
"""

from __future__ import annotations

# Spelt out, since `typing` alone takes longer to import than all of this module.
TYPE_CHECKING = False

__version__ = "0.1.0"

_HOME = {
    "visionhub.hub": ("AsyncHub", "Hub"),
    "visionhub.image": ("Image", "Limits"),
    "visionhub.config": ("Settings",),
    "visionhub.geometry": ("Affine", "Box", "Point", "Polygon"),
    "visionhub.tasks": (
        "Attempt", "Call", "Caption", "CaptionCall", "ClassifyCall", "CompareCall", "Comparison", "DetectCall", "Detections", "Faces",
        "FacesCall", "GenerateCall", "Images", "Labels", "ModerateCall", "Moderation", "OcrCall", "Result", "Text", "Usage", "Warning",
    ),
    "visionhub.errors": (
        "AuthError", "BudgetError", "ConfigError", "DecodeError", "InputError", "ProviderError", "QuotaError", "RateLimitError",
        "RefusedError", "TimeoutError", "TransportError", "UnsupportedError", "VisionError",
    ),
}  # fmt: skip
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = ["__version__", *_MODULE_OF]

if TYPE_CHECKING:
    from typing import Any

    from visionhub.config import Settings
    from visionhub.errors import (
        AuthError,
        BudgetError,
        ConfigError,
        DecodeError,
        InputError,
        ProviderError,
        QuotaError,
        RateLimitError,
        RefusedError,
        TimeoutError,
        TransportError,
        UnsupportedError,
        VisionError,
    )  # fmt: skip
    from visionhub.geometry import Affine, Box, Point, Polygon
    from visionhub.hub import AsyncHub, Hub
    from visionhub.image import Image, Limits
    from visionhub.tasks import (
        Attempt,
        Call,
        Caption,
        CaptionCall,
        ClassifyCall,
        CompareCall,
        Comparison,
        DetectCall,
        Detections,
        Faces,
        FacesCall,
        GenerateCall,
        Images,
        Labels,
        ModerateCall,
        Moderation,
        OcrCall,
        Result,
        Text,
        Usage,
        Warning,
    )  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'visionhub' has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(_MODULE_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
