"""Memory while 5,000 pictures go through `map` to a model on PyTorch, of the machine and of its GPU: it must not grow.

`grown` is what it grew by, in megabytes, after the first fifth of the pictures. And three models share a budget that holds two.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from benchmarks.contest import files
from benchmarks.figures import Figures, SkippedError
from benchmarks.map import resident
from visionhub import ClassifyCall, Hub, Image, VisionError
from visionhub.config import read

PICTURES = 5_000


def measure() -> Figures:
    """See the module."""
    try:
        import torch
        import transformers
    except ImportError as error:
        raise SkippedError(f"there is no {error.name}") from error
    auto: Any = transformers
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for number in range(3):
            size = {"hidden_size": 192, "num_attention_heads": 3, "intermediate_size": 768, "num_hidden_layers": 2}
            auto.ViTForImageClassification(auto.ViTConfig(num_labels=1000, **size)).save_pretrained(
                folder / str(number)
            )
            auto.ViTImageProcessor().save_pretrained(folder / str(number))
        paths = files(folder, 8)
        budget = 2.5 * (folder / "0" / "model.safetensors").stat().st_size
        with Hub("local", settings=read(cache="off", providers={"local": {"memory_gb": budget / 1e9}})) as hub:
            calls = (
                ClassifyCall(image=Image(paths[number % 8]), model=str(folder / str(number * 6 // PICTURES % 3)))
                for number in range(PICTURES)
            )
            at_first = highest = 0.0
            for number, answer in enumerate(hub.map(calls)):
                assert not isinstance(answer, VisionError), answer
                at_first = resident() if number == PICTURES // 5 else at_first
                highest = max(highest, resident()) if number > PICTURES // 5 else 0.0
            engine = hub._pipeline.provider("local").wire._engine  # type: ignore[attr-defined]  # noqa: SLF001
            figures: Figures = {
                "pictures": PICTURES,
                "resident after a fifth (MB)": at_first,
                "grown at the end (MB)": resident() - at_first,
                "grown at the highest (MB)": highest - at_first,
                "budget (MB)": budget / 1e6,
                "models loaded at the end (MB)": engine.shelf.bytes / 1e6,
            }
    if torch.cuda.is_available():
        figures["GPU memory, highest (MB)"] = torch.cuda.max_memory_allocated() / 1e6
    return figures
