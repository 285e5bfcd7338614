"""API4AI's server: one picture a request, as multipart; what fails with a picture fails with HTTP 200."""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.parser import BytesParser
from email.policy import HTTP

from visionhub.dialect import Answer, Incoming, Outgoing, Question
from visionhub.errors import InputError, RefusedError, UnsupportedError, VisionError
from visionhub.kit.faults import status_of
from visionhub.providers.api4ai import entities
from visionhub.wire import Request

PATH = re.compile(r"/((general-cls|general-det|ocr|nsfw|face-analyzer)/v\d+)/results")
TASKS = {"general-cls": "classify", "general-det": "detect", "ocr": "ocr", "nsfw": "moderate", "face-analyzer": "faces"}


def questions(incoming: Incoming) -> Sequence[Question] | None:
    """See `visionhub.dialect`."""
    match = PATH.fullmatch(incoming.path)
    if match is None or incoming.method != "POST":
        return None
    asked = {name: value for name, value in incoming.query.items() if name != "api_key"}
    request: Request = entities.request(match[1], _image(incoming), asked)
    return [Question(TASKS[match[2]], request)]


def _image(incoming: Incoming) -> bytes:
    head = f"Content-Type: {incoming.headers.get('content-type', '')}\r\n\r\n".encode()
    form = BytesParser(policy=HTTP).parsebytes(head + incoming.content)
    for part in form.iter_parts() if form.is_multipart() else ():
        if part.get_param("name", header="content-disposition") == "image":
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            return content
    raise InputError("The form holds no `image`.", hint="Send the picture itself: addresses are not fetched here.")


def reply(incoming: Incoming, answers: Sequence[Answer]) -> Outgoing:
    """See `visionhub.dialect`."""
    answer = answers[0]
    return failure(incoming, answer) if isinstance(answer, VisionError) else Outgoing(answer.body)


def failure(incoming: Incoming, error: VisionError) -> Outgoing:
    """See `visionhub.dialect`."""
    del incoming
    status = 200 if isinstance(error, InputError | RefusedError | UnsupportedError) else status_of(error)
    result = {"status": {"code": "failure", "message": error.message}, "name": "", "md5": "", "entities": []}
    return Outgoing({"results": [result]}, status)
