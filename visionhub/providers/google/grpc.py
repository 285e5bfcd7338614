"""Cloud Vision over gRPC, by Google's own client."""

from __future__ import annotations

from threading import Lock
from typing import Any

from visionhub.errors import AuthError, ConfigError, DecodeError, VisionError
from visionhub.flow import in_thread, within
from visionhub.kit.http import broken, late
from visionhub.providers.google import credentials
from visionhub.providers.google.errors import failure
from visionhub.providers.google.messages import filled, plain
from visionhub.wire import Request, Response

# What gRPC says of a line of its own under the status UNAVAILABLE, which a server may answer as well.
BROKEN = ("failed to connect", "errors resolving", "dns resolution", "socket closed", "connection reset")
UNSIGNED = "metadata from plugin failed"


class GrpcWire:
    """One channel, made at first use. Google's retries are off: by default they would go on for ten minutes.

    An `endpoint` that begins with `http://` is asked in the clear, and then without key or token.
    """

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
        if timeout is None:
            return self._exchanged(request, timeout)
        return within(timeout, lambda: self._exchanged(request, timeout))

    async def asend(self, request: Request, timeout: float | None) -> Response:
        """See `AsyncWire`."""
        return await in_thread(lambda: self._exchanged(request, timeout), timeout)

    def close(self) -> None:
        """See `Wire`."""
        if self._client is not None:
            self._client.transport.close()

    def _exchanged(self, request: Request, timeout: float | None) -> Response:
        client = self._opened()
        from google.api_core.exceptions import DeadlineExceeded, GoogleAPICallError
        from google.cloud import vision

        seconds = self._timeout if timeout is None else timeout
        asked = vision.BatchAnnotateImagesRequest.wrap(filled(vision.BatchAnnotateImagesRequest.pb(), request.body))
        try:
            answer = client.batch_annotate_images(asked, retry=None, timeout=seconds)
            return Response(plain(vision.BatchAnnotateImagesResponse.pb(answer)))
        except DeadlineExceeded as error:
            raise late(seconds, timeout) from error
        except GoogleAPICallError as error:
            raise _failed(error) from error
        except Exception as error:
            raise DecodeError(f"Google's answer was not understood: {type(error).__name__}.") from error

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
        host = self._endpoint and self._endpoint.removeprefix("https://").rstrip("/")
        if host and host.startswith("http://"):
            return vision.ImageAnnotatorClient(transport=_unprotected(host.removeprefix("http://")))
        known = {"api_endpoint": host, "api_key": self._key, "quota_project_id": self._project}
        options: Any = {name: value for name, value in known.items() if value}
        try:
            signed = None if self._key else credentials.found(self._file)
            return vision.ImageAnnotatorClient(credentials=signed, client_options=options)
        except GoogleAuthError as error:
            raise ConfigError(f"Google's credentials cannot be used: {type(error).__name__}.") from error


def _unprotected(host: str) -> Any:
    """To a server without TLS, on this machine say. Answers may be as long as with Google's own channel."""
    import grpc
    from google.cloud.vision_v1.services.image_annotator.transports import ImageAnnotatorGrpcTransport

    channel = grpc.insecure_channel(host, options=[("grpc.max_receive_message_length", -1)])
    return ImageAnnotatorGrpcTransport(channel=channel)


def _failed(error: Any) -> VisionError:
    code = error.grpc_status_code.name if error.grpc_status_code else None
    words = str(error.message).lower()
    if UNSIGNED in words:
        return AuthError("Google gave no token.", hint=credentials.HINT, code=code)
    if code == "UNAVAILABLE" and any(sign in words for sign in BROKEN):
        return broken(error)
    details: list[dict[str, Any]] = [{"reason": error.reason}] if error.reason else []
    waits = [detail.retry_delay for detail in error.details if hasattr(detail, "retry_delay")]
    details += [{"retryDelay": f"{wait.seconds + wait.nanos / 1e9}s"} for wait in waits]
    return failure({"status": code, "message": error.message, "details": details})
