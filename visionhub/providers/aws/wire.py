"""boto3: its credentials, regions, signatures and connections; neither its retries nor its patience.

An operation is named as boto3 does, `rekognition.detect_labels`, and its body holds the parameters.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from threading import Lock
from typing import Any

from pydantic import Field, SecretStr

from visionhub.errors import ConfigError, DecodeError, TransportError, VisionError
from visionhub.flow import within
from visionhub.kit.http import broken, late
from visionhub.kit.options import Options
from visionhub.providers.aws.errors import refusal
from visionhub.wire import Request, Response

INVOKE = "bedrock-runtime.invoke_model"


class AwsOptions(Options):
    """What can be set for AWS. What is left out, boto3 finds where AWS's own tools do: environment, profiles, roles.

    region      e.g. `eu-west-1`
    profile     of the files in `~/.aws`
    access_key_id, secret_access_key, session_token   instead of all that
    endpoint    the URL of all services; `endpoints` of one, by its name: `rekognition`, `textract`, `bedrock-runtime`
    """

    region: str | None = None
    profile: str | None = None
    access_key_id: SecretStr | None = None
    secret_access_key: SecretStr | None = None
    session_token: SecretStr | None = None
    endpoint: str | None = None
    endpoints: Mapping[str, str] = Field(default_factory=dict)


class AwsWire:
    """See the module. One client a service, made at first use."""

    def __init__(self, options: AwsOptions) -> None:
        if importlib.util.find_spec("boto3") is None:
            raise ConfigError("The provider aws is not installed.", hint="pip install 'visionhub[aws]'")
        self._options = options
        self._clients: dict[str, Any] = {}
        self._session: Any = None
        self._making = Lock()

    def send(self, request: Request, timeout: float | None) -> Response:
        """See `Wire`."""
        if timeout is None:
            return self._asked(request)
        # botocore limits each read, not the whole exchange.
        return within(timeout, lambda: self._asked(request))

    def close(self) -> None:
        """See `Wire`."""
        for client in self._clients.values():
            client.close()
        self._clients = {}

    def check(self, timeout: float) -> str:
        """See `CheckedWire`. Who one is, AWS tells for nothing."""
        told = self.send(Request("sts.get_caller_identity"), timeout).body
        region = self._session.region_name
        if region not in self._session.get_available_regions("rekognition"):
            raise ConfigError(f"Rekognition is not known to be in the region {region}.", hint="Choose another region.")
        return f"signed in as {told['Arn'].rpartition(':')[2]}, region {region}"

    def _asked(self, request: Request) -> Response:
        from botocore.exceptions import ClientError

        service, _, method = request.operation.partition(".")
        client = self._client(service)
        try:
            if request.operation == INVOKE:
                return _invoked(client, request.body)
            answer = getattr(client, method)(**request.body)
        except ClientError as error:
            raise refusal(error.response) from error
        except VisionError:
            raise
        except Exception as error:  # whatever it is that boto3 raises
            raise self._failed(error) from error
        return _answer(answer)

    def _client(self, service: str) -> Any:
        with self._making:
            if service not in self._clients:
                self._clients[service] = self._made(service)
            return self._clients[service]

    def _made(self, service: str) -> Any:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError

        known = self._options
        seconds = known.timeout
        try:
            self._session = self._session or boto3.Session(
                aws_access_key_id=_revealed(known.access_key_id),
                aws_secret_access_key=_revealed(known.secret_access_key),
                aws_session_token=_revealed(known.session_token),
                region_name=known.region,
                profile_name=known.profile,
            )
            client = self._session.client(
                service,
                endpoint_url=known.endpoints.get(service) or known.endpoint,
                config=Config(
                    connect_timeout=seconds, read_timeout=seconds, retries={"total_max_attempts": 1}, max_pool_connections=64
                ),
            )  # fmt: skip
        except (BotoCoreError, ValueError) as error:
            raise _misconfigured(error) from error
        client.meta.events.register("before-parse", _readable)
        return client

    def _failed(self, error: Exception) -> VisionError:
        from botocore import exceptions as known

        match error:
            case (
                known.NoCredentialsError()
                | known.PartialCredentialsError()
                | known.NoRegionError()
                | known.TokenRetrievalError()
            ):
                return _misconfigured(error)
            case known.ReadTimeoutError() | known.ConnectTimeoutError():
                return late(self._options.timeout, None)
            case known.HTTPClientError() | known.ConnectionError() | known.IncompleteReadError():
                return broken(error)
            case known.ParamValidationError():
                return ConfigError(
                    "boto3 refused the parameters of the request.", hint="Check `extra`, and the version of boto3."
                )
            case _:
                return DecodeError(
                    f"AWS's answer was not understood: {type(error).__name__}.",
                    hint="Check the provider's endpoint, and any proxy before it.",
                )


def _readable(response_dict: dict[str, Any], **_: Any) -> None:
    """What botocore would not notice, or stumble over: a body that was cut off, or is no object."""
    body, status = response_dict["body"], response_dict["status_code"]
    if not isinstance(body, bytes):
        return
    if len(body) < int(response_dict["headers"].get("content-length", 0)):
        raise TransportError("The line broke in the middle of the answer.", hint="Try again.", status=status)
    # botocore reads on as it can; to read it here, too, would take as long again.
    is_object = body.lstrip()[:1] == b"{" and (status < 300 or _is_json(body))
    if not is_object and status >= 300:
        response_dict["body"] = b"{}"


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def _invoked(client: Any, body: Mapping[str, Any]) -> Response:
    """Bedrock's models have each their own JSON, which boto3 takes and gives as bytes."""
    asked = json.dumps({name: value for name, value in body.items() if name != "modelId"})
    answer = client.invoke_model(modelId=body["modelId"], body=asked, contentType="application/json")
    known = _answer(answer)
    return Response(json.loads(answer["body"].read()), known.status, known.request_id, known.headers)


def _answer(answer: Any) -> Response:
    head = answer.pop("ResponseMetadata")
    return Response(answer, head.get("HTTPStatusCode"), head.get("RequestId"), head.get("HTTPHeaders", {}))


def _revealed(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


def _misconfigured(error: Exception) -> ConfigError:
    return ConfigError(
        f"AWS cannot be asked: {type(error).__name__}.",
        hint="Set the region (AWS_REGION, or VISIONHUB_PROVIDERS__AWS__REGION) and sign in: `aws configure`.",
    )
