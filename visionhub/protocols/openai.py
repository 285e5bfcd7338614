"""OpenAI's Responses, Chat Completions and Images, as OpenAI, Azure and others speak them.

Bodies are the documented JSON, with pictures as raw bytes where a data URI goes.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import Any

from visionhub.capability import TokenPrice
from visionhub.errors import DecodeError, RefusedError, VisionError
from visionhub.faults import Codes, fault
from visionhub.image import Image
from visionhub.tasks import GenerateCall, Images, Usage
from visionhub.tasks.generate import GeneratedImage
from visionhub.wire import Response

SHAPES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif", b"RIFF": "image/webp"}


def data_uri(picture: bytes) -> str:
    """A picture as these protocols send it."""
    kind = next((name for mark, name in SHAPES.items() if picture.startswith(mark)), "image/png")
    return f"data:{kind};base64,{b64encode(picture).decode('ascii')}"


def to_wire(body: Any) -> Any:
    """A body as it is sent: raw bytes as data URIs."""
    if isinstance(body, bytes):
        return data_uri(body)
    if isinstance(body, dict):
        return {name: to_wire(part) for name, part in body.items()}
    return [to_wire(part) for part in body] if isinstance(body, list) else body


# What is asked

OWN = ("model", "input", "text")


def question(model: str, picture: bytes, words: str, extra: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A request of the Responses API about one picture."""
    content = [{"type": "input_text", "text": words}, {"type": "input_image", "image_url": picture}]
    return {"model": model, "input": [{"role": "user", "content": content}], **more, **extra}


def asked(body: Mapping[str, Any], usual: str | None) -> tuple[dict[str, Any], str]:
    """The fields that all calls have, and the text of the last turn."""
    content = body["input"][-1]["content"]
    picture = next(part["image_url"] for part in content if part["type"] == "input_image")
    text = " ".join(part["text"] for part in content if part["type"] == "input_text")
    extra = {name: value for name, value in body.items() if name not in OWN}
    model = None if body["model"] == usual else body["model"]
    return {"image": Image(picture), "model": model, "extra": extra}, text


def from_chat(body: Mapping[str, Any]) -> dict[str, Any]:
    """A request of the Chat Completions API as one of the Responses API."""
    content: Any = body["messages"][-1]["content"]
    listed: Any = [{"type": "text", "text": content}] if isinstance(content, str) else content
    parts = [
        {"type": "input_text", "text": part["text"]}
        if part["type"] == "text"
        else {"type": "input_image", "image_url": part["image_url"]["url"]}
        for part in listed
    ]
    return {"model": body["model"], "input": [{"role": "user", "content": parts}]}


# What is answered


def text_of(response: Response, refused: Callable[[str, str | None], VisionError]) -> str:
    """The text of an answer of either API. Raises what `refused` makes of a refusal's reason."""
    body = response.body
    if "choices" in body:
        choice = body["choices"][0]
        if reason := choice["message"].get("refusal"):
            raise refused(reason, response.request_id)
        if choice.get("finish_reason") == "content_filter":
            raise refused("content_filter", response.request_id)
        return str(choice["message"]["content"])
    parts = [part for item in body["output"] if item["type"] == "message" for part in item["content"]]
    for part in parts:
        if part["type"] == "refusal":
            raise refused(part["refusal"], response.request_id)
    reason = (body.get("incomplete_details") or {}).get("reason")
    if reason == "content_filter":
        raise refused(reason, response.request_id)
    if body.get("status") == "failed":
        said = body.get("error") or {}
        raise fault({}, code=said.get("code"), message=said.get("message"), request_id=response.request_id)
    if reason:
        raise DecodeError(f"The answer was cut off: {reason}.", hint="Allow it more tokens.", code=reason)
    return "".join(part["text"] for part in parts if part["type"] == "output_text")


def usage(response: Response, prices: Mapping[str, TokenPrice], model: str | None) -> Usage:
    """Tokens of either API, and their price where the model's is known: that of a dated model is its family's."""
    said = response.body.get("usage")
    if not said:
        return Usage()
    given = said.get("input_tokens", said.get("prompt_tokens", 0))
    taken = said.get("output_tokens", said.get("completion_tokens", 0))
    price = next((prices[name] for name in prices if (model or "").startswith(name)), None)
    return Usage(units=said.get("total_tokens"), cost_usd=price.cost(given, taken) if price else None)


