"""Nudity by Yahoo's open_nsfw, which assesses nothing else; or what another model's classes are known to mean."""

from __future__ import annotations

from collections.abc import Mapping

from visionhub.capability import Capability
from visionhub.errors import InputError
from visionhub.providers.local.answers import FREE, RAN, by_torch, chosen, told, usage
from visionhub.providers.local.cards import for_task
from visionhub.tasks import ModerateCall, Moderation, Warning
from visionhub.tasks.moderate import CATEGORIES, Category, CategoryName
from visionhub.wire import Request, Response

# Yahoo's guidance: below 0.2 a picture is likely to be safe, above 0.8 it is highly probable not to be.
FLAGGED = 0.8
ALL = 100_000

FLAGGED_CLASS = 0.5
# What the classes of usual models are called, and what that means; those that mean nothing bad stand for None.
CLASSES: Mapping[str, CategoryName | None] = {
    "nsfw": "sexual", "porn": "sexual", "pornography": "sexual", "hentai": "sexual", "sexual": "sexual", "explicit": "sexual",
    "nudity": "sexual", "enticing or sensual": "suggestive", "sexy": "suggestive", "suggestive": "suggestive", "violence": "violence",
    "violent": "violence", "gore": "gore", "gore_bloodshed_violent": "gore", "blood": "gore", "self_harm": "self_harm", "hate": "hate",
    "weapon": "weapons", "weapons": "weapons", "gun": "weapons", "knife": "weapons", "drugs": "drugs", "alcohol": "alcohol",
    "smoking": "tobacco", "tobacco": "tobacco", "gambling": "gambling", "normal": None, "sfw": None, "safe": None, "neutral": None,
    "drawing": None, "drawings": None, "anime picture": None, "other": None, "no violence": None, "non violence": None,
}  # fmt: skip

CAPABILITY = Capability(fields=("categories.score", *RAN), labels="sexual", model=for_task("moderate").name, price=FREE)
capable = chosen(CAPABILITY, by_torch(fields=("categories.score",)))


def encode(call: ModerateCall) -> Request:
    """See `visionhub.codec`. `extra={"classes": {"bikini": "suggestive"}}` says what a model's own classes mean."""
    if unknown := sorted(set(_own(call).values()) - {*CATEGORIES, None}, key=str):
        raise InputError(f"{unknown[0]!r} is no category.", hint=f"They are {', '.join(CATEGORIES)}; None is harmless.")
    return Request("moderate", {"model": call.model, "image": call.image, "labels": None, "count": ALL})


def decode(response: Response, call: ModerateCall) -> Moderation:
    """See `visionhub.codec`. Of classes that mean the same category, the likeliest counts."""
    body = response.body
    if "nsfw" in body:
        score = body["nsfw"]
        found = [Category(name="sexual", score=score, flagged=score > FLAGGED, native="nsfw")]
        return Moderation.of(found).model_copy(update={"usage": usage()})
    known: dict[str, CategoryName | None] = {**CLASSES, **_own(call)}
    categories: dict[CategoryName, Category] = {}
    unknown: list[str] = []
    for row in sorted(body["classes"], key=lambda row: float(row["score"])):
        word = row["name"].casefold()
        if word not in known:
            unknown.append(row["name"])
        elif name := known[word]:
            categories[name] = Category(
                name=name, score=row["score"], flagged=row["score"] > FLAGGED_CLASS, native=row["name"]
            )
    warnings = [*told(response)]
    if unknown:
        said = f"{response.model} has classes of unknown meaning, which were left out: {', '.join(sorted(unknown))}."
        warnings.append(Warning(code="classes_unknown", message=said))
    answer = Moderation.of(list(categories.values()))
    return answer.model_copy(update={"usage": usage(), "warnings": tuple(warnings)})


def _own(call: ModerateCall) -> dict[str, CategoryName | None]:
    given = call.extra.get("classes") or {}
    return {str(word).casefold(): name for word, name in given.items()}
