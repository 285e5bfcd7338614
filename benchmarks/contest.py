"""One model of full size and random weights, run by visionhub and by `transformers.pipeline`, on the same JPEG files, in one process.

Speed does not depend on what the weights are. The sides take turns, and the best round of each counts, since noise only ever adds.
Of the pipeline, every combination of batch size and number of workers is tried; the best is what visionhub is held against.

    files        JPEG of 1280 x 853 on disk, as they come from a camera or a site
    decoded      the same pictures in memory, so that decoding counts for nobody
    forward      the model alone, on what it is fed, at the batch size given
    int8, compiled   visionhub by these settings, on files: other numbers, and minutes of preparation, that a user may choose
"""

from __future__ import annotations

import io
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import PIL.Image

from benchmarks.figures import Figures, SkippedError
from visionhub import Call, Hub, Image
from visionhub.config import read

SIZE = (1280, 853)
CALLERS = 64
# By device, other settings that are tried beside the usual ones.
CHOICES: dict[str, dict[str, dict[str, Any]]] = {
    "cpu": {"int8": {"precision": "int8"}, "compiled": {"compile": True}},
    "cuda": {"compiled": {"compile": True}, "exact JPEG": {"exact_jpeg": True}},
}


@dataclass(frozen=True)
class Contest:
    """`word` is the pipeline's task, `save` writes the model, `call` asks visionhub about a picture.

    `pictures` in one round; `batches` and `workers` that the pipeline is tried with.
    """

    word: str
    save: Callable[[Path], None]
    call: Callable[[Any, str], Call[Any]]
    pictures: int
    batches: Sequence[int]
    workers: Sequence[int]
    rounds: int = 3


def files(folder: Path, count: int) -> list[Path]:
    """Different pictures of noise at every scale, which cost a decoder what photographs cost."""
    made = []
    for number in range(count):
        large = PIL.Image.effect_noise((160, 107), 60 + number).resize(SIZE, PIL.Image.Resampling.BICUBIC)
        fine = PIL.Image.effect_noise(SIZE, 12)
        picture = PIL.Image.merge("RGB", (large, PIL.Image.blend(large, fine, 0.3), PIL.Image.blend(fine, large, 0.7)))
        made.append(folder / f"{number}.jpg")
        picture.save(made[-1], "JPEG", quality=88)
    return made


def measure(on_cpu: Contest, on_gpu: Contest) -> Figures:
    """Pictures a second, milliseconds of a lone call, and how many times visionhub is faster; on a GPU if there is one."""
    try:
        import torch
        import transformers
    except ImportError as error:
        raise SkippedError(f"there is no {error.name}") from error
    # In a process that was spawned, as this is, workers of the pipeline would be spawned too, which it does not bear.
    multiprocessing.set_start_method("fork", force=True)
    device, precision, contest = ("cuda", "bf16", on_gpu) if torch.cuda.is_available() else ("cpu", "fp32", on_cpu)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        contest.save(folder / "model")
        paths = files(folder, contest.pictures)
        auto: Any = transformers
        dtype = torch.bfloat16 if precision == "bf16" else torch.float32
        pipe = auto.pipeline(contest.word, str(folder / "model"), device=device, dtype=dtype)
        options = {"device": device, "precision": precision}
        with ExitStack() as stack:
            hub, *chosen = (
                stack.enter_context(Hub("local", settings=read(cache="off", providers={"local": {**options, **more}})))
                for more in ({}, *CHOICES[device].values())
            )
            others = dict(zip(CHOICES[device], chosen, strict=True))
            figures = _figures(contest, paths, str(folder / "model"), hub, others, pipe)
    name = torch.cuda.get_device_name() if device == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    about = {
        "device": name,
        "precision": precision,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }
    return {**about, **figures}


