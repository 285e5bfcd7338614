"""An ASGI app that answers in every provider's dialect from any hub: a vendor's own SDK may talk to it.

    app = Gateway(AsyncHub("local"))          # uvicorn module:app

A request goes down one line: the dialect that knows it -> its questions -> each codec's `parse` -> the hub -> `render` -> the
dialect's `reply`. It opens no address that a request names, asks for no key, and is meant for tests and for one machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from visionhub import registry
from visionhub.dialect import Answer, Dialect, Incoming, Outgoing, Question
from visionhub.errors import InputError, UnsupportedError, VisionError
from visionhub.hub import AsyncHub
from visionhub.kit.http import to_json
from visionhub.provider import Provider

Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Gateway:
    """See the module. `hub` answers, whoever is asked; a model that a request names is not handed on, since it is the vendor's."""

    def __init__(self, hub: AsyncHub) -> None:
        self._hub = hub
        self._speakers = [
            (provider, dialect) for name in registry.names() if (dialect := (provider := registry.get(name)).dialect)
        ]

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """See ASGI 3: answers HTTP, and refuses everything else by returning."""
        if scope["type"] == "http":
            await _send(send, await self.answer(await _incoming(scope, receive)))

    def provider(self, incoming: Incoming) -> Provider | None:
        """Whose dialect a request is in."""
        return next((provider for provider, dialect in self._speakers if _is_in(dialect, incoming)), None)

    async def answer(self, incoming: Incoming) -> Outgoing:
        """The answer to a request, in its own dialect; 404 for one that is in none."""
        for provider, dialect in self._speakers:
            try:
                questions = dialect.questions(incoming)
                if questions is not None:
                    asked = (self._answered(provider, question) for question in questions)
                    return dialect.reply(incoming, await asyncio.gather(*asked))
            except VisionError as error:
                return dialect.failure(incoming, error)
            except Exception as error:  # noqa: BLE001  # whatever it is that a stranger sends
                return dialect.failure(incoming, _senseless(error))
        return Outgoing({"error": "No dialect knows this path."}, 404)

    async def _answered(self, provider: Provider, question: Question) -> Answer:
        codec = provider.codec(question.task)
        if codec is None or codec.parse is None or codec.render is None:
            return UnsupportedError(f"The gateway does not {question.task} as {provider.name} does.")
        try:
            call = codec.parse(question.request)
            result = await self._hub.run(call.model_copy(update={"model": None, "extra": {}}))
            return codec.render(result, call)
        except VisionError as error:
            return error
        except Exception as error:  # noqa: BLE001  # the same
            return _senseless(error)


def _is_in(dialect: Dialect, incoming: Incoming) -> bool:
    try:
        return dialect.questions(incoming) is not None
    except Exception:  # noqa: BLE001  # the same: it was in this dialect that it made no sense
        return True


def _senseless(error: Exception) -> InputError:
    return InputError(f"The request was not understood: {type(error).__name__}.")


async def _incoming(scope: MutableMapping[str, Any], receive: Receive) -> Incoming:
    parts, more = [], True
    while more:
        event = await receive()
        parts.append(event.get("body", b""))
        more = event.get("more_body", False)
    return Incoming(
        method=scope["method"],
        path=scope["path"],
        query=dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
        content=b"".join(parts),
    )


Written: TypeAlias = tuple[int, dict[str, str], bytes]


def written(outgoing: Outgoing) -> Written:
    """The status, the headers (names in lower case) and the body of an answer, as they are sent."""
    content = to_json(outgoing.body)
    given = {name.lower(): value for name, value in outgoing.headers.items()}
    return outgoing.status, {"content-type": "application/json", "content-length": str(len(content)), **given}, content


async def _send(send: Send, outgoing: Outgoing) -> None:
    status, known, content = written(outgoing)
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in known.items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
