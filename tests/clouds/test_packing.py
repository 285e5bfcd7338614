"""Laws of several questions in one request: whatever was asked, each gets what it would get alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from visionhub.providers.azure import analysis
from visionhub.providers.azure import packing as azure
from visionhub.providers.google import annotate
from visionhub.providers.google import packing as google
from visionhub.wire import Request, Response

PICTURES = st.sampled_from([b"one", b"two", b"three"])
CONTEXTS = st.sampled_from([{}, {"languageHints": ["de"]}, {"languageHints": ["en"]}, {"latLongRect": {}}, 5])


@st.composite
def to_google(draw: st.DrawFn) -> Request:
    kind = draw(st.sampled_from([*google.FILLED, "LOGO_DETECTION"]))
    beside = draw(st.one_of(st.just({}), CONTEXTS.map(lambda context: {"imageContext": context}), st.just({"x": 1})))
    one = {"image": {"content": draw(PICTURES)}, "features": [{"type": kind}], **beside}
    return Request(annotate.OPERATION, {"requests": [one]})


def said_by_google(request: Request) -> Response:
    """An answer that tells what was asked of which picture, text under which hints."""

    def told(one: Mapping[str, Any]) -> dict[str, Any]:
        context = one.get("imageContext")
        hints = context.get("languageHints") if isinstance(context, dict) else context
        answers: dict[str, Any] = {}
        for feature in one["features"]:
            for name in google.FILLED.get(feature["type"], ("logoAnnotations",)):
                assert name not in answers
                is_text = name in google.TEXT
                answers[name] = [one["image"]["content"], feature["type"], hints if is_text else None, one.get("x")]
        return answers

    return Response({"responses": [told(one) for one in request.body["requests"]]}, 200, "id")


@given(st.lists(to_google(), min_size=1, max_size=40))
def test_google(requests: list[Request]) -> None:
    count = google.fitting(requests)
    assert 1 <= count <= len(requests)
    together = requests[:count]
    merged = google.merged(together)
    assert len(merged.body["requests"]) <= 16
    # What did not fit would have been the seventeenth picture.
    assert count == len(requests) or len(merged.body["requests"]) == 16
    assert google.parts(said_by_google(merged), together) == [said_by_google(one) for one in together]


@given(PICTURES, st.permutations(["LABEL_DETECTION", "OBJECT_LOCALIZATION", "FACE_DETECTION", "TEXT_DETECTION"]))
def test_of_one_picture_google_is_sent_one(picture: bytes, kinds: Sequence[str]) -> None:
    requests = [
        Request(annotate.OPERATION, {"requests": [{"image": {"content": picture}, "features": [{"type": kind}]}]})
        for kind in kinds
    ]
    assert google.fitting(requests) == len(kinds)
    assert len(google.merged(requests).body["requests"]) == 1


def test_what_google_filled_in_is_right_beside_an_error() -> None:
    asked = [
        Request(annotate.OPERATION, {"requests": [{"image": {"content": b"x"}, "features": [{"type": kind}]}]})
        for kind in ("LABEL_DETECTION", "FACE_DETECTION")
    ]
    error = {"code": 14, "message": "no faces just now"}
    told = google.parts(Response({"responses": [{"labelAnnotations": [1], "error": error}]}), asked)
    assert told == [
        Response({"responses": [{"labelAnnotations": [1]}]}),
        Response({"responses": [{"error": error}]}),
    ]


def test_large_pictures_go_out_in_several_requests() -> None:
    def of(content: bytes, kind: str) -> Request:
        return Request(
            annotate.OPERATION, {"requests": [{"image": {"content": content}, "features": [{"type": kind}]}]}
        )

    first, second = b"1" * (google.MOST_BYTES - 10), b"2" * 20
    assert (
        google.fitting([of(first, "LABEL_DETECTION"), of(first, "FACE_DETECTION"), of(second, "FACE_DETECTION")]) == 2
    )
    assert google.fitting([of(first + second, "LABEL_DETECTION")]) == 1


@st.composite
def to_azure(draw: st.DrawFn) -> Request:
    kinds = ["tags", "objects", "people", "read", "caption", "denseCaptions"]
    features = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=2, unique=True))
    terms = draw(st.sampled_from([{}, {"language": "de"}]))
    return Request(analysis.OPERATION, {"image": draw(st.sampled_from([b"a", b"b"])), "features": features, **terms})


def said_by_azure(request: Request) -> Response:
    body = request.body
    assert len(set(body["features"])) == len(body["features"])
    answers = {f"{name}Result": [body["image"], name, body.get("language")] for name in body["features"]}
    return Response({"modelVersion": "1", "metadata": {}, **answers}, 200, "id")


@given(st.lists(to_azure(), min_size=1, max_size=8))
def test_azure(requests: list[Request]) -> None:
    count = azure.fitting(requests)
    assert 1 <= count <= len(requests)
    together = requests[:count]
    told = azure.parts(said_by_azure(azure.merged(together)), together)
    assert told == [said_by_azure(one) for one in together]