def _figures(contest: Contest, paths: list[Path], model: str, hub: Hub, others: dict[str, Hub], pipe: Any) -> Figures:
    decoded = [PIL.Image.open(io.BytesIO(path.read_bytes())).convert("RGB") for path in paths]
    names = [str(path) for path in paths]

    def by_map(pictures: Sequence[Any], hub: Hub = hub) -> None:
        for _ in hub.map([contest.call(Image(picture), model) for picture in pictures], concurrency=32):
            pass

    def by_callers() -> None:
        with ThreadPoolExecutor(CALLERS) as pool:
            list(pool.map(lambda name: hub.run(contest.call(Image(name), model)), names))

    sides: dict[str, Callable[[], Any]] = {
        "visionhub, files": lambda: by_map(names),
        "visionhub, decoded": lambda: by_map(decoded),
        f"visionhub, {CALLERS} callers": by_callers,
        **{f"visionhub {name}, files": partial(by_map, names, other) for name, other in others.items()},
        "pipeline, default": lambda: [pipe(name) for name in names],
    }
    for batch in contest.batches:
        for workers in contest.workers:
            if (batch, workers) != (1, 0):
                sides[f"pipeline, batch {batch}, workers {workers}"] = _piped(pipe, names, batch, workers)
        sides[f"forward, batch {batch}"] = _forward(pipe, decoded[:batch])
    speed = _speeds(sides, contest)
    best = max((value, name) for name, value in speed.items() if name.startswith("pipeline"))
    bare = max(value for name, value in speed.items() if name.startswith("forward"))
    alone = {"visionhub": lambda: hub.run(contest.call(Image(names[0]), model)), "pipeline": lambda: pipe(names[0])}
    lone = _lone(alone)
    return {
        **{f"{name} (pictures/s)": value for name, value in speed.items()},
        **{f"{name}, one call (ms, median)": value for name, value in lone.items()},
        "decoding alone (ms)": _decoding(names),
        "best pipeline": best[1],
        "faster than the pipeline's default": speed["visionhub, files"] / speed["pipeline, default"],
        "faster than the best pipeline": speed["visionhub, files"] / best[0],
        "decoded, share of the bare forward pass": speed["visionhub, decoded"] / bare,
        f"{CALLERS} callers, share of map": speed[f"visionhub, {CALLERS} callers"] / speed["visionhub, files"],
        "one call, against the pipeline": lone["visionhub"] / lone["pipeline"],
    }


def _piped(pipe: Any, names: list[str], batch: int, workers: int) -> Callable[[], Any]:
    return lambda: list(pipe(names, batch_size=batch, num_workers=workers))


def _forward(pipe: Any, pictures: list[PIL.Image.Image]) -> Callable[[], Any]:
    import torch

    given = pipe.image_processor(images=pictures, return_tensors="pt")
    inputs = {
        name: tensor.to(pipe.device, pipe.model.dtype) if tensor.is_floating_point() else tensor.to(pipe.device)
        for name, tensor in given.items()
    }

    def run() -> int:
        with torch.inference_mode():
            pipe.model(**inputs)
            if pipe.device.type == "cuda":
                torch.cuda.synchronize()
        return len(pictures)

    return run


def _speeds(sides: dict[str, Callable[[], Any]], contest: Contest) -> dict[str, float]:
    best: dict[str, float] = {}
    sides = dict(sides)
    for turn in range(contest.rounds + 1):
        for name, run in list(sides.items()):
            started = time.perf_counter()
            try:
                done = run()
            except Exception as error:
                if not name.startswith("pipeline"):
                    raise
                # Of some models it cannot take batches apart again (RT-DETR, transformers 5.23).
                print(f"{name} fails: {type(error).__name__}: {error}", flush=True)
                del sides[name]
                continue
            seconds = time.perf_counter() - started
            count = done if isinstance(done, int) else contest.pictures
            if turn:
                best[name] = max(best.get(name, 0.0), count / seconds)
    return best


def _lone(sides: dict[str, Callable[[], Any]]) -> dict[str, float]:
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(11):
        for name, run in sides.items():
            started = time.perf_counter()
            run()
            taken[name].append((time.perf_counter() - started) * 1000)
    return {name: statistics.median(times[1:]) for name, times in taken.items()}


def _decoding(names: list[str]) -> float:
    started = time.perf_counter()
    for name in names:
        Image(name).rgb()
    return (time.perf_counter() - started) / len(names) * 1000
