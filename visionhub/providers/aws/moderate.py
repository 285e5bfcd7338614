"""DetectModerationLabels: what it found, of all that it looks for."""

from __future__ import annotations

from typing import Any

from visionhub.capability import Capability
from visionhub.image import Image
from visionhub.providers.aws import shares
from visionhub.providers.aws.labels import PICTURES, REKOGNITION
from visionhub.providers.aws.taxonomy import NATIVE, meaning
from visionhub.tasks import ModerateCall, Moderation, Warning
from visionhub.tasks.moderate import CATEGORIES, Category
from visionhub.wire import Request, Response

OPERATION = "rekognition.detect_moderation_labels"
FLAGGED = 0.5
LEVELS = {"": 1, "Violence": 2}
CAPABILITY = Capability(
    max_side=10_000,
    model="rekognition",
    labels="rekognition-moderation",
    price=REKOGNITION,
    docs="https://docs.aws.amazon.com/rekognition/latest/APIReference/API_DetectModerationLabels.html",
    **PICTURES,
)


def encode(call: ModerateCall) -> Request:
    """See `visionhub.codec`."""
    return Request(OPERATION, {"Image": {"Bytes": call.image.data}, **call.extra})


def decode(response: Response, call: ModerateCall) -> Moderation:
    """See `visionhub.codec`. Flagged from 0.5 on, which is AWS's own cut.

    A category that is neither listed nor in `not_assessed` was looked for and stayed below the cut.
    """
    del call
    categories, unknown = [], []
    for label in response.body["ModerationLabels"]:
        name = meaning(label["Name"], label.get("ParentName", ""))
        score = shares.score(label["Confidence"])
        if name is None:
            unknown.append(
                Warning(code="category_unknown", message=f"aws also found {label['Name']}, which has no name here.")
            )
        else:
            categories.append(Category(name=name, score=score, flagged=score >= FLAGGED, native=label["Name"]))
    version = response.body.get("ModerationModelVersion")
    return Moderation(
        flagged=any(category.flagged for category in categories),
        categories=tuple(categories),
        not_assessed=tuple(name for name in CATEGORIES if name not in NATIVE),
        model=f"rekognition-moderation-{version}" if version else None,
        warnings=tuple(unknown),
    )


def parse(request: Request) -> ModerateCall:
    """See `visionhub.codec`."""
    extra = {name: value for name, value in request.body.items() if name != "Image"}
    return ModerateCall(image=Image(request.body["Image"]["Bytes"]), extra=extra)


def render(result: Moderation, call: ModerateCall) -> Response:
    """See `visionhub.codec`. AWS lists only what it flags."""
    del call
    labels: list[dict[str, Any]] = []
    for category in result.categories:
        if category.flagged and category.name in NATIVE:
            name, parent = NATIVE[category.name]
            confidence = max(shares.percent(category.score), 100 * FLAGGED)
            level = LEVELS.get(parent, 3)
            labels.append({"Name": name, "ParentName": parent, "Confidence": confidence, "TaxonomyLevel": level})
    return Response({"ModerationLabels": labels, "ModerationModelVersion": "7.0", "ContentTypes": []})
