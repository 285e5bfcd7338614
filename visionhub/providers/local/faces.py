"""Faces by YuNet, or MTCNN; embeddings by SFace; age, gender and emotion, of YuNet's faces, only when they are named."""

from __future__ import annotations

from visionhub.capability import Capability, Support
from visionhub.geometry import Box, Point
from visionhub.providers.local.answers import FREE, RAN, chosen, usage
from visionhub.providers.local.cards import for_task, parts
from visionhub.tasks import Faces, FacesCall, Warning
from visionhub.tasks.faces import Attribute, Face, Pose
from visionhub.wire import Request, Response

ATTRIBUTES = tuple(name for part in parts("faces") for name in part.params["attributes"])
CAPABILITY = Capability(
    options={
        "attributes": Support.NATIVE,
        "embedding": Support.NATIVE,
        "min_score": Support.NATIVE,
        "max_results": Support.EMULATED,
    },
    fields=(
        "faces.landmarks",
        "faces.pose",
        "faces.embedding",
        *(f"faces.attributes.{name}" for name in ATTRIBUTES),
        *RAN,
    ),
    model=for_task("faces").name,
    price=FREE,
)
_BARE = CAPABILITY.model_copy(
    update={
        "options": {name: support for name, support in CAPABILITY.options.items() if name != "attributes"},
        "fields": tuple(field for field in CAPABILITY.fields if not field.startswith("faces.attributes")),
    }
)


def capable(model: str | None) -> Capability:
    """See `visionhub.codec`. Attributes are guessed where YuNet finds the faces."""
    return chosen(CAPABILITY if model in (None, CAPABILITY.model) else _BARE)(model)


def encode(call: FacesCall) -> Request:
    """See `visionhub.codec`. Left out, `min_score` is the model's own rule: 0.9, and 0.7 for small faces."""
    body = {
        "model": call.model,
        "image": call.image,
        "min_score": call.min_score,
        "attributes": call.attributes,
        "embedding": call.embedding,
    }
    return Request("faces", body)


def decode(response: Response, call: FacesCall) -> Faces:
    """See `visionhub.codec`. An attribute that no local model guesses is absent, with a warning."""
    width, height = call.image.width, call.image.height
    faces = (
        Face(
            box=Box.clamped(left / width, top / height, right / width, bottom / height),
            score=row["score"],
            landmarks={name: Point.clamped(x / width, y / height) for name, (x, y) in row["landmarks"].items()},
            pose=Pose(**row["pose"]),
            attributes={name: Attribute(**guess) for name, guess in row["attributes"].items()},
            embedding=row.get("embedding"),
        )
        for row in response.body["faces"]
        for left, top, right, bottom in [row["box"]]
    )
    unknown = [name for name in call.attributes if name not in ATTRIBUTES]
    warnings = [
        Warning(code="attribute_unknown", message=f"local does not infer {name} of a face.") for name in unknown
    ]
    return Faces(faces=tuple(faces), usage=usage(), warnings=tuple(warnings))
