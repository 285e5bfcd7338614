"""How models are run, seen from the hub: where, in which precision, how many at a time, and what happens to those nobody waits for."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import PIL.Image
import pytest

from visionhub import AsyncHub, ClassifyCall, Hub, Image, Labels, Settings
from visionhub.errors import ConfigError, TimeoutError
from visionhub.providers.local.engines.torch.engine import Engine
from visionhub.providers.local.models.auto.classify import Classifier
from visionhub.tasks import Result

Saved = Callable[[str], str]
PICTURES = [PIL.Image.new("RGB", (30 + number, 40), (number * 8, 99, 7)) for number in range(30)]


def engine(hub: Hub) -> Engine:
    provider: Any = hub._pipeline.provider("local")  # what it holds in memory is told nowhere else
    found: Engine = provider.wire._engine
    return found


def scores(result: Labels) -> dict[str, float | None]:
    return {label.name: label.score for label in result.labels}


class Slow:
    """A classifier that goes on only while the gate is open, and counts its pictures."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.gate, self.entered, self.seen = threading.Event(), threading.Event(), 0
        answer = Classifier.answer

        def slow(task: Classifier, questions: Any) -> Any:
            self.entered.set()
            assert self.gate.wait(10)
            self.seen += len(questions)
            return answer(task, questions)

        monkeypatch.setattr(Classifier, "answer", slow)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    made = Slow(monkeypatch)
    yield made
    made.gate.set()


def test_the_answer_says_how_it_was_made(hub: Hub, saved: Saved) -> None:
    usage = hub.classify(PICTURES[0], model=saved("vit")).usage
    assert (usage.device, usage.precision, usage.batch, usage.cost_usd) == ("cpu", "fp32", 1, 0.0)
    assert usage.queue_ms is not None
    assert usage.compute_ms
    assert usage.latency_ms
    assert usage.compute_ms <= usage.latency_ms


@pytest.mark.parametrize("precision", ["bf16", "fp16", "int8"])
def test_another_precision(hub: Hub, hub_with: Callable[..., Hub], saved: Saved, precision: str) -> None:
    exact = {label.name: label.score for label in hub.classify(PICTURES[0], model=saved("vit")).labels}
    other = hub_with(precision=precision).classify(PICTURES[0], model=saved("vit"))
    assert other.usage.precision == precision
    assert {label.name: label.score for label in other.labels} == pytest.approx(exact, abs=0.01)


def test_a_wrong_precision_or_device_is_named(hub_with: Callable[..., Hub], saved: Saved) -> None:
    with pytest.raises(ConfigError, match="precision"):
        hub_with(precision="fp8").classify(PICTURES[0], model=saved("vit"))


def test_several_copies_share_the_work(
    hub_with: Callable[..., Hub], saved: Saved, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, used, answer = threading.Barrier(2), set(), Classifier.answer

    def meeting(task: Classifier, questions: Any) -> Any:
        both.wait(10)
        used.add(id(task))
        return answer(task, questions)

    monkeypatch.setattr(Classifier, "answer", meeting)
    hub = hub_with(device=["cpu", "cpu:0"], most=1)
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda one: hub.classify(one, model=saved("vit")), PICTURES[:2]))
    assert len(used) == 2
    assert {result.usage.device for result in results} <= {"cpu", "cpu:0"}


def test_a_call_that_ran_out_of_time_is_not_computed(hub: Hub, saved: Saved, slow: Slow) -> None:
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(hub.classify, PICTURES[0], model=saved("vit"))
        assert slow.entered.wait(20)
        late = [pool.submit(hub.classify, one, model=saved("vit"), timeout=0.2) for one in PICTURES[1:3]]
        for future in late:
            assert isinstance(future.exception(10), TimeoutError)
        slow.gate.set()
        assert first.result(10).labels
    assert hub.classify(PICTURES[4], model=saved("vit")).labels
    assert slow.seen == 2


def test_a_task_that_is_cancelled_is_not_computed(saved: Saved, slow: Slow) -> None:
    async def main() -> None:
        async with AsyncHub("local") as hub:
            first = asyncio.create_task(hub.classify(PICTURES[0], model=saved("vit")))
            await asyncio.to_thread(slow.entered.wait, 20)
            second = asyncio.create_task(hub.classify(PICTURES[1], model=saved("vit")))
            await asyncio.sleep(0.2)
            second.cancel()
            with pytest.raises(asyncio.CancelledError):
                await second
            slow.gate.set()
            assert (await first).labels
            assert (await hub.classify(PICTURES[2], model=saved("vit"))).labels

    asyncio.run(main())
    assert slow.seen == 2


