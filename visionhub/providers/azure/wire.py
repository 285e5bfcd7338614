"""Four services: Image Analysis by Microsoft's own client, Face, Content Safety and Azure OpenAI by plain HTTP."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from threading import Lock
from typing import Any
from urllib.parse import quote

from pydantic import Field, SecretStr

from visionhub.errors import ConfigError, DecodeError, InputError, VisionError
from visionhub.flow import in_thread, within
from visionhub.kit.http import HttpWire, Parcel, broken, late, to_json
from visionhub.kit.openai import to_wire
from visionhub.kit.options import Options
from visionhub.providers.azure import packing
from visionhub.providers.azure.analysis import OPERATION
from visionhub.providers.azure.credentials import INSTALL, Identity
from visionhub.providers.azure.errors import refusal
from visionhub.wire import Request, Response

# Settings of Image Analysis that Microsoft's client calls otherwise; what it does not know goes to the query as it is.
SETTINGS = {
    "language": "language", "gender-neutral-caption": "gender_neutral_caption", "smartcrops-aspect-ratios": "smart_crops_aspect_ratios",
    "model-version": "model_version",
}  # fmt: skip
# By service: where Microsoft's own samples look for its endpoint and its key.
ENVIRONMENT: Mapping[str, tuple[str, str]] = {
    "analysis": ("VISION_ENDPOINT", "VISION_KEY"), "face": ("FACE_ENDPOINT", "FACE_APIKEY"),
    "safety": ("CONTENT_SAFETY_ENDPOINT", "CONTENT_SAFETY_KEY"), "openai": ("AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY"),
}  # fmt: skip
CONNECTIONS = 100
URL = "^https?://"


class AzureOptions(Options):
    """What can be set for Azure.

    endpoint    of the resource, `https://NAME.cognitiveservices.azure.com`; left out, the environment's VISION_ENDPOINT
    key         left out, the environment's VISION_KEY, or else whoever `azure-identity` finds is signed in
    face_endpoint, face_key, safety_endpoint, safety_key, openai_endpoint, openai_key   where other resources serve these;
                left out, the common ones, or the environment's: FACE_ENDPOINT, FACE_APIKEY, CONTENT_SAFETY_ENDPOINT,
                CONTENT_SAFETY_KEY, AZURE_OPENAI_ENDPOINT, AZURE_OPENAI_API_KEY
    analysis_version, face_version, safety_version   of the APIs
    openai_version   of Azure OpenAI: none or `preview` for its v1 API, a date (`2025-04-01-preview`) for those before it
    """

    endpoint: str | None = Field(default=None, pattern=URL)
    key: SecretStr | None = None
    face_endpoint: str | None = Field(default=None, pattern=URL)
    face_key: SecretStr | None = None
    safety_endpoint: str | None = Field(default=None, pattern=URL)
    safety_key: SecretStr | None = None
    openai_endpoint: str | None = Field(default=None, pattern=URL)
    openai_key: SecretStr | None = None
    analysis_version: str = "2023-10-01"
    face_version: str = "v1.2"
    safety_version: str = "2023-10-01"
    openai_version: str | None = None

    def place(self, service: str) -> str:
        """The service's own endpoint, or the common one. Raises `ConfigError`."""
        own = getattr(self, f"{service}_endpoint", None) or self.endpoint or _environment(service, 0)
        if not own:
            raise ConfigError(
                "Azure's endpoint is not known.",
                hint="Set VISIONHUB_PROVIDERS__AZURE__ENDPOINT=https://NAME.cognitiveservices.azure.com.",
            )
        return str(own).rstrip("/")

    def secret(self, service: str) -> str | None:
        """The service's own key, or the common one; None to sign in by `azure-identity`. Raises `ConfigError`.

        A token opens everything that its owner may do, and is not sent where others may read it.
        """
        own = getattr(self, f"{service}_key", None) or self.key
        key = own.get_secret_value() if own else _environment(service, 1)
        if not key and not self.place(service).startswith("https:"):
            raise ConfigError(
                "There is no key for Azure, and a token is sent by https alone.",
                hint="Set VISIONHUB_PROVIDERS__AZURE__KEY, or an endpoint that begins with https.",
            )
        return key


def _environment(service: str, which: int) -> str | None:
    names = ENVIRONMENT[service][which], ENVIRONMENT["analysis"][which]
    return next((value for name in names if (value := os.environ.get(name))), None)


