"""Content Safety: four categories, each in a step of severity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from visionhub.capability import Capability, Price
from visionhub.image import Image
from visionhub.tasks import ModerateCall, Moderation, Warning
from visionhub.tasks.moderate import Category, CategoryName
from visionhub.wire import Request, Response

OPERATION = "contentsafety/image:analyze"
NAMES: Mapping[str, CategoryName] = {
    "Hate": "hate",
    "SelfHarm": "self_harm",
    "Sexual": "sexual",
    "Violence": "violence",
}
# https://learn.microsoft.com/azure/ai-services/content-safety/concepts/harm-categories
LEVELS = {0: "safe", 2: "low", 4: "medium", 6: "high"}
# Of Image Analysis 3, whose stored answers are read: a score each and a verdict of its own.
ADULT: Mapping[str, tuple[CategoryName, str]] = {
    "isAdultContent": ("sexual", "adultScore"), "isRacyContent": ("suggestive", "racyScore"), "isGoryContent": ("gore", "goreScore"),
}  # fmt: skip
# From where on Azure's own filters act, unless they are told otherwise.
FLAGGED = 4
CAPABILITY = Capability(
    media_types=("image/jpeg", "image/png", "image/gif", "image/bmp", "image/tiff", "image/webp"),
    max_bytes=4_000_000,
    min_side=50,
    # The comments of Microsoft's clients still say 2,048.
    max_side=7_200,
    fields=("categories.level",),
    labels="azure-content-safety",
    model="content-safety-2023-10-01",
    price=Price(
        usd=0.00075, as_of=date(2026, 11, 22), sure=False,
        source="https://azure.microsoft.com/pricing/details/cognitive-services/content-safety/",
    ),
    docs="https://learn.microsoft.com/rest/api/contentsafety/image-operations/analyze-image",
)  # fmt: skip


def encode(call: ModerateCall) -> Request:
    """See `visionhub.codec`."""
    return Request(OPERATION, {"image": {"content": call.image.data}, **call.extra})


def decode(response: Response, call: ModerateCall) -> Moderation:
    """See `visionhub.codec`. Flagged from medium on, also for a category that has no common name: of that only a warning tells."""
    del call
    if "adult" in response.body:
        return Moderation.of(list(_adult(response.body["adult"])))
    told = _listed(response.body)
    unknown = [said for said in told if said["category"] not in NAMES]
    result = Moderation.of([_category(said) for said in told if said["category"] in NAMES])
    warnings = tuple(
        Warning(code="category_unknown", message=f"azure found {said['category']} of severity {said['severity']}.")
        for said in unknown
    )
    flagged = result.flagged or any(said["severity"] >= FLAGGED for said in unknown)
    return result.model_copy(update={"flagged": flagged, "warnings": warnings})


def _adult(said: Mapping[str, Any]) -> Iterator[Category]:
    for verdict, (name, score) in ADULT.items():
        if verdict in said:
            native = verdict.removeprefix("is").removesuffix("Content")
            yield Category(name=name, score=said[score], flagged=said[verdict], native=native)


def _listed(body: Mapping[str, Any]) -> list[Any]:
    """The categories; in the answers of previews each stands under its own name."""
    if "categoriesAnalysis" in body:
        listed: list[Any] = body["categoriesAnalysis"]
        return listed
    named = [f"{native[0].lower()}{native[1:]}Result" for native in NAMES]
    found = [body[name] for name in named if name in body]
    if not found:
        raise KeyError("categoriesAnalysis")
    return found


def _category(said: Mapping[str, Any]) -> Category:
    severity, native = said["severity"], said["category"]
    # With eight levels there are steps between.
    level = LEVELS[severity - severity % 2]
    return Category(name=NAMES[native], level=level, flagged=severity >= FLAGGED, native=native)


def parse(request: Request) -> ModerateCall:
    """See `visionhub.codec`."""
    extra = {name: value for name, value in request.body.items() if name != "image"}
    return ModerateCall(image=Image(request.body["image"]["content"]), extra=extra)


def render(result: Moderation, call: ModerateCall) -> Response:
    """See `visionhub.codec`. What was not assessed is left out."""
    del call
    # Of several of one name, the one that is flagged is told.
    known = {category.name: category for category in sorted(result.categories, key=lambda one: one.flagged)}
    said = [{"category": native, "severity": _severity(known[name])} for native, name in NAMES.items() if name in known]
    return Response({"categoriesAnalysis": said})


def _severity(category: Category) -> int:
    """Its own step where it is one of Azure's, and always on the verdict's side of medium."""
    steps = {level: severity for severity, level in LEVELS.items()}
    own = steps.get(category.level or "")
    if own is not None and (own >= FLAGGED) == category.flagged:
        return own
    score = float(category.flagged) if category.score is None else category.score
    if category.flagged:
        return 6 if score >= 0.9 else FLAGGED
    return 2 if score >= 0.2 else 0
