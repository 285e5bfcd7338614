"""Calibration: monotone, undone by its inverse, and the same cut whichever scale it is made in."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.layers.conftest import picture
from visionhub.config import read
from visionhub.flow import run
from visionhub.geometry import Box
from visionhub.hub import Hub
from visionhub.layers.calibrate import Calibrate, Curve, fit
from visionhub.tasks import DetectCall, Detections
from visionhub.tasks.detect import Object
from visionhub.testing import FakeProvider

INNER = st.lists(st.tuples(st.floats(0.01, 0.99), st.floats(0.01, 0.99)), max_size=5)


def rising(points: list[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    xs, ys = sorted({round(x, 3) for x, _ in points}), sorted({round(y, 3) for _, y in points})
    return tuple(zip(xs, ys, strict=False))


CURVES = INNER.map(rising).map(Curve)
SCORES = st.floats(0, 1)


@given(CURVES, SCORES, SCORES)
def test_it_rises_and_the_inverse_undoes_it(curve: Curve, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert curve.forward(low) <= curve.forward(high)
    assert curve.inverse(curve.forward(one)) == pytest.approx(one, abs=1e-6)
    assert (curve.forward(0.0), curve.forward(1.0)) == (0.0, 1.0)


@given(CURVES, st.lists(SCORES, max_size=6), SCORES)
def test_min_score_means_the_calibrated_one(curve: Curve, scores: list[float], least: float) -> None:
    box = Box(x0=0, y0=0, x1=1, y1=1)
    found = Detections(objects=tuple(Object(name="cat", score=score, box=box) for score in scores))
    call = DetectCall(image=picture(9, 9), min_score=least)
    kept = run(Calibrate({"detect": curve}).handle(call, FakeProvider(found))).objects
    clear = [one for score in scores if abs((one := curve.forward(score)) - least) > 1e-9]
    assert [one for one in (thing.score for thing in kept) if one is not None and abs(one - least) > 1e-9] == sorted(
        (one for one in clear if one >= least), reverse=True
    )


@pytest.mark.parametrize("points", [((0.5, 0.6), (0.4, 0.7)), ((0.5, 0.6), (0.6, 0.6)), ((0.5, 1.2),), ((0.0, 0.5),)])
def test_what_does_not_rise_is_no_curve(points: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(ValidationError, match="rises"):
        Curve(points)


def test_a_curve_is_fitted_from_what_was_right() -> None:
    chance = random.Random(0)
    seen = [(score, chance.random() < score**2) for score in (chance.random() for _ in range(5000))]
    curve = fit(seen)
    for score in (0.3, 0.5, 0.7, 0.9):
        assert curve.forward(score) == pytest.approx(score**2, abs=0.06)
    assert fit([]) == Curve(())


def test_it_is_set_for_a_provider_and_nothing_else_changes() -> None:
    found = Detections(objects=(Object(name="cat", score=0.8, box=Box(x0=0, y0=0, x1=1, y1=1)),))
    settings = read(providers={"vendor": {"calibration": {"detect": [[0.8, 0.6]]}}})
    hub = Hub(FakeProvider(found, name="vendor"), settings=settings)
    (cat,) = hub.detect(picture(9, 9), min_score=0.6).objects
    assert cat.score == pytest.approx(0.6)
    assert hub.detect(picture(9, 9), min_score=0.61).objects == ()