def test_tasks_are_answered_in_batches(saved: Saved) -> None:
    async def main() -> list[Result]:
        async with AsyncHub("local") as hub:
            return await asyncio.gather(*(hub.classify(one, model=saved("vit")) for one in PICTURES))

    results = asyncio.run(main())
    assert max(result.usage.batch or 0 for result in results) > 1


def test_models_beyond_the_budget_make_room_for_each_other(hub_with: Callable[..., Hub], saved: Saved) -> None:
    hub = hub_with(memory_gb=0.00027)
    names = ["vit", "vit_multi", "nsfw"]
    expected = {name: scores(Hub("local").classify(PICTURES[0], model=saved(name))) for name in names}
    most = []

    def ask(number: int) -> bool:
        name = names[number % 3]
        found = hub.classify(PICTURES[0], model=saved(name))
        most.append(engine(hub).shelf.bytes)
        return scores(found) == pytest.approx(expected[name], abs=1e-5)

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(ask, range(30)))
    assert max(most) <= 270_000


def test_a_model_is_loaded_once_whoever_asks_first(hub: Hub, saved: Saved, monkeypatch: pytest.MonkeyPatch) -> None:
    made, load = [], Classifier.__init__

    def counted(task: Classifier, *given: Any) -> None:
        made.append(1)
        time.sleep(0.05)
        load(task, *given)

    monkeypatch.setattr(Classifier, "__init__", counted)
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda one: hub.classify(one, model=saved("vit")).labels, PICTURES[:8]))
    assert len(made) == 1


def test_a_closed_hub_answers_again(hub: Hub, saved: Saved) -> None:
    before = hub.classify(PICTURES[0], model=saved("vit")).labels
    hub.close()
    assert hub.classify(PICTURES[0], model=saved("vit")).labels == before


def test_the_settings_may_name_the_usual_model(saved: Saved) -> None:
    settings = Settings.model_validate({"providers": {"local": {"models": {"classify": saved("vit")}}}})
    with Hub("local", settings=settings) as hub:
        assert hub.classify(PICTURES[0]).model == saved("vit")
    with Hub(f"local:{saved('vit')}") as hub:
        assert hub.classify(PICTURES[0]).model == saved("vit")


def test_a_map_fills_batches_and_keeps_the_order(hub: Hub, saved: Saved) -> None:
    calls = [
        ClassifyCall(image=Image(one, name=str(number)), model=saved("vit")) for number, one in enumerate(PICTURES)
    ]
    results = list(hub.map(calls))
    assert [result.source for result in results] == [str(number) for number in range(len(PICTURES))]


HYGIENE = """
import sys
import visionhub
from visionhub import Hub, Image
from visionhub.testing import FakeProvider
hub = Hub("local")
print(hub.classify.__doc__ is not None)
for name in ("openai", "google", "aws", "azure", "clarifai", "api4ai", "local"):
    handler = Hub(name)._pipeline.provider(name)
    for task in handler.tasks:
        handler.capability(task)
loaded = {"torch", "transformers", "diffusers", "tokenizers"} & sys.modules.keys()
assert not loaded, loaded
"""


def test_nobody_who_does_not_ask_for_it_imports_torch() -> None:
    done = subprocess.run([sys.executable, "-c", HYGIENE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_folder_that_was_trained_again_is_another_model(saved: Saved, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(saved("vit"), folder)
    with Hub("local") as hub:
        before = hub.classify(PICTURES[0], model=str(folder)).labels
        assert hub.classify(PICTURES[0], model=str(folder)).attempts[0].outcome == "cached"
        shutil.copytree(saved("vit_multi"), folder, dirs_exist_ok=True)
        again = hub.classify(PICTURES[0], model=str(folder)).labels
    assert again == Hub("local").classify(PICTURES[0], model=saved("vit_multi")).labels != before


def test_a_process_that_ends_amid_an_answer_is_not_torn_down(saved: Saved) -> None:
    program = f"""
import threading, time
import PIL.Image
from visionhub import Hub
hub, picture = Hub("local"), PIL.Image.new("RGB", (64, 64))
hub.caption(picture, model={saved("llava")!r}, extra={{"longest": 1}})
more = {{"model": {saved("llava")!r}, "extra": {{"longest": 400}}}}
threading.Thread(target=lambda: hub.caption(picture, **more), daemon=True).start()
time.sleep(0.15)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stderr
    assert "terminate" not in ended.stderr
