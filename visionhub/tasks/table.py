"""Every task word with its call and its result."""

from __future__ import annotations

from typing import Any

from visionhub.tasks.base import Call, Result
from visionhub.tasks.caption import Caption, CaptionCall
from visionhub.tasks.classify import ClassifyCall, Labels
from visionhub.tasks.compare import CompareCall, Comparison
from visionhub.tasks.detect import DetectCall, Detections
from visionhub.tasks.embed import EmbedCall, Embedding
from visionhub.tasks.faces import Faces, FacesCall
from visionhub.tasks.generate import GenerateCall, Images
from visionhub.tasks.moderate import ModerateCall, Moderation
from visionhub.tasks.ocr import OcrCall, Text

TASKS: dict[str, type[Call[Any]]] = {
    kind.task: kind
    for kind in (
        ClassifyCall,
        DetectCall,
        OcrCall,
        FacesCall,
        CompareCall,
        ModerateCall,
        CaptionCall,
        GenerateCall,
        EmbedCall,
    )
}
"""Every task word with its call, in the order in which they are listed everywhere."""

RESULTS: dict[str, type[Result]] = {
    kind.model_fields["task"].default: kind
    for kind in (Labels, Detections, Text, Faces, Comparison, Moderation, Caption, Images, Embedding)
}
"""Every task word with its result."""
