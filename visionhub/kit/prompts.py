"""What language models are asked in place of a call, and how to read such a question back: one wording for all vendors."""

from __future__ import annotations

import re
from typing import Any

from visionhub.tasks import CaptionCall

DESCRIBE = "Describe this picture in one sentence."
LANGUAGE = re.compile(r" Answer in the language (\S+)\.$")


def question(call: CaptionCall) -> str:
    """The caller's question, or the request to describe the picture; with the language of the answer, if one is asked for."""
    asked = call.question or DESCRIBE
    return f"{asked} Answer in the language {call.language}." if call.language else asked


def understood(text: str) -> dict[str, Any]:
    """The options of a `CaptionCall` that `question` made this text of; of any other text, the question."""
    match = LANGUAGE.search(text)
    asked = text[: match.start()] if match else text
    return {"question": None if asked == DESCRIBE else asked, "language": match[1] if match else None}
