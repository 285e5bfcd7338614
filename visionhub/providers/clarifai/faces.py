"""A model that finds faces, and one that gives each a vector to compare it by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from visionhub.capability import Capability, Support
from visionhub.errors import UnsupportedError
from visionhub.geometry import clamp
from visionhub.providers.clarifai import outputs, places
from visionhub.tasks import Faces, FacesCall, Warning
from visionhub.tasks.faces import Attribute, Face
from visionhub.wire import Request, Response

EMBEDDING = "d02b4508df58432fbb84e800597b8959"
DEMOGRAPHICS = "c0c0ac362b03416da06ab3fa36fb58e3"
CAPABILITY = Capability(
    options={**outputs.FILTER, "embedding": Support.NATIVE, "attributes": Support.EMULATED},
    **outputs.PICTURES,
    fields=("faces.embedding", "faces.attributes.age", "faces.attributes.gender"),
    model="face-detection",
    batch=outputs.BATCH,
    docs="https://clarifai.com/clarifai/main/models/face-detection",
)
APPEARANCES = {"age": "age_appearance", "gender": "gender_appearance"}
GENDERS = {"masculine": "male", "feminine": "female"}
YEARS = re.compile(r"\d+")
FACE = {"id": "ai_b1b1b1b1", "name": "BINARY_POSITIVE"}


def encode(call: FacesCall) -> Request:
    """See `visionhub.codec`. A call that names its model gets what that model gives."""
    usual = EMBEDDING if call.embedding else str(CAPABILITY.model)
    config = outputs.config({"min_score": call.min_score} if call.min_score is not None else {}, call.extra)
    return outputs.request(call.model or usual, outputs.about(call.image), config=config)


def decode(response: Response, call: FacesCall) -> Faces:
    """See `visionhub.codec`. No landmarks. Age and gender only by a model that gives them, with a warning by any other."""
    output = outputs.answered(response)
    regions = output.data.get("regions", ())
    faces = tuple(_face(region, call.attributes) for region in regions)
    if call.embedding and faces and not any(face.embedding for face in faces):
        raise UnsupportedError("This model gives no vectors of faces.", hint=f"Ask {EMBEDDING}, or a model like it.")
    absent = [name for name in call.attributes if any(name not in face.attributes for face in faces)]
    return Faces(faces=faces, **output.common).warned(*(_unknown(name) for name in absent))


def _unknown(name: str) -> Warning:
    why = f"its demographics model, {DEMOGRAPHICS}, did once" if name in APPEARANCES else "no model of its does"
    return Warning(
        code="attribute_unknown", message=f"This model of clarifai's does not infer {name} of a face: {why}."
    )


def _face(region: Mapping[str, Any], attributes: tuple[str, ...]) -> Face:
    data = region.get("data", {})
    vectors = [embedding["vector"] for embedding in data.get("embeddings", ())]
    known = {name: _attribute(name, data) for name in attributes if name in APPEARANCES}
    return Face(
        box=places.box(region),
        # Models of before 2021 give none: that is not 0.
        score=clamp(region["value"]) if "value" in region else None,
        attributes={name: attribute for name, attribute in known.items() if attribute},
        embedding=tuple(vectors[0]) if vectors else None,
    )


def _attribute(name: str, data: Mapping[str, Any]) -> Attribute | None:
    concepts = data.get("face", {}).get(APPEARANCES[name], {}).get("concepts")
    concepts = concepts or [found for found in data.get("concepts", ()) if found.get("vocab_id") == APPEARANCES[name]]
    if not concepts:
        return None
    likeliest = max(concepts, key=outputs.value)
    word: str = likeliest["name"].lower()
    if name == "gender":
        return Attribute(value=GENDERS.get(word, word), score=outputs.value(likeliest))
    # A year, or a span of years.
    years = [float(year) for year in YEARS.findall(word)]
    return Attribute(value=sum(years) / len(years), score=outputs.value(likeliest))


def parse(request: Request) -> FacesCall:
    """See `visionhub.codec`. Whether vectors are asked for is said by the model's name alone."""
    model = outputs.model(request, CAPABILITY.model)
    embedding = model is not None and (model == EMBEDDING or "embed" in model)
    return FacesCall(
        image=outputs.picture(request),
        model=None if model == EMBEDDING else model,
        embedding=embedding,
        **outputs.configured(request, "min_score"),
    )


def render(result: Faces, call: FacesCall) -> Response:
    """See `visionhub.codec`. Landmarks and poses cannot be said."""
    regions = [
        {"id": str(number), "region_info": places.info(face.box), **_parts(face)}
        for number, face in enumerate(result.faces)
    ]
    return outputs.answer({"regions": regions}, call.model, EMBEDDING if call.embedding else CAPABILITY.model)


def _parts(face: Face) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if face.embedding is not None:
        data["embeddings"] = [{"vector": list(face.embedding), "num_dimensions": len(face.embedding)}]
    elif face.score is not None:
        data["concepts"] = [{**FACE, "value": face.score, "app_id": "main"}]
    return {"data": data} if face.score is None else {"data": data, "value": face.score}
