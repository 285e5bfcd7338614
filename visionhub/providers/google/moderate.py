"""SAFE_SEARCH_DETECTION: five categories, each in a step of likelihood."""

from __future__ import annotations

from collections.abc import Mapping

from visionhub.capability import Capability
from visionhub.providers.google import annotate, likelihood
from visionhub.tasks import ModerateCall, Moderation
from visionhub.tasks.moderate import Category, CategoryName
from visionhub.wire import Request, Response

FEATURE = "SAFE_SEARCH_DETECTION"
NAMES: Mapping[str, CategoryName] = {
    "adult": "sexual", "racy": "suggestive", "violence": "violence", "medical": "medical", "spoof": "spoof",
}  # fmt: skip
CAPABILITY = Capability(
    price=annotate.PRICE, fields=("categories.level",), labels="google-safe-search", **annotate.LIMITS
)


def encode(call: ModerateCall) -> Request:
    """See `visionhub.codec`."""
    return annotate.request(call.image, FEATURE, call.extra, model=call.model)


def decode(response: Response, call: ModerateCall) -> Moderation:
    """See `visionhub.codec`. Flagged from `LIKELY` on. `UNKNOWN` is no opinion: not assessed."""
    del call
    said = annotate.answered(response)["safeSearchAnnotation"]
    levels = {native: likelihood.level(said.get(native)) for native in NAMES}
    return Moderation.of(
        [
            Category(name=NAMES[native], level=level, flagged=likelihood.is_likely(level), native=native)
            for native, level in levels.items()
            if level != likelihood.LEVELS[0]
        ]
    )


def parse(request: Request) -> ModerateCall:
    """See `visionhub.codec`."""
    return ModerateCall(**annotate.asked(request)[0])


def render(result: Moderation, call: ModerateCall) -> Response:
    """See `visionhub.codec`. What was not assessed is `UNKNOWN`."""
    del call
    # Of several of one name, the one that is flagged is told.
    known = {category.name: category for category in sorted(result.categories, key=lambda one: one.flagged)}
    said = dict.fromkeys(NAMES, likelihood.LEVELS[0])
    for native, name in NAMES.items():
        if found := known.get(name):
            said[native] = likelihood.said(found.level, found.score, flagged=found.flagged)
    return annotate.answer(safeSearchAnnotation=said)
