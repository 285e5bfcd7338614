"""The specification: what can be asked, and what an answer is. One module a task; data only, no behaviour of any provider."""

from __future__ import annotations

from visionhub.lazy import attach

__getattr__, _names = attach(
    __name__,
    {
        "visionhub.tasks.base": ("Attempt", "Call", "Result", "Size", "Usage", "Warning"),
        "visionhub.tasks.caption": ("Caption", "CaptionCall"),
        "visionhub.tasks.classify": ("ClassifyCall", "Labels"),
        "visionhub.tasks.compare": ("CompareCall", "Comparison"),
        "visionhub.tasks.detect": ("DetectCall", "Detections"),
        "visionhub.tasks.embed": ("EmbedCall", "Embedding"),
        "visionhub.tasks.faces": ("Faces", "FacesCall"),
        "visionhub.tasks.generate": ("GenerateCall", "Images"),
        "visionhub.tasks.moderate": ("ModerateCall", "Moderation"),
        "visionhub.tasks.ocr": ("OcrCall", "Text"),
        "visionhub.tasks.table": ("RESULTS", "TASKS"),
    },
)
__all__ = _names  # pyright: ignore[reportUnsupportedDunderAll]  # a test holds it against the real names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from visionhub.tasks.base import Attempt as Attempt
    from visionhub.tasks.base import Call as Call
    from visionhub.tasks.base import Result as Result
    from visionhub.tasks.base import Size as Size
    from visionhub.tasks.base import Usage as Usage
    from visionhub.tasks.base import Warning as Warning
    from visionhub.tasks.caption import Caption as Caption
    from visionhub.tasks.caption import CaptionCall as CaptionCall
    from visionhub.tasks.classify import ClassifyCall as ClassifyCall
    from visionhub.tasks.classify import Labels as Labels
    from visionhub.tasks.compare import CompareCall as CompareCall
    from visionhub.tasks.compare import Comparison as Comparison
    from visionhub.tasks.detect import DetectCall as DetectCall
    from visionhub.tasks.detect import Detections as Detections
    from visionhub.tasks.embed import EmbedCall as EmbedCall
    from visionhub.tasks.embed import Embedding as Embedding
    from visionhub.tasks.faces import Faces as Faces
    from visionhub.tasks.faces import FacesCall as FacesCall
    from visionhub.tasks.generate import GenerateCall as GenerateCall
    from visionhub.tasks.generate import Images as Images
    from visionhub.tasks.moderate import ModerateCall as ModerateCall
    from visionhub.tasks.moderate import Moderation as Moderation
    from visionhub.tasks.ocr import OcrCall as OcrCall
    from visionhub.tasks.ocr import Text as Text
    from visionhub.tasks.table import RESULTS as RESULTS
    from visionhub.tasks.table import TASKS as TASKS
