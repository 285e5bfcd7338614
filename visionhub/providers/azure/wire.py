"""Four services: Image Analysis by Microsoft's own client, Face, Content Safety and Azure OpenAI by plain HTTP."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from threading import Lock
from typing import Any

from pydantic import Field, SecretStr

from visionhub.errors import AuthError, ConfigError, DecodeError, InputError, VisionError
from visionhub.flow import in_thread, within
from visionhub.kit.http import HttpWire, Parcel, broken, late, to_json
from visionhub.kit.openai import to_wire
from visionhub.kit.options import Options
from visionhub.providers.azure.analysis import OPERATION
from visionhub.providers.azure.errors import refusal
from visionhub.wire import Request, Response

SCOPE = "https://cognitiveservices.azure.com/.default"
SETTINGS = {
    "language": "language", "gender-neutral-caption": "gender_neutral_caption", "smartcrops-aspect-ratios": "smart_crops_aspect_ratios",
    "model-version": "model_version",
}  # fmt: skip
INSTALL = "pip install 'visionhub[azure]'"


class AzureOptions(Options):
    """What can be set for Azure.

    endpoint    of the resource, `https://NAME.cognitiveservices.azure.com`; left out, the environment's VISION_ENDPOINT
    key         left out, the environment's VISION_KEY, or else whoever `azure-identity` finds is signed in
    face_endpoint, face_key, safety_endpoint, safety_key, openai_endpoint, openai_key   where other resources serve these
    analysis_version, face_version, safety_version   of the APIs
    """

    endpoint: str | None = Field(default=None, pattern="^https?://")
    key: SecretStr | None = None
    face_endpoint: str | None = None
    face_key: SecretStr | None = None
    safety_endpoint: str | None = None
    safety_key: SecretStr | None = None
    openai_endpoint: str | None = None
    openai_key: SecretStr | None = None
    analysis_version: str = "2023-10-01"
    face_version: str = "v1.2"
    safety_version: str = "2023-10-01"

    def place(self, service: str) -> str:
        """The service's own endpoint, or the common one. Raises `ConfigError`."""
        own = getattr(self, f"{service}_endpoint", None) or self.endpoint or os.environ.get("VISION_ENDPOINT")
        if not own:
            raise ConfigError(
                "Azure's endpoint is not known.",
                hint="Set VISIONHUB_PROVIDERS__AZURE__ENDPOINT=https://NAME.cognitiveservices.azure.com.",
            )
        return str(own).rstrip("/")

    def secret(self, service: str) -> str | None:
        """The service's own key, or the common one; None to sign in by `azure-identity`."""
        own = getattr(self, f"{service}_key", None) or self.key
        return own.get_secret_value() if own else os.environ.get("VISION_KEY")


