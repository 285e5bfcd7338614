"""Two services: Cloud Vision by gRPC or REST, Gemini by REST."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field, SecretStr

from visionhub.errors import DecodeError, VisionError
from visionhub.flow import in_thread
from visionhub.kit.http import HttpWire, Parcel, to_json
from visionhub.kit.options import Options
from visionhub.providers.google.annotate import LIMITS, OPERATION
from visionhub.providers.google.credentials import Bearer
from visionhub.providers.google.errors import refusal
from visionhub.providers.google.grpc import GrpcWire
from visionhub.wire import Request, Response

JSON = {"Content-Type": "application/json"}
MOST_BYTES = 7_400_000


class GoogleOptions(Options):
    """What can be set for Google.

    api_key           instead of credentials; without a project, Gemini is then asked at its Developer API
    credentials       a service account's file; left out, what `google-auth` finds
    transport         `grpc` or `rest`, for Cloud Vision
    endpoint          of Cloud Vision, e.g. `eu-vision.googleapis.com`
    gemini_endpoint   of Gemini; left out, by `project` and `location`
    project           whose Gemini is asked, and who is charged
    location          of that project's Gemini, e.g. `europe-west4`
    """

    api_key: SecretStr | None = None
    credentials: str | None = None
    transport: Literal["grpc", "rest"] = "grpc"
    endpoint: str | None = None
    gemini_endpoint: str | None = None
    project: str | None = None
    location: str = Field(default="global")


class GoogleWire:
    """See the module. Up to 16 questions of Cloud Vision go out as one."""

    def __init__(self, options: GoogleOptions) -> None:
        key = options.api_key.get_secret_value() if options.api_key else None
        signed = self._signed = Bearer(key, options.credentials, options.project)
        vision = address(options)

        def to_vision(request: Request) -> Parcel:
            return Parcel(
                "POST", f"{vision}/v1/{request.operation}", {**JSON, **signed.headers()}, content=to_json(request.body)
            )

        def to_gemini(request: Request) -> Parcel:
            url = f"{_gemini(options)}/{request.operation}"
            return Parcel("POST", url, {**JSON, **signed.headers()}, content=to_json(request.body))

        self._gemini = HttpWire(to_gemini, refusal, options.timeout)
        self._vision: HttpWire | GrpcWire = (
            HttpWire(to_vision, refusal, options.timeout)
            if options.transport == "rest"
            else GrpcWire(key, options.credentials, options.project, options.endpoint, options.timeout)
        )

    def send(self, request: Request, timeout: float | None) -> Response:
        """See `Wire`."""
        return self._for(request).send(request, timeout)

    async def asend(self, request: Request, timeout: float | None) -> Response:
        """See `AsyncWire`."""
        wire = self._for(request)
        if isinstance(wire, HttpWire) and not self._signed.is_ready:
            # To fetch a token blocks.
            await in_thread(self._signed.headers, timeout)
        return await wire.asend(request, timeout)

    def check(self, timeout: float) -> str:
        """See `CheckedWire`. A token can be had for nothing; of a key nothing can be known without a call."""
        del timeout
        return "a token was given" if "Authorization" in self._signed.headers() else "a key is set, not tried"

    def close(self) -> None:
        """See `Wire`."""
        self._vision.close()
        self._gemini.close()

    def fitting(self, requests: Sequence[Request]) -> int:
        """See `BatchWire`: up to 16, of together 10 MB of JSON."""
        if requests[0].operation != OPERATION:
            return 1
        count = total = 0
        for request in requests[: LIMITS["batch"]]:
            total += len(request.body["requests"][0]["image"]["content"])
            if count and total > MOST_BYTES:
                break
            count += 1
        return count

    def merge(self, requests: Sequence[Request]) -> Request:
        """See `BatchWire`."""
        if len(requests) == 1:
            return requests[0]
        return Request(OPERATION, {"requests": [one for request in requests for one in request.body["requests"]]})

    def split(self, response: Response, count: int) -> Sequence[Response | VisionError]:
        """See `BatchWire`. An error in place of one answer is raised by its codec."""
        if count == 1:
            return [response]
        said = response.body.get("responses") if isinstance(response.body, dict) else None
        if not isinstance(said, list) or len(said) != count:
            return [DecodeError(f"Google did not answer each of the {count} pictures.") for _ in range(count)]
        return [Response({"responses": [one]}, response.status, response.request_id) for one in said]

    def _for(self, request: Request) -> HttpWire | GrpcWire:
        return self._vision if request.operation == OPERATION else self._gemini


def address(options: GoogleOptions, *, is_gemini: bool = False) -> str:
    """The URL of Cloud Vision's server or of Gemini's, without a path."""
    if not is_gemini:
        return _url(options.endpoint or "vision.googleapis.com")
    place = options.location
    usual = "aiplatform.googleapis.com" if place == "global" else f"{place}-aiplatform.googleapis.com"
    return _url(options.gemini_endpoint or (usual if options.project else "generativelanguage.googleapis.com"))


def _url(endpoint: str) -> str:
    return (endpoint if "://" in endpoint else f"https://{endpoint}").rstrip("/")


def _gemini(options: GoogleOptions) -> str:
    """Where Gemini's models are: of the project, or the Developer API's."""
    host = address(options, is_gemini=True)
    if options.project is None:
        return f"{host}/v1beta"
    return f"{host}/v1/projects/{options.project}/locations/{options.location}/publishers/google"
