"""What of a picture may leave this machine, and to whom. `layers/privacy.py` carries it out."""

from __future__ import annotations

import difflib
from typing import Any, Literal, TypeAlias, cast

from pydantic import field_validator, model_validator

from visionhub.errors import ConfigError
from visionhub.handler import Handler, Located
from visionhub.tasks import Call, CompareCall, DetectCall, FacesCall
from visionhub.value import Value

Kind: TypeAlias = Literal["faces", "text"] | str  # noqa: PYI051  # the words that have a meaning of their own
WORDS = ("faces", "text")
HIDDEN = {"faces": ("faces", "compare"), "text": ("ocr",)}
"""By what is masked: the tasks that ask about nothing else."""


class PrivacyPolicy(Value):
    """What may leave this machine. All but `biometrics` concerns remote providers only: a local one sees the whole picture.

    strip_metadata  EXIF, XMP, IPTC, comments and thumbnails stay here; of what is masked or cropped they always do
    mask            what is painted over: `faces`, `text`, or kinds of things that the local `detect` knows (`person`, `car`)
    crop_to         one such kind: the part of the picture around it is sent, and nothing where there is none
    region          where pictures may go: `eu`, `us`, `eu-west-1`; a provider that is not known to work there is not asked
    biometrics      who may compare, measure or judge faces: anyone (`allow`), this machine (`local`), nobody (`never`)
    """

    strip_metadata: bool = True
    mask: tuple[Kind, ...] = ()
    crop_to: Kind | None = None
    region: str | None = None
    biometrics: Literal["allow", "local", "never"] = "allow"

    @field_validator("mask", mode="after")
    @classmethod
    def _each_once(cls, mask: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_kind(name) for name in mask))

    @field_validator("crop_to", "region", mode="after")
    @classmethod
    def _plain(cls, value: str | None) -> str | None:
        return None if value is None else _kind(value)

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> PrivacyPolicy:
        if self.crop_to in self.mask:
            raise ValueError(f"what is left when a picture is cropped to {self.crop_to} would be masked: choose one")
        return self

    @property
    def needs_eyes(self) -> bool:
        """Whether pictures are looked at here before they leave."""
        return bool(self.mask or self.crop_to)

    def check(self, task: str) -> None:
        """Raises `ConfigError` where the policy leaves nothing of a route's task."""
        if reason := self._contradiction(task):
            raise ConfigError(f"The privacy policy contradicts the task {task}: {reason}.", hint="Change one of them.")

    def _contradiction(self, task: str) -> str | None:
        if task == CompareCall.task and self.biometrics == "never":
            return "it allows no biometrics"
        return next((f"it masks {kind}" for kind in self.mask if task in HIDDEN.get(kind, ())), None)


def refusal(policy: PrivacyPolicy, call: Call[Any], handler: Handler) -> str | None:
    """Why the policy does not let this handler answer this call, as a sentence; None if it does. Nothing is asked or opened."""
    if is_biometric(call) and (policy.biometrics == "never" or (policy.biometrics == "local" and handler.is_remote)):
        where = "" if policy.biometrics == "never" else " outside this machine"
        return f"The privacy policy allows no biometrics{where}, and this {call.task} call asks for them."
    if not handler.is_remote:
        return None
    if hidden := _hidden(policy, call):
        return f"The privacy policy masks {hidden}, which this {call.task} call asks {handler.name} about."
    return _misplaced(policy, call, handler)


def is_biometric(call: Call[Any]) -> bool:
    """Whether people are compared, measured or judged by their faces, not only found.

    `compare`; `faces` with an embedding, with any attribute (age, gender and emotion are inferred from the same
    measurements), or with `extra`, which may ask for either in the provider's own words.
    """
    return isinstance(call, CompareCall) or (
        isinstance(call, FacesCall) and bool(call.embedding or call.attributes or call.extra)
    )


def _hidden(policy: PrivacyPolicy, call: Call[Any]) -> str | None:
    labels = {label.casefold() for label in call.labels or ()} if isinstance(call, DetectCall) else set[str]()
    return next((kind for kind in policy.mask if call.task in HIDDEN.get(kind, ()) or kind in labels), None)


def _misplaced(policy: PrivacyPolicy, call: Call[Any], handler: Handler) -> str | None:
    if policy.region is None:
        return None
    places = cast("Located", handler).places(call) if hasattr(handler, "places") else ()
    if policy.region in places:
        return None
    asked = f"The privacy policy keeps pictures in {policy.region!r}"
    if places:
        return f"{asked}, and {handler.name} sends them to {' / '.join(places)}."
    return f"{asked}, and where {handler.name} sends them is not known: `data_region` in its settings may say."


def _kind(name: str) -> str:
    plain = name.strip().casefold()
    if not plain:
        raise ValueError("an empty name")
    near = difflib.get_close_matches(plain, WORDS, 1, cutoff=0.8)
    if near and plain not in WORDS:
        raise ValueError(f"there is no {name!r}: did you mean {near[0]!r}?")
    return plain
