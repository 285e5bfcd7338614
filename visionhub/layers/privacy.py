"""Only what the policy allows leaves this machine: without metadata, masked or cropped, or not at all.

Models on this machine look at the picture first. Where they cannot, or find nothing to crop to, nothing is sent: what goes
wrong here is raised. EXIF and its like tell where a phone stood, whose it is and what was cropped away.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from visionhub.errors import ConfigError, PrivacyError, UnsupportedError
from visionhub.flow import Flow, compute
from visionhub.geometry import Affine, Box, Polygon
from visionhub.handler import Handler
from visionhub.image import Image
from visionhub.image.hide import Outline, cropped, masked, written
from visionhub.privacy import PrivacyPolicy, refusal
from visionhub.tasks import Attempt, Call, DetectCall, FacesCall, OcrCall, Warning
from visionhub.tasks.base import R

# To miss one costs more than to cover too much: docs/privacy.md has what was measured.
FACE_SCORE, FACE_MARGIN = 0.4, 0.3
THING_SCORE, THING_MARGIN = 0.1, 0.2
TEXT_MARGIN = 0.2


@dataclass(frozen=True, slots=True)
class Sent:
    """A picture that may leave, where it lies in the caller's, and how often each kind was found in that."""

    image: Image
    place: Affine | None
    found: Counter[str]


class Privacy:
    """See the module. `eyes` finds what is masked or cropped to: a local handler of `faces`, `ocr` and `detect`."""

    def __init__(self, policy: PrivacyPolicy | None = None, eyes: Handler | None = None) -> None:
        self.policy = PrivacyPolicy() if policy is None else policy
        if self.policy.needs_eyes and (eyes is None or eyes.is_remote):
            raise ConfigError("What is masked or cropped to is looked for by a local provider: there is none.")
        self._eyes = eyes

    def handle(self, call: Call[R], inner: Handler) -> Flow[R]:
        """See `Layer`. Raises `PrivacyError`, before anything is sent."""
        if reason := refusal(self.policy, call, inner):
            raise self._refused(reason, call, inner)
        if not inner.is_remote:
            return (yield from inner(call))
        if not self.policy.needs_eyes:
            return (yield from inner((yield from self._stripped(call))))
        sent = {}
        for name, image in call.pictures().items():
            sent[name] = yield from self._hidden(image, call, inner)
        result = yield from inner(call.model_copy(update={name: done.image for name, done in sent.items()}))
        places = {name: done.place.inverse for name, done in sent.items() if done.place}
        return result.mapped(places).warned(*(self._warning(name, done.found) for name, done in sent.items()))

    def version(self, call: Call[Any], inner: Handler) -> str:
        """See `VersionedLayer`: an answer about a masked picture is another one."""
        known = inner.version(call)
        image = next(iter(call.pictures().values()), None)
        if self._eyes is None or image is None or not self.policy.needs_eyes or not inner.is_remote:
            return known
        seen = [self._eyes.version(question) for question in self._questions(image)]
        return f"{known} mask={','.join(self.policy.mask)} crop={self.policy.crop_to} by={','.join(seen)}"

    def _stripped(self, call: Call[R]) -> Flow[Call[R]]:
        if not self.policy.strip_metadata:
            return call
        pictures = call.pictures()
        if not all(picture.is_stripped for picture in pictures.values()):
            yield from compute(lambda: [picture.stripped() for picture in pictures.values()])
        return call.model_copy(update={name: picture.stripped() for name, picture in pictures.items()})

    def _hidden(self, image: Image, call: Call[Any], inner: Handler) -> Flow[Sent]:
        found: dict[str, list[Outline]] = {}
        for question in self._questions(image):
            seen = yield from self._look(question)
            for kind, part in seen:
                found.setdefault(kind, []).append(part)
        around = found.get(self.policy.crop_to or "", [])
        if self.policy.crop_to and not around:
            raise self._refused(
                f"No {self.policy.crop_to} were found in {image.name}, and the privacy policy sends only what is around.", call, inner
            )  # fmt: skip
        over = [part for kind in self.policy.mask for part in found.get(kind, ())]
        counts = Counter({kind: len(parts) for kind, parts in found.items()})
        return (yield from compute(lambda: _sent(image, over, around, counts)))

    def _questions(self, image: Image) -> list[Call[Any]]:
        kinds = dict.fromkeys((*self.policy.mask, *filter(None, [self.policy.crop_to])))
        things = tuple(kind for kind in kinds if kind not in ("faces", "text"))
        questions: list[Call[Any]] = []
        if "faces" in kinds:
            questions.append(FacesCall(image=image, min_score=FACE_SCORE))
        if "text" in kinds:
            questions.append(OcrCall(image=image, extra={"unread": True}))
        if things:
            questions.append(DetectCall(image=image, labels=things, min_score=THING_SCORE))
        return questions

    def _look(self, question: Call[Any]) -> Flow[Sequence[tuple[str, Outline]]]:
        assert self._eyes is not None
        try:
            answer = yield from self._eyes(question)
        except UnsupportedError as error:
            # Not this call but the policy is wrong, for whoever is asked next as well.
            raise ConfigError(f"The privacy policy cannot be kept. {error.message}", hint=error.hint) from error
        match question:
            case FacesCall():
                return [("faces", Outline(_around(face.box), FACE_MARGIN)) for face in answer.faces]
            case OcrCall():
                return [("text", Outline(line.polygon, TEXT_MARGIN)) for line in answer.lines]
            case _:
                return [(one.name.casefold(), Outline(_around(one.box), THING_MARGIN)) for one in answer.objects]

    def _refused(self, reason: str, call: Call[Any], inner: Handler) -> PrivacyError:
        hint = "Nothing was sent. Name a provider that the policy allows (local sees the whole picture), or change the policy."
        error = PrivacyError(reason, hint=hint, provider=inner.name, task=call.task)
        error.attempts = (Attempt(provider=inner.name, outcome="refused", latency_ms=0.0, cost_usd=0.0, reason=reason),)
        return error

    def _warning(self, name: str, found: Counter[str]) -> Warning:
        masked = ", ".join(f"{kind} ({found[kind]})" for kind in self.policy.mask)
        crop = self.policy.crop_to
        done = [f"masked: {masked}"] if masked else []
        done += [f"cropped to {crop} ({found[crop]})"] if crop else []
        return Warning(code="picture_hidden", message=f"{name}: {'; '.join(done)}.")


def _sent(image: Image, over: Sequence[Outline], around: Sequence[Outline], found: Counter[str]) -> Sent:
    picture, place = masked(image.rgb(), over), None
    if around:
        picture, place = cropped(picture, around)
    return Sent(written(picture, image), place, found)


def _around(box: Box) -> Polygon:
    return Polygon.clamped(((box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)))
