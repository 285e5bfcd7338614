"""Names of Clarifai's models: `user/app/model`, `user/app/model/version`, or `model` alone for Clarifai's own in `clarifai/main`."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote, unquote

from visionhub.errors import ConfigError

OWN = ("clarifai", "main")
OPERATION = re.compile(r"(?:users/([^/]+)/apps/([^/]+)/)?models/([^/]+)(?:/versions/([^/]+))?/outputs")


class Model(NamedTuple):
    """Whose it is, in which of their apps, and which version of it; None is the newest."""

    user: str
    app: str
    id: str
    version: str | None = None

    @classmethod
    def named(cls, name: str) -> Model:
        """The model of that name. Raises `ConfigError`."""
        match name.split("/"):
            case [model] if model:
                return cls(*OWN, model)
            case [user, app, model] if user and app and model:
                return cls(user, app, model)
            case [user, app, model, version] if user and app and model and version:
                return cls(user, app, model, version)
        raise ConfigError(
            f"{name!r} names no model of Clarifai.",
            hint="Models are named `model`, `user/app/model` or `user/app/model/version`.",
        )

    @classmethod
    def asked(cls, operation: str, user: str | None = None, app: str | None = None) -> Model | None:
        """The model that an operation asks, `user`'s and `app`'s where it does not say whose; None for another operation."""
        match = OPERATION.fullmatch(operation)
        if match is None:
            return None
        said = [unquote(part) if part else None for part in match.groups()]
        return cls(said[0] or user or OWN[0], said[1] or app or OWN[1], str(said[2]), said[3])

    @property
    def name(self) -> str:
        """As short as it can be."""
        if self[:2] == OWN and self.version is None:
            return self.id
        return "/".join(part for part in self if part)

    @property
    def operation(self) -> str:
        """The path at which it answers."""
        user, app, model, version = (quote(part or "", safe="") for part in self)
        versions = f"/versions/{version}" if version else ""
        return f"users/{user}/apps/{app}/models/{model}{versions}/outputs"
