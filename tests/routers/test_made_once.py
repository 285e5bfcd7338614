"""A picture that may have been made is not made again elsewhere, and a refusal is not shopped around."""

from __future__ import annotations

import pytest

from tests.routers.conftest import Ask, answering, told
from visionhub.errors import ProviderError, RefusedError, TransportError
from visionhub.handler import Handler
from visionhub.routers.cascade import Cascade
from visionhub.routers.fallback import Fallback
from visionhub.routers.router import Router
from visionhub.routers.vote import Vote
from visionhub.routers.weighted import Weighted
from visionhub.tasks import GenerateCall, Images

PICTURE = GenerateCall(prompt="a cat")


def routes(first: Handler, near: Handler, last: Handler) -> list[Router]:
    return [
        Fallback([first, near, last]),
        Cascade([first, near, last]),
        Weighted([first, near, last], [1, 0, 0]),
        Fallback([Fallback([first, near]), last]),
        Fallback([Cascade([first, near]), last]),
        Cascade([Fallback([first, near]), last]),
    ]


@pytest.mark.parametrize("index", range(6))
def test_nobody_makes_it_again_whoever_failed_in_between(ask: Ask, index: int) -> None:
    first = answering("first", TransportError("The line broke."), is_remote=True)
    near = answering("near", ProviderError("No memory."))
    last = answering("last", Images(images=()), is_remote=True)
    with pytest.raises(TransportError) as caught:
        ask(routes(first, near, last)[index], PICTURE)
    assert last.calls == []
    assert told(caught.value)[0] == ("first", "error")


def test_one_who_refuses_is_heard_among_others_that_fail(ask: Ask) -> None:
    refusing, failing, next_one = (
        answering("a", RefusedError("no")),
        answering("b", ProviderError("503")),
        answering("c"),
    )
    with pytest.raises(RefusedError):
        ask(Fallback([Vote([refusing, failing]), next_one]))
    assert next_one.calls == []
