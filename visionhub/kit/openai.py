"""OpenAI's Responses, Chat Completions and Images, as OpenAI, Azure and others speak them.

Bodies are the documented JSON, with pictures as raw bytes where a data URI goes.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from visionhub.capability import TokenPrice
from visionhub.dialect import picture
from visionhub.errors import (
    ConfigError,
    DecodeError,
    InputError,
    ProviderError,
    RateLimitError,
    RefusedError,
    UnsupportedError,
    VisionError,
)
from visionhub.image import Image
from visionhub.kit.faults import Codes, fault
from visionhub.tasks import GenerateCall, Images, Usage, Warning
from visionhub.tasks.generate import GeneratedImage
from visionhub.wire import Response

T = TypeVar("T")
DATED = re.compile(r"-\d{4}-\d{2}-\d{2}$")
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
PICTURES = ("detail",)


def question(model: str, picture: bytes, words: str, extra: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A request of the Responses API about one picture. `detail` in `extra` is the picture's, `text` goes beside the answer's shape."""
    seen = {name: extra[name] for name in PICTURES if name in extra}
    rest = {name: value for name, value in extra.items() if name not in seen}
    if "text" in more:
        more["text"] = {**rest.pop("text", {}), **more["text"]}
    content = [{"type": "input_text", "text": words}, {"type": "input_image", "image_url": picture, **seen}]
    return {"model": model, "input": [{"role": "user", "content": content}], **more, **rest}


def asked(body: Mapping[str, Any], usual: str | None) -> tuple[dict[str, Any], str]:
    """The fields that all calls have, and the text of the last turn."""
    content = body["input"][-1]["content"]
    seen = next(part for part in content if part["type"] == "input_image")
    words = " ".join(part["text"] for part in content if part["type"] == "input_text")
    extra = {name: value for name, value in body.items() if name not in OWN}
    extra |= {name: seen[name] for name in PICTURES if name in seen}
    if beside := {name: value for name, value in body.get("text", {}).items() if name != "format"}:
        extra["text"] = beside
    model = None if body["model"] == usual else body["model"]
    return {"image": Image(seen["image_url"]), "model": model, "extra": extra}, words


def taken(body: Mapping[str, Any]) -> dict[str, Any]:
    """A request of the Responses API as a server here takes it: the words of the user's last turn, the last picture of any, as bytes.

    Raises `InputError` for none or several pictures, `UnsupportedError` for a stream.
    """
    if body.get("stream"):
        raise UnsupportedError("The answer cannot be streamed.", hint="Ask without stream=True.")
    said = body["input"]
    turns = [{"role": "user", "content": said}] if isinstance(said, str) else said
    asked = [_parts(one["content"]) for one in turns if one.get("role") == "user"]
    shown = [found for parts in asked if (found := [part for part in parts if part["type"] == "input_image"])]
    if not shown:
        raise InputError("The request holds no picture.")
    if len(shown[-1]) > 1:
        raise InputError("The request holds several pictures: one is taken at a time.")
    seen = {**shown[-1][0], "image_url": opened(shown[-1][0].get("image_url"))}
    words = [part for part in asked[-1] if part["type"] == "input_text"]
    return {**body, "input": [{"role": "user", "content": [*words, seen]}]}


def opened(uri: Any) -> bytes:
    """The bytes of a data URI. Raises `InputError`, also for an address: none is fetched."""
    if isinstance(uri, str) and uri.startswith(("http://", "https://")):
        raise InputError(
            "A picture's address is not opened here.", hint="Send it as a data URI.", code="invalid_image_url"
        )
    return picture(uri)


def _parts(content: Any) -> list[dict[str, Any]]:
    return [{"type": "input_text", "text": content}] if isinstance(content, str) else content


