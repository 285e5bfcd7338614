"""A model that knows what should not be shown: explicit, suggestive, gore and drug, and `safe` for the rest."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from visionhub.capability import Capability
from visionhub.providers.clarifai import outputs
from visionhub.tasks import ModerateCall, Moderation, Warning
from visionhub.tasks.moderate import CATEGORIES, Category, CategoryName
from visionhub.wire import Request, Response

CAPABILITY = Capability(
    **outputs.PICTURES,
    model="moderation-recognition",
    batch=outputs.BATCH,
    docs="https://clarifai.com/clarifai/main/models/moderation-recognition",
)
# Our own names too: models of one's own may know more.
NAMES: Mapping[str, CategoryName] = {
    **{name: name for name in CATEGORIES},
    "explicit": "sexual", "nsfw": "sexual", "drug": "drugs", "weapon": "weapons", "blood": "gore",
}  # fmt: skip
NATIVE: Mapping[CategoryName, str] = {"sexual": "explicit", "drugs": "drug"}
SAFE = ("safe", "sfw")
FLAGGED = 0.5


def encode(call: ModerateCall) -> Request:
    """See `visionhub.codec`."""
    config = outputs.config({}, call.extra)
    return outputs.request(call.model or str(CAPABILITY.model), outputs.about(call.image), config=config)


def decode(response: Response, call: ModerateCall) -> Moderation:
    """See `visionhub.codec`. Flagged from 0.5 on. `safe` is what the others leave of 1, and no category of its own."""
    del call
    output = outputs.answered(response)
    categories, unknown = [], []
    for found in output.data.get("concepts", ()):
        native, score = found["name"], outputs.value(found)
        if name := NAMES.get(native.lower()):
            categories.append(Category(name=name, score=score, flagged=score >= FLAGGED, native=native))
        elif native.lower() not in SAFE:
            unknown.append(
                Warning(code="category_unknown", message=f"clarifai also knows {native}, which has no name here.")
            )
    return Moderation.of(categories).model_copy(update=output.common).warned(*unknown)


def parse(request: Request) -> ModerateCall:
    """See `visionhub.codec`."""
    return ModerateCall(
        image=outputs.picture(request),
        model=outputs.model(request, CAPABILITY.model),
        **outputs.configured(request),
    )


def render(result: Moderation, call: ModerateCall) -> Response:
    """See `visionhub.codec`. Each category once. What Clarifai's own model does not know is said in our words."""
    alike: dict[CategoryName, list[Category]] = {}
    for category in result.categories:
        alike.setdefault(category.name, []).append(category)
    scores = {NATIVE.get(name, name): _score(found) for name, found in alike.items()}
    safe = 1 - max(scores.values(), default=0.0)
    concepts = [outputs.concept(name, score) for name, score in {"safe": safe, **scores}.items()]
    concepts.sort(key=outputs.value, reverse=True)
    return outputs.answer({"concepts": concepts}, call.model, CAPABILITY.model)


def _score(alike: Sequence[Category]) -> float:
    """The highest score among them, moved to the side of 0.5 on which their verdict is; 1 or 0 where none has one."""
    flagged = any(found.flagged for found in alike)
    score = max((found.score for found in alike if found.score is not None), default=float(flagged))
    return max(score, FLAGGED) if flagged else min(score, math.nextafter(FLAGGED, 0))
