"""Cloud Vision over gRPC, by Google's own client; its messages as the documented JSON."""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import Any

from visionhub.errors import ConfigError, DecodeError, VisionError
from visionhub.flow import within
from visionhub.http import broken, late
from visionhub.providers.google.credentials import found
from visionhub.providers.google.errors import failure
from visionhub.wire import Request, Response


class GrpcWire:
    """One channel, made at first use. Google's retries are off: by default they would go on for ten minutes."""

    def __init__(
        self, key: str | None, file: str | None, project: str | None, endpoint: str | None, timeout: float
    ) -> None:
        self._key, self._file, self._project = key, file, project
        self._endpoint = endpoint
        self._timeout = timeout
        self._client: Any = None
        self._making = Lock()

    def send(self, request: Request, timeout: float | None) -> Response:
        """See `Wire`."""
        from google.api_core.exceptions import DeadlineExceeded, GoogleAPICallError
        from google.auth.exceptions import GoogleAuthError
        from google.cloud import vision

        seconds = self._timeout if timeout is None else timeout
        client = self._opened()
        asked = _filled(vision.BatchAnnotateImagesRequest.pb(), dict(request.body))

        def exchange() -> Any:
            return client.batch_annotate_images(
                vision.BatchAnnotateImagesRequest.wrap(asked), retry=None, timeout=seconds
            )

        try:
            answer = exchange() if timeout is None else within(seconds, exchange)
        except DeadlineExceeded as error:
            raise late(seconds, timeout) from error
        except GoogleAPICallError as error:
            raise _failed(error) from error
        except GoogleAuthError as error:
            raise ConfigError(f"Google's credentials cannot be used: {type(error).__name__}.") from error
        except VisionError:
            raise
        except Exception as error:
            raise DecodeError(f"Google's answer was not understood: {type(error).__name__}.") from error
        return Response(plain(vision.BatchAnnotateImagesResponse.pb(answer)))

    def close(self) -> None:
        """See `Wire`."""
        if self._client is not None:
            self._client.transport.close()

    def _opened(self) -> Any:
        with self._making:
            self._client = self._client or self._made()
            return self._client

    def _made(self) -> Any:
        try:
            from google.auth.exceptions import GoogleAuthError
            from google.cloud import vision
        except ImportError:
            raise ConfigError("The provider google is not installed.", hint="pip install 'visionhub[google]'") from None
        known = {"api_endpoint": self._endpoint, "api_key": self._key, "quota_project_id": self._project}
        options: Any = {name: value for name, value in known.items() if value}
        try:
            credentials = None if self._key else found(self._file)
            return vision.ImageAnnotatorClient(credentials=credentials, client_options=options)
        except GoogleAuthError as error:
            raise ConfigError(f"Google's credentials cannot be used: {type(error).__name__}.") from error


def _failed(error: Any) -> VisionError:
    code = error.grpc_status_code.name if error.grpc_status_code else None
    if code == "UNAVAILABLE" and error.response is None and "connect" in str(error.message).lower():
        return broken(error)
    details = [{"reason": error.reason}] if error.reason else []
    return failure({"status": code, "message": error.message, "details": details})


def _filled(kind: Any, said: dict[str, Any]) -> Any:
    """A message of that kind from its documented JSON. Raises `ConfigError` for a name that it does not have."""
    from google.protobuf.message_factory import GetMessageClass

    fields = {field.json_name: field for field in kind.DESCRIPTOR.fields}
    if unknown := said.keys() - fields.keys():
        raise ConfigError(f"Cloud Vision takes no {' and '.join(sorted(unknown))}.", hint="Check `extra`.")
    known = {}
    for name, value in said.items():
        field = fields[name]
        if field.message_type is None:
            known[field.name] = value
        else:
            inner = GetMessageClass(field.message_type)
            known[field.name] = [_filled(inner, one) for one in value] if field.is_repeated else _filled(inner, value)
    return kind(**known)


def plain(message: Any) -> dict[str, Any]:
    """A message as its documented JSON, what is left out there left out here.

    The outlines of single symbols are left out too: they are most of a page's messages, and no answer of ours tells them.
    """
    said: dict[str, Any] = {}
    names = _names(message.DESCRIPTOR)
    for field, value in message.ListFields():
        name, kind = names[field.number]
        if kind == "message":
            said[name] = plain(value)
        elif kind == "messages":
            said[name] = [plain(one) for one in value]
        elif kind == "value":
            said[name] = value
        elif kind == "values":
            said[name] = list(value)
        elif kind == "enum":
            said[name] = field.enum_type.values_by_number[value].name
    return said


@cache
def _names(descriptor: Any) -> dict[int, tuple[str, str]]:
    """By field number: the JSON name, and what kind of value it holds."""
    return {field.number: (field.json_name, _kind(descriptor, field)) for field in descriptor.fields}


def _kind(descriptor: Any, field: Any) -> str:
    if descriptor.name == "Symbol" and field.name == "bounding_box":
        return "left out"
    many = "s" if field.is_repeated else ""
    if field.type == field.TYPE_MESSAGE:
        return f"message{many}"
    return "enum" if field.type == field.TYPE_ENUM and not many else f"value{many}"
