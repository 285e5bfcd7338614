"""OpenAI's own client, blocking and async: its keys, addresses and connections; not its retries, nor its models of answers."""

from __future__ import annotations

import asyncio
import builtins
import importlib.util
import os
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import Field, SecretStr

from visionhub.errors import ConfigError, DecodeError, InputError, VisionError
from visionhub.flow import within
from visionhub.kit.http import broken, late
from visionhub.kit.loops import PerLoop
from visionhub.kit.openai import to_wire
from visionhub.kit.options import Options
from visionhub.providers.openai.errors import refusal
from visionhub.wire import Request, Response


class OpenAiOptions(Options):
    """What can be set for OpenAI. What is left out, its client finds in the environment: OPENAI_BASE_URL and so on.

    api_key    left out, the environment's OPENAI_API_KEY
    base_url   where a server answers that speaks as OpenAI does
    """

    api_key: SecretStr | None = None
    base_url: str | None = Field(default=None, pattern="^https?://")
    organization: str | None = None
    project: str | None = None

    @property
    def key(self) -> str | None:
        """The key to be used."""
        return self.api_key.get_secret_value() if self.api_key else os.environ.get("OPENAI_API_KEY")

    @property
    def address(self) -> str:
        """The URL that its client will ask."""
        return self.base_url or os.environ.get("OPENAI_BASE_URL") or "https://api.openai.com/v1"


class OpenAiWire:
    """See the module. A request's operation is its path."""

    def __init__(self, options: OpenAiOptions) -> None:
        if importlib.util.find_spec("openai") is None:
            raise ConfigError("The provider openai is not installed.", hint="pip install 'visionhub[openai]'")
        import openai

        known: dict[str, Any] = {
            "api_key": options.key,
            "base_url": options.base_url,
            "organization": options.organization,
            "project": options.project,
            "max_retries": 0,
            "timeout": options.timeout,
        }
        self._timeout = options.timeout
        try:
            self._client = openai.OpenAI(**known)
        except openai.OpenAIError as error:
            raise ConfigError(
                "There is no key for OpenAI.", hint="Set OPENAI_API_KEY, or VISIONHUB_PROVIDERS__OPENAI__API_KEY."
            ) from error
        self._async: PerLoop[Any] = PerLoop(lambda: openai.AsyncOpenAI(**known))

    def send(self, request: Request, timeout: float | None) -> Response:
        """See `Wire`."""
        if timeout is None:
            return self._asked(request, timeout)
        # The client limits each read, not the whole exchange.
        return within(timeout, lambda: self._asked(request, timeout))

    async def asend(self, request: Request, timeout: float | None) -> Response:
        """See `AsyncWire`."""
        seconds = self._timeout if timeout is None else timeout
        try:
            async with asyncio.timeout(seconds):
                client = await self._async.get()
                answer = await client.post(request.operation, **_sent(request, seconds))
        except builtins.TimeoutError as error:
            raise late(seconds, timeout) from error
        except Exception as error:
            raise _failed(error, seconds, timeout) from error
        return _read(answer)

    def check(self, timeout: float) -> str:
        """See `CheckedWire`. The list of models costs nothing."""
        try:
            models = [model.id for model in self._client.models.list(timeout=timeout)]
        except Exception as error:
            raise _failed(error, timeout, timeout) from error
        return f"the key is good, {len(models)} models"

    def close(self) -> None:
        """See `Wire`."""
        self._client.close()
        self._async.close()

    def _asked(self, request: Request, timeout: float | None) -> Response:
        seconds = self._timeout if timeout is None else timeout
        post: Callable[..., Any] = self._client.post
        try:
            answer = post(request.operation, **_sent(request, seconds))
        except Exception as error:
            raise _failed(error, seconds, timeout) from error
        return _read(answer)


def _sent(request: Request, seconds: float) -> dict[str, Any]:
    import httpx2

    return {"cast_to": httpx2.Response, "body": to_wire(dict(request.body)), "options": {"timeout": seconds}}


def _read(answer: Any) -> Response:
    headers: Mapping[str, str] = dict(answer.headers)
    try:
        body = answer.json()
    except (ValueError, RecursionError) as error:
        raise DecodeError(
            "OpenAI's answer is no JSON, or was cut off.",
            hint="Check the provider's base_url, and any proxy before it.",
            request_id=headers.get("x-request-id"),
        ) from error
    return Response(body, answer.status_code, headers.get("x-request-id"), headers)


def _failed(error: Exception, seconds: float, timeout: float | None) -> VisionError:
    import openai

    match error:
        case openai.APIStatusError():
            try:
                body = error.response.json()
            except (ValueError, RecursionError):
                body = None
            return refusal(error.status_code, body, dict(error.response.headers))
        case openai.APITimeoutError():
            return late(seconds, timeout)
        case openai.APIConnectionError():
            return broken(error)
        case TypeError() | ValueError() | RecursionError():
            return InputError(
                f"The request cannot be written: {type(error).__name__}.",
                hint="Check the call's texts and `extra`, and the provider's key and base_url: some of it cannot be sent.",
            )
        case _:
            return DecodeError(
                f"OpenAI's answer was not understood: {type(error).__name__}.", hint="Check the provider's base_url."
            )
