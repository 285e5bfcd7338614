"""Several questions about one picture in one request to Image Analysis, so that it travels once.

Azure bills features, not requests: nothing is saved but time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from visionhub.wire import Request, Response


def fitting(requests: Sequence[Request]) -> int:
    """See `BatchWire`: those about one picture in equal terms, no feature of them asked for twice."""
    first, features = requests[0].body, set(requests[0].body["features"])
    for count, request in enumerate(requests[1:], 1):
        own = set(request.body["features"])
        # Settings are the whole request's: a language for tags would be one for captions.
        if own & features or _terms(request.body) != _terms(first) or request.body["image"] != first["image"]:
            return count
        features |= own
    return len(requests)


def merged(requests: Sequence[Request]) -> Request:
    """See `BatchWire`."""
    features = [name for request in requests for name in request.body["features"]]
    return replace(requests[0], body={**requests[0].body, "features": features})


def parts(response: Response, requests: Sequence[Request]) -> list[Response]:
    """See `BatchWire`: to each question what concerns the picture, and the results of its own features."""
    return [replace(response, body=_own(response.body, request.body["features"])) for request in requests]


def _own(body: Mapping[str, Any], features: Sequence[str]) -> dict[str, Any]:
    results = {f"{name}Result" for name in features}
    return {name: said for name, said in body.items() if name in results or not name.endswith("Result")}


def _terms(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in ("image", "features")}