def answer(text: str, model: str | None) -> Response:
    """An answer of the Responses API. Tokens are not counted here: 0."""
    content = [{"type": "output_text", "text": text, "annotations": []}]
    message = {"id": "msg_visionhub", "type": "message", "role": "assistant", "status": "completed", "content": content}
    counted = {
        "input_tokens": 0, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 0,
        "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 0,
    }  # fmt: skip
    return Response(
        {
            "id": "resp_visionhub", "object": "response", "created_at": 0, "model": model, "status": "completed", "error": None,
            "incomplete_details": None, "output": [message], "parallel_tool_calls": False, "tool_choice": "auto", "tools": [],
            "usage": counted,
        }
    )  # fmt: skip


def to_chat(body: Mapping[str, Any]) -> dict[str, Any]:
    """An answer of the Responses API as one of the Chat Completions API."""
    text = body["output"][0]["content"][0]["text"]
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    counted = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    return {
        "id": "chatcmpl-visionhub", "object": "chat.completion", "created": 0, "model": body["model"], "choices": [choice],
        "usage": counted,
    }  # fmt: skip


# Pictures


def order(model: str, call: GenerateCall) -> dict[str, Any]:
    """A request of the Images API."""
    body: dict[str, Any] = {"model": model, "prompt": call.prompt}
    if call.count > 1:
        body["n"] = call.count
    if call.size:
        body["size"] = f"{call.size[0]}x{call.size[1]}"
    return {**body, **call.extra}


def ordered(body: Mapping[str, Any], usual: str | None) -> GenerateCall:
    """The call that `order` made this body of."""
    width, _, height = str(body.get("size", "")).partition("x")
    return GenerateCall(
        prompt=body["prompt"],
        count=body.get("n") or 1,
        size=(int(width), int(height)) if width.isdecimal() and height.isdecimal() else None,
        model=None if body["model"] == usual else body["model"],
        extra={name: value for name, value in body.items() if name not in ("model", "prompt", "n", "size")},
    )


def pictures(response: Response) -> Images:
    """The pictures of an answer of the Images API."""
    made = []
    for one in response.body["data"]:
        if not one.get("b64_json"):
            raise DecodeError(
                "The answer names an address in place of a picture.",
                hint="Only models that send the picture itself are read: gpt-image.",
            )
        made.append(GeneratedImage.of(b64decode(one["b64_json"]), revised_prompt=one.get("revised_prompt")))
    return Images(images=tuple(made))


def delivered(result: Images) -> Response:
    """An answer of the Images API."""
    data = [
        {"b64_json": b64encode(image.data).decode("ascii"), "revised_prompt": image.revised_prompt}
        for image in result.images
    ]
    return Response({"created": 0, "data": data})


# Errors


def said_error(body: Any) -> dict[str, Any]:
    """The error in a body, or nothing."""
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def refusal(codes: Codes, status: int, body: Any, headers: Mapping[str, str]) -> VisionError:
    """The error for an answer with an HTTP status other than 2xx: by its code, then its type."""
    said = said_error(body)
    code = next((said[name] for name in ("code", "type") if said.get(name) in codes), said.get("code"))
    return fault(
        codes, code=None if code is None else str(code), status=status, message=said.get("message"), headers=headers,
        request_id=headers.get("x-request-id"),
    )  # fmt: skip


def refused(title: str) -> Callable[[str, str | None], RefusedError]:
    """What makes the error of a vendor's refusal."""

    def make(reason: str, request_id: str | None) -> RefusedError:
        return RefusedError(f"{title} refused: {reason.rstrip('.')}.", code="refusal", request_id=request_id)

    return make


def loaded(text: str) -> Any:
    """What a model answered as JSON. Raises `DecodeError`."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise DecodeError("The model was asked for JSON and answered something else.", hint="Ask again.") from error