def from_chat(body: Mapping[str, Any]) -> dict[str, Any]:
    """A request of the Chat Completions API as one of the Responses API."""
    turns = [
        {
            "role": one["role"],
            "content": [_from_chat(part) for part in content] if isinstance(content, list) else content,
        }
        for one in body["messages"]
        if (content := one.get("content")) is not None
    ]
    known = {"model": body["model"], "input": turns, "stream": bool(body.get("stream"))}
    shape = body.get("response_format") or {}
    if shape.get("type") == "json_schema":
        known["text"] = {"format": {"type": "json_schema", **shape["json_schema"]}}
    return known


def _from_chat(part: Mapping[str, Any]) -> dict[str, Any]:
    if part["type"] != "image_url":
        return {**part, "type": f"input_{part['type']}"}
    named = part["image_url"]
    return {
        "type": "input_image",
        **({"image_url": named} if isinstance(named, str) else {**named, "image_url": named["url"]}),
    }


# What is answered


# Of an answer that failed after HTTP 200: https://platform.openai.com/docs/api-reference/responses/object
FAILED: Codes = {
    "server_error": ProviderError, "vector_store_timeout": ProviderError, "rate_limit_exceeded": RateLimitError,
    "data_residency_mismatch": ConfigError, "bio_policy": RefusedError, "misalignment_policy_violation": RefusedError,
    "image_content_policy_violation": RefusedError, "invalid_prompt": RefusedError, "invalid_image": InputError,
    "invalid_image_format": InputError, "invalid_base64_image": InputError, "invalid_image_url": InputError,
    "image_too_large": InputError, "image_too_small": InputError, "image_parse_error": InputError, "invalid_image_mode": InputError,
    "image_file_too_large": InputError, "unsupported_image_media_type": InputError, "empty_image_file": InputError,
    "failed_to_download_image": InputError, "image_file_not_found": InputError,
}  # fmt: skip


def sound(response: Response, codes: Codes = FAILED) -> Mapping[str, Any]:
    """The body of an answer. Raises its error, if it tells one in spite of its HTTP status."""
    body: Mapping[str, Any] = response.body
    if said_error(body) or body.get("status") == "failed":
        error = refusal(codes, response.status, body, response.headers)
        error.request_id = error.request_id or response.request_id
        raise error
    return body


def text_of(response: Response, refused: Callable[[str, str | None], VisionError], codes: Codes = FAILED) -> str:
    """The text of an answer of either API. Raises what `refused` makes of a refusal's reason, and `DecodeError` if there is no text."""
    body = sound(response, codes)
    parts = _said(body)
    for part in parts:
        if part["type"] == "refusal":
            raise refused(part["refusal"], response.request_id)
    reason = _ended(body)
    if reason == "content_filter":
        raise refused(reason, response.request_id)
    texts = [part["text"] for part in parts if part["type"] == "output_text"]
    if not texts:
        raise DecodeError(
            f"The answer holds no text: {reason or body.get('status')}.",
            hint="Allow it more tokens.",
            code=reason,
            request_id=response.request_id,
        )
    return "".join(texts)


def cut(response: Response) -> tuple[Warning, ...]:
    """A warning, if the answer ends before its end."""
    reason = _ended(response.body)
    return (Warning(code="answer_cut", message=f"The answer was cut off: {reason}."),) if reason else ()


