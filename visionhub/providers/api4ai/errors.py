"""API4AI's failures: by HTTP status, or inside an answer of HTTP 200."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from visionhub.errors import InputError, VisionError
from visionhub.kit.faults import Codes, fault
from visionhub.wire import Response

CODES: Codes = {"failure": InputError}


def refusal(status: int, body: Any, headers: Mapping[str, str]) -> VisionError:
    """The error for an answer with an HTTP status other than 2xx."""
    said = body if isinstance(body, dict) else {}
    message = said.get("message") or said.get("detail") or said.get("error")
    return fault(CODES, status=status, message=str(message) if message else None, headers=headers)


def answered(response: Response) -> dict[str, Any]:
    """What an answer says about its one picture. Raises the error of one that failed with HTTP 200."""
    result: dict[str, Any] = response.body["results"][0]
    status = result["status"]
    if status["code"] != "ok":
        raise fault(CODES, code=status["code"], message=status.get("message"), request_id=response.request_id)
    return result
