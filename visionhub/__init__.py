"""One typed interface to computer vision.

    from visionhub import Hub

    hub = Hub()
    for thing in hub.detect("street.jpg").objects:
        print(thing.name, thing.score, thing.box)

Names are loaded on first use: `import visionhub` itself takes a few milliseconds.
"""

from __future__ import annotations

from visionhub.lazy import attach

__version__ = "0.1.0"

__getattr__, _names = attach(
    __name__,
    {
        "visionhub.hub": ("AsyncHub", "Hub"),
        "visionhub.analysis": ("Analysis",),
        "visionhub.image": ("Image", "Limits"),
        "visionhub.config": ("Settings",),
        "visionhub.privacy": ("PrivacyPolicy",),
        "visionhub.stored": ("decode",),
        "visionhub.geometry": ("Affine", "Box", "Point", "Polygon"),
        "visionhub.tasks": (
            "Attempt", "Call", "Caption", "CaptionCall", "ClassifyCall", "CompareCall", "Comparison", "DetectCall", "Detections",
            "EmbedCall", "Embedding", "Faces", "FacesCall", "GenerateCall", "Images", "Labels", "ModerateCall", "Moderation", "OcrCall", "Result", "Text",
            "Usage", "Warning",
        ),
        "visionhub.errors": (
            "AuthError", "BudgetError", "ConfigError", "DecodeError", "InputError", "PrivacyError", "ProviderError", "QuotaError", "RateLimitError",
            "RefusedError", "TimeoutError", "TransportError", "UnsupportedError", "VisionError",
        ),
    },
)  # fmt: skip
__all__ = ["__version__", *_names]  # pyright: ignore[reportUnsupportedDunderAll]  # a test holds it against the real names

# Spelt out, since `typing` alone takes longer to import than all of this.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from visionhub.analysis import Analysis as Analysis
    from visionhub.config import Settings as Settings
    from visionhub.errors import AuthError as AuthError
    from visionhub.errors import BudgetError as BudgetError
    from visionhub.errors import ConfigError as ConfigError
    from visionhub.errors import DecodeError as DecodeError
    from visionhub.errors import InputError as InputError
    from visionhub.errors import PrivacyError as PrivacyError
    from visionhub.errors import ProviderError as ProviderError
    from visionhub.errors import QuotaError as QuotaError
    from visionhub.errors import RateLimitError as RateLimitError
    from visionhub.errors import RefusedError as RefusedError
    from visionhub.errors import TimeoutError as TimeoutError
    from visionhub.errors import TransportError as TransportError
    from visionhub.errors import UnsupportedError as UnsupportedError
    from visionhub.errors import VisionError as VisionError
    from visionhub.geometry import Affine as Affine
    from visionhub.geometry import Box as Box
    from visionhub.geometry import Point as Point
    from visionhub.geometry import Polygon as Polygon
    from visionhub.hub import AsyncHub as AsyncHub
    from visionhub.hub import Hub as Hub
    from visionhub.image import Image as Image
    from visionhub.image import Limits as Limits
    from visionhub.privacy import PrivacyPolicy as PrivacyPolicy
    from visionhub.stored import decode as decode
    from visionhub.tasks import Attempt as Attempt
    from visionhub.tasks import Call as Call
    from visionhub.tasks import Caption as Caption
    from visionhub.tasks import CaptionCall as CaptionCall
    from visionhub.tasks import ClassifyCall as ClassifyCall
    from visionhub.tasks import CompareCall as CompareCall
    from visionhub.tasks import Comparison as Comparison
    from visionhub.tasks import DetectCall as DetectCall
    from visionhub.tasks import Detections as Detections
    from visionhub.tasks import EmbedCall as EmbedCall
    from visionhub.tasks import Embedding as Embedding
    from visionhub.tasks import Faces as Faces
    from visionhub.tasks import FacesCall as FacesCall
    from visionhub.tasks import GenerateCall as GenerateCall
    from visionhub.tasks import Images as Images
    from visionhub.tasks import Labels as Labels
    from visionhub.tasks import ModerateCall as ModerateCall
    from visionhub.tasks import Moderation as Moderation
    from visionhub.tasks import OcrCall as OcrCall
    from visionhub.tasks import Result as Result
    from visionhub.tasks import Text as Text
    from visionhub.tasks import Usage as Usage
    from visionhub.tasks import Warning as Warning