class AzureWire:
    """See the module."""

    def __init__(self, options: AzureOptions) -> None:
        self._options = options
        self._identity: Any = None
        self._client: Any = None
        self._making = Lock()
        self._http = HttpWire(self._address, refusal, options.timeout, "apim-request-id")

    def send(self, request: Request, timeout: float | None) -> Response:
        """See `Wire`."""
        if request.operation != OPERATION:
            return self._http.send(request, timeout)
        if timeout is None:
            return self._analysed(request, timeout)
        # The client limits each read, not the whole exchange.
        return within(timeout, lambda: self._analysed(request, timeout))

    async def asend(self, request: Request, timeout: float | None) -> Response:
        """See `AsyncWire`. Microsoft's async client would bring a second HTTP library: a thread does."""
        if request.operation != OPERATION:
            return await self._http.asend(request, timeout)
        return await in_thread(lambda: self._analysed(request, timeout), timeout)

    def check(self, timeout: float) -> str:
        """See `CheckedWire`. A question without a picture is refused, and not billed, where the key is good."""
        with suppress(InputError):
            self.send(Request(OPERATION, {"image": b"", "features": ["tags"]}), timeout)
        return f"the key is good at {self._options.place('analysis')}"

    def close(self) -> None:
        """See `Wire`."""
        self._http.close()
        if self._client is not None:
            self._client.close()

    def _analysed(self, request: Request, timeout: float | None) -> Response:
        seconds = self._options.timeout if timeout is None else timeout
        client = self._opened()
        body = request.body
        asked = {SETTINGS.get(name, name): value for name, value in body.items() if name not in ("image", "features")}
        told: list[Any] = []
        try:
            answer = client.analyze(
                body["image"], body["features"], raw_response_hook=told.append, connection_timeout=seconds,
                read_timeout=seconds, **asked,
            )  # fmt: skip
            said = answer.as_dict()
        except VisionError:
            raise
        except Exception as error:
            raise _failed(error, seconds, timeout) from error
        head = told[0].http_response
        return Response(said, head.status_code, head.headers.get("apim-request-id"), dict(head.headers))

    def _opened(self) -> Any:
        with self._making:
            self._client = self._client or self._made()
            return self._client

    def _made(self) -> Any:
        try:
            from azure.ai.vision.imageanalysis import ImageAnalysisClient
            from azure.core.credentials import AzureKeyCredential
        except ImportError:
            raise ConfigError("The provider azure is not installed.", hint=INSTALL) from None
        key, place = self._options.secret("analysis"), self._options.place("analysis")
        credential = AzureKeyCredential(key) if key else self._signed_in()
        return ImageAnalysisClient(
            place, credential, api_version=self._options.analysis_version, retry_total=0, logging_enable=False
        )

    def _signed_in(self) -> Any:
        try:
            from azure.identity import DefaultAzureCredential
        except ImportError:
            raise ConfigError("The provider azure is not installed.", hint=INSTALL) from None
        self._identity = self._identity or DefaultAzureCredential()
        return self._identity

    def _address(self, request: Request) -> Parcel:
        """Of a service by plain HTTP: its name begins the operation's."""
        service, _, rest = request.operation.partition("/")
        body = request.body
        match service:
            case "face":
                head = {**self._headers("face"), "Content-Type": "application/octet-stream"}
                url = f"{self._options.place('face')}/face/{self._options.face_version}/{rest}"
                if "image" not in body:
                    return Parcel("POST", url, {**head, "Content-Type": "application/json"}, content=to_json(body))
                asked = {name: str(value) for name, value in body.items() if name != "image" and value != ""}
                return Parcel("POST", url, head, params=asked, content=body["image"])
            case "contentsafety":
                url = f"{self._options.place('safety')}/{request.operation}"
                head = {**self._headers("safety"), "Content-Type": "application/json"}
                return Parcel("POST", url, head, {"api-version": self._options.safety_version}, to_json(body))
            case _:
                head = {**self._headers("openai", "api-key"), "Content-Type": "application/json"}
                url = f"{self._options.place('openai')}/{request.operation}"
                return Parcel("POST", url, head, content=to_json(to_wire(dict(body))))

    def _headers(self, service: str, name: str = "Ocp-Apim-Subscription-Key") -> Mapping[str, str]:
        if key := self._options.secret(service):
            return {name: key}
        try:
            token = self._signed_in().get_token(SCOPE).token
        except VisionError:
            raise
        except Exception as error:
            raise AuthError(
                f"Azure gave no token: {type(error).__name__}.",
                hint="Sign in (`az login`), or set VISIONHUB_PROVIDERS__AZURE__KEY.",
            ) from error
        return {"Authorization": f"Bearer {token}"}


def _failed(error: Exception, seconds: float, timeout: float | None) -> VisionError:
    from azure.core import exceptions as known

    match error:
        case known.ServiceRequestTimeoutError() | known.ServiceResponseTimeoutError():
            return late(seconds, timeout)
        case known.IncompleteReadError() | known.ServiceRequestError() | known.ServiceResponseError():
            return broken(error)
        case known.HttpResponseError() if error.response is not None and not 200 <= (error.status_code or 0) < 300:
            answer: Any = error.response
            try:
                body = answer.json()
            except Exception:
                body = None
            return refusal(
                error.status_code or 0, body, {name.lower(): value for name, value in answer.headers.items()}
            )
        case known.ClientAuthenticationError():
            return AuthError(
                "Azure gave no token.", hint="Sign in (`az login`), or set VISIONHUB_PROVIDERS__AZURE__KEY."
            )
        case _:
            return DecodeError(
                f"Azure's answer was not understood: {type(error).__name__}.",
                hint="Check the provider's endpoint, and any proxy before it.",
            )