def _said(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The parts of what was said, in the shape of the Responses API."""
    if "choices" not in body:
        return [part for item in body["output"] if item["type"] == "message" for part in item["content"]]
    message = body["choices"][0]["message"]
    found = {"refusal": message.get("refusal"), "text": message.get("content")}
    kinds = {"refusal": "refusal", "text": "output_text"}
    return [{"type": kinds[name], name: said} for name, said in found.items() if said is not None]


def _ended(body: Mapping[str, Any]) -> str | None:
    """Why the answer ended, other than by being complete."""
    if "choices" not in body:
        return (body.get("incomplete_details") or {}).get("reason")
    choice = body["choices"][0]
    reason = choice.get("finish_reason") or (choice.get("finish_details") or {}).get("type")
    return None if reason == "stop" else reason


def usage(response: Response, prices: Mapping[str, TokenPrice], model: str | None) -> Usage:
    """Tokens of either API, and their price where the model's is known. Tokens that a cache made cheaper count in full."""
    said = response.body.get("usage")
    if not said:
        return Usage()
    given = said.get("input_tokens", said.get("prompt_tokens", 0))
    taken = said.get("output_tokens", said.get("completion_tokens", 0))
    price = of_model(prices, model)
    return Usage(units=said.get("total_tokens"), cost_usd=price.cost(given, taken) if price else None)


def of_model(known: Mapping[str, T], model: str | None) -> T | None:
    """What is known of a model: of a dated one, what is known of its family."""
    return known.get(DATED.sub("", model or ""))


def answer(text: str, model: str | None) -> Response:
    """An answer of the Responses API. Tokens are not counted here: 0."""
    content = [{"type": "output_text", "text": text, "annotations": []}]
    message = {"id": "msg_visionhub", "type": "message", "role": "assistant", "status": "completed", "content": content}
    counted = {
        "input_tokens": 0, "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0}, "output_tokens": 0,
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


def pictures(response: Response, codes: Codes = FAILED) -> Images:
    """The pictures of an answer of the Images API, or of the Responses API's tool that makes pictures."""
    body = sound(response, codes)
    if "output" in body:
        made = [
            (item.get("result"), item.get("revised_prompt"))
            for item in body["output"]
            if item["type"] == "image_generation_call"
        ]
    else:
        made = [(one.get("b64_json"), one.get("revised_prompt")) for one in body["data"]]
    if not made:
        raise DecodeError(
            "The answer holds no picture.", hint="Ask again, or in other words.", request_id=response.request_id
        )
    return Images(images=tuple(_picture(data, prompt) for data, prompt in made))


def _picture(data: str | None, prompt: str | None) -> GeneratedImage:
    if not data:
        raise DecodeError(
            "The answer names an address in place of a picture.",
            hint="Only models that send the picture itself are read: gpt-image.",
        )
    return GeneratedImage.of(b64decode(data, validate=True), revised_prompt=prompt)


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


WAIT = re.compile(r"try again in (?:(\d+)h)?(?:(\d+)m(?!s))?(?:([\d.]+)s)?(?:(\d+)ms)?")


def refusal(codes: Codes, status: int | None, body: Any, headers: Mapping[str, str]) -> VisionError:
    """The error for an answer that is none: by its code, then its type, then its HTTP status."""
    said = said_error(body)
    named = [str(said[name]) for name in ("code", "type") if isinstance(said.get(name), str | int)]
    code = next((name for name in named if name in codes), named[0] if said.get("code") is not None and named else None)
    words = said.get("message")
    words = words if isinstance(words, str) else None
    error = fault(
        codes, code=code, status=status, message=words, headers=headers, request_id=headers.get("x-request-id")
    )
    if isinstance(error, RateLimitError) and error.retry_after is None:
        error.retry_after = _wait(words or "")
    return error


def _wait(words: str) -> float | None:
    """Seconds, as the message of an exceeded rate names them."""
    match = WAIT.search(words)
    if not match or not any(match.groups()):
        return None
    try:
        hours, minutes, seconds, thousandths = (float(part or 0) for part in match.groups())
    except ValueError:
        return None
    return hours * 3600 + minutes * 60 + seconds + thousandths / 1000


def refused(title: str) -> Callable[[str, str | None], RefusedError]:
    """What makes the error of a vendor's refusal."""

    def make(reason: str, request_id: str | None) -> RefusedError:
        return RefusedError(f"{title} refused: {reason.rstrip('.')}.", code="refusal", request_id=request_id)

    return make


def loaded(text: str, request_id: str | None = None) -> Any:
    """What a model answered as JSON. Raises `DecodeError`."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DecodeError(
            "The model was asked for JSON and answered something else.", hint="Ask again.", request_id=request_id
        ) from error


def written(value: Any) -> str:
    """JSON as a model writes it."""
    return json.dumps(value, ensure_ascii=False)