class AzureWire:
    """See the module."""

    def __init__(self, options: AzureOptions) -> None:
        self._options = options
        self._identity = Identity()
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
        if request.operation == OPERATION:
            return await in_thread(lambda: self._analysed(request, timeout), timeout)
        if not self._options.secret(_service(request)) and not self._identity.is_ready:
            await in_thread(self._identity.get_token, timeout)
        return await self._http.asend(request, timeout)

    def check(self, timeout: float) -> str:
        """See `CheckedWire`. A question without a picture is refused, and not billed, where the key is good."""
        with suppress(InputError):
            self.send(Request(OPERATION, {"image": b"", "features": ["tags"]}), timeout)
        return f"the key is good at {self._options.place('analysis')}"

    def close(self) -> None:
        """See `Wire`."""
        self._http.close()
        self._identity.close()
        if self._client is not None:
            self._client.close()

    def fitting(self, requests: Sequence[Request]) -> int:
        """See `BatchWire`: of Image Analysis alone."""
        return packing.fitting(requests) if requests[0].operation == OPERATION else 1

    def merge(self, requests: Sequence[Request]) -> Request:
        """See `BatchWire`."""
        return packing.merged(requests) if len(requests) > 1 else requests[0]

    def split(self, response: Response, requests: Sequence[Request]) -> Sequence[Response | VisionError]:
        """See `BatchWire`."""
        return packing.parts(response, requests) if len(requests) > 1 else [response]

    def _analysed(self, request: Request, timeout: float | None) -> Response:
        seconds = self._options.timeout if timeout is None else timeout
        client, body = self._opened(), request.body
        rest = {name: value for name, value in body.items() if name not in ("image", "features")}
        known = {SETTINGS[name]: value for name, value in rest.items() if name in SETTINGS}
        others = {name: _said(value) for name, value in rest.items() if name not in SETTINGS}
        told: list[Any] = []
        try:
            answer = client.analyze(
                body["image"], body["features"], raw_response_hook=told.append, connection_timeout=seconds,
                read_timeout=seconds, params=others, **known,
            )  # fmt: skip
            said = answer.as_dict()
        except VisionError:
            raise
        except Exception as error:
            raise _failed(error, seconds, timeout, is_answered=bool(told)) from error
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
        return ImageAnalysisClient(
            place, AzureKeyCredential(key) if key else self._identity, api_version=self._options.analysis_version, retry_total=0,
            logging_enable=False, transport=_transport(),
        )  # fmt: skip

    def _address(self, request: Request) -> Parcel:
        """Of a service by plain HTTP: its name begins the operation's."""
        body, service = request.body, _service(request)
        place, form = self._options.place(service), {"Content-Type": "application/json"}
        match service:
            case "face":
                rest, head = request.operation.removeprefix("face/"), self._headers(service)
                url = f"{place}/face/{self._options.face_version}/{rest}"
                if "image" not in body:
                    return Parcel("POST", url, {**head, **form}, content=to_json(body))
                asked = {name: _said(value) for name, value in body.items() if name != "image" and value != ""}
                form = {"Content-Type": "application/octet-stream"}
                return Parcel("POST", url, {**head, **form}, asked, body["image"])
            case "safety":
                version, url = {"api-version": self._options.safety_version}, f"{place}/{request.operation}"
                return Parcel("POST", url, {**self._headers(service), **form}, version, to_json(body))
            case _:
                known = self._options.openai_version
                url, head = f"{place}/{_dated(request, known)}", self._headers(service, "api-key")
                return Parcel(
                    "POST", url, {**head, **form}, {"api-version": known} if known else {}, to_json(to_wire(dict(body)))
                )

    def _headers(self, service: str, name: str = "Ocp-Apim-Subscription-Key") -> Mapping[str, str]:
        if key := self._options.secret(service):
            return {name: key}
        return {"Authorization": f"Bearer {self._identity.get_token().token}"}


def _service(request: Request) -> str:
    beginning = request.operation.partition("/")[0]
    return {"contentsafety": "safety"}.get(beginning, beginning)


def _dated(request: Request, version: str | None) -> str:
    """The path of a request to Azure OpenAI: before its v1 API, a deployment's pictures had a path of their own."""
    if not version or not version[:1].isdigit():
        return request.operation
    rest = request.operation.removeprefix("openai/v1/")
    return (
        f"openai/{rest}"
        if rest == "responses"
        else f"openai/deployments/{quote(request.body['model'], safe='')}/{rest}"
    )


def _said(value: Any) -> str:
    """A setting as a query has it."""
    if isinstance(value, list | tuple):
        return ",".join(map(_said, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _transport() -> Any:
    """Microsoft's own, with more connections kept than ten."""
    import requests
    from azure.core.pipeline.transport import RequestsTransport
    from requests.adapters import HTTPAdapter

    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=CONNECTIONS))
    return RequestsTransport(session=session)


def _failed(error: Exception, seconds: float, timeout: float | None, *, is_answered: bool) -> VisionError:
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
            except Exception:  # whatever it is that was sent instead
                body = None
            head = {name.lower(): value for name, value in answer.headers.items()}
            return refusal(error.status_code or 0, body, head)
        case TypeError() | ValueError() if not is_answered:
            return InputError(
                f"The request cannot be written: {type(error).__name__}.",
                hint="Check the call's `extra`, and the provider's key and endpoint: some of it cannot be sent.",
            )
        case _:
            return DecodeError(
                f"Azure's answer was not understood: {type(error).__name__}.",
                hint="Check the provider's endpoint, and any proxy before it.",
            )
