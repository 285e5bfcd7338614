"""Pictures from words: any pipeline of diffusers that makes them, called as it calls itself."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from threading import Lock
from typing import Any, Final

import numpy as np
import PIL.Image
import torch
from transformers import CLIPTokenizer, PreTrainedTokenizerBase

from visionhub.errors import ConfigError, InputError, RefusedError, TimeoutError, UnsupportedError, VisionError
from visionhub.image.encode import encode
from visionhub.providers.local.engines.torch.batcher import is_memory, tidy
from visionhub.providers.local.engines.torch.device import Place
from visionhub.providers.local.engines.torch.engine import Answer, Task
from visionhub.providers.local.models.auto.loading import Folder
from visionhub.providers.local.models.auto.pipeline import pipeline, quiet, takes

# The pictures of one call that are made together. On the CPU one after the other is as fast; on a GPU more hardly gain anything.
MOST: Final = {"cuda": 4}
SEEDS: Final = 2**63
DRAWN: Final = 2**32


def load(folder: Folder, place: Place) -> Task:
    """See the package."""
    if not folder.index:
        raise folder.wrong_task()
    return Painter(folder, place)


@dataclass(frozen=True, slots=True)
class Order:
    """What one call asks for: a picture for each of the seeds. `told` are the pipeline's own options."""

    prompt: str
    negative: str | None
    seeds: Sequence[int]
    told: Mapping[str, Any]
    on_step: Callable[[int, int], object] | None
    is_wanted: Callable[[], bool]


class Painter:
    """A pipeline. It has a state, so that it makes the pictures of one call at a time.

    Those of several calls never go together: a longer prompt beside it, which is padded to, would change a picture.
    """

    def __init__(self, folder: Folder, place: Place) -> None:
        self._pipe = pipeline(folder, place)
        self._takes = takes(type(self._pipe))
        self._name = folder.name
        self._place = place
        self._turn = Lock()
        self._most = MOST.get(place.device.type, 1) if "num_images_per_prompt" in self._takes else 1
        self._vae = getattr(self._pipe, "vae", None)
        self._vae_dtype = getattr(self._vae, "dtype", None)
        self.modules = [part for part in self._pipe.components.values() if isinstance(part, torch.nn.Module)]

    def ask(self, body: Mapping[str, Any]) -> tuple[Hashable, Any]:
        """See `Task`. Raises `InputError` and `UnsupportedError` for what cannot be made."""
        if not body["prompt"].strip():
            raise InputError("The prompt is blank.", hint="Say what the picture should show.")
        negative = body["negative_prompt"]
        if negative is not None and not self._takes_negative:
            raise UnsupportedError(
                f"{self._name} does not take a negative prompt.",
                hint="Leave it out, or say in the prompt what you want.",
            )
        told = {**self._sized(body["size"]), **self._steered(body["steps"], body["guidance"])}
        if negative is not None:
            told["negative_prompt"] = negative
        seeds = _seeds(body["seed"], body["count"])
        # A key of its own: it goes together with no other.
        return object(), Order(body["prompt"], negative, seeds, told, body["on_step"], body["is_wanted"])

    def answer(self, questions: Sequence[Order]) -> Sequence[Answer | VisionError]:
        """See `Task`."""
        return [self._answered(order) for order in questions]

    def _answered(self, order: Order) -> Answer | VisionError:
        with self._turn, quiet():
            warnings = self._cut(order)
            made = self._made(order)
        kept = [(seed, pixels) for seed, pixels, flag in made if not flag]
        left = ", ".join(str(seed) for seed, _, flag in made if flag)
        if not kept:
            return RefusedError(
                f"The safety checker of {self._name} flagged {'the picture' if len(made) == 1 else 'all pictures'} (seed {left}).",
                hint="Change the prompt, or try another seed.",
                code="flagged",
            )
        if left:
            said = f"Of {len(made)} pictures {len(made) - len(kept)} left out, which the model's safety checker flagged: seed {left}."
            warnings.append({"code": "picture_flagged", "message": said})
        images = [{"data": encode(PIL.Image.fromarray(pixels), "image/png"), "seed": seed} for seed, pixels in kept]
        return {"images": images, "is_checked": made[0][2] is not None, "warnings": warnings}

    def _made(self, order: Order) -> list[tuple[int, Any, bool | None]]:
        """For each seed its picture, and whether it is flagged; None if nobody looked."""
        made: list[tuple[int, Any, bool | None]] = []
        while len(made) < len(order.seeds):
            some = order.seeds[len(made) : len(made) + self._most]
            if (found := self._fitting(order, some, len(made))) is not None:
                made.extend(zip(some, *found, strict=True))
            else:
                tidy()
                self._most = len(some) // 2
        return made

    def _fitting(self, order: Order, seeds: Sequence[int], done: int) -> tuple[Any, Any] | None:
        """What is made of these seeds; None if they are too many for the memory."""
        try:
            return self._run(order, seeds, done)
        except Exception as error:
            if len(seeds) > 1 and is_memory(error):
                return None
            if isinstance(error, ValueError):
                raise UnsupportedError(
                    f"{self._name} cannot make this: {' '.join(str(error).split())[:300]}",
                    hint="Leave out size, steps or guidance: the model has its own.",
                ) from error
            raise
        finally:
            if self._vae is not None and self._vae.dtype != self._vae_dtype:
                # One that decodes in fp32, and was interrupted, stays so.
                self._vae.to(self._vae_dtype)

    def _run(self, order: Order, seeds: Sequence[int], done: int) -> tuple[Any, Any]:
        told = dict(order.told)
        if "num_images_per_prompt" in self._takes:
            told["num_images_per_prompt"] = len(seeds)
        if "callback_on_step_end" in self._takes:
            told["callback_on_step_end"] = _Watch(order, done // self._most, ceil(len(order.seeds) / self._most))
        # On the CPU, whatever the device: noise is the same everywhere.
        noise = [torch.Generator("cpu").manual_seed(seed) for seed in seeds]
        output = self._pipe(prompt=order.prompt, generator=noise, output_type="np", **told)
        pixels = np.asarray(output.images)
        if not np.isfinite(pixels).all():
            raise ConfigError(
                f"The numbers of {self._name} are too large for {self._place.precision}: the picture would be black.",
                hint='Set precision = "bf16" or "fp32" in [providers.local].',
            )
        flags = getattr(output, "nsfw_content_detected", None)
        return (pixels * 255).round().astype(np.uint8), [None] * len(seeds) if flags is None else flags

    def _sized(self, size: tuple[int, int] | None) -> dict[str, int]:
        if size is None:
            return {}
        grain = self._grain
        if any(side % grain for side in size):
            less, more = ((max(side // grain, 1) * grain, -(-side // grain) * grain) for side in size)
            near = dict.fromkeys(f"{width} x {height}" for width, height in zip(less, more, strict=True))
            raise UnsupportedError(
                f"The sides of {self._name}'s pictures are multiples of {grain}, which {size[0]} x {size[1]} is not.",
                hint=f"Near it are {' and '.join(near)}.",
            )
        return {"width": size[0], "height": size[1]}

    @property
    def _grain(self) -> int:
        """What the sides of a picture are multiples of: what one number of the model stands for."""
        pipe: Any = self._pipe
        patch = getattr(getattr(getattr(pipe, "transformer", None), "config", None), "patch_size", 1)
        by_model = int(getattr(pipe, "vae_scale_factor", 8)) * (patch if isinstance(patch, int) else 1)
        config = getattr(getattr(pipe, "image_processor", None), "config", {})
        return max(by_model, int(config.get("vae_scale_factor") or 1))

    def _steered(self, steps: int | None, guidance: float | None) -> dict[str, Any]:
        told: dict[str, Any] = {}
        most = getattr(self._pipe.scheduler.config, "num_train_timesteps", None)
        if steps is not None and most is not None and steps > most:
            raise InputError(f"{self._name} takes at most {most} steps, not {steps}.", hint="20 to 50 are usual.")
        if steps is not None:
            told["num_inference_steps"] = steps
        if guidance is not None:
            # Where both are there, one of them is for models that were trained with it, and is off.
            own = self._takes.get("guidance_scale")
            is_true = "true_cfg_scale" in self._takes and (own is None or own.default is None)
            if own is None and not is_true:
                raise UnsupportedError(f"{self._name} takes no guidance.", hint="Leave it out.")
            told["true_cfg_scale" if is_true else "guidance_scale"] = float(guidance)
        return told

    @property
    def _takes_negative(self) -> bool:
        true = self._takes.get("true_cfg_scale")
        # Where that is off, a negative prompt is taken and not heard.
        return "negative_prompt" in self._takes and (true is None or float(true.default) > 1)

    def _cut(self, order: Order) -> list[dict[str, str]]:
        """Warnings of what is too long for all of the pipeline's readers."""
        readers = [part for part in self._pipe.components.values() if isinstance(part, PreTrainedTokenizerBase)]
        found = []
        for what, text in (("prompt", order.prompt), ("negative prompt", order.negative)):
            if not (readers and text):
                continue
            read, there = max((self._room(reader), len(reader(text, verbose=False).input_ids)) for reader in readers)
            if there > read:
                said = f"Of the {there} tokens of the {what} the model reads {read}: the end was cut off."
                found.append({"code": "prompt_cut", "message": said})
        return found

    def _room(self, reader: Any) -> int:
        told = self._takes.get("max_sequence_length")
        if told is None or not isinstance(told.default, int) or isinstance(reader, CLIPTokenizer):
            return int(reader.model_max_length)
        return told.default


def _seeds(seed: int | None, count: int) -> Sequence[int]:
    """One for each picture. One that is drawn is short enough to be written down."""
    if seed is not None and not 0 <= seed <= SEEDS - count:
        raise InputError(f"{seed} is no seed.", hint="Give a whole number from 0 on, below 2 to the power of 63.")
    first = secrets.randbelow(DRAWN) if seed is None else seed
    return range(first, first + count)


class _Watch:
    """What a pipeline calls after each step: tells of it, and raises if it is not to go on."""

    def __init__(self, order: Order, done: int, rounds: int) -> None:
        self._order = order
        self._done = done
        self._rounds = rounds

    def __call__(self, pipe: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        del timestep
        order = self._order
        if not order.is_wanted():
            raise TimeoutError(
                "The time limit passed while the picture was made.", hint="Allow more time, or fewer steps."
            )
        if order.negative is not None and getattr(pipe, "do_classifier_free_guidance", None) is False:
            raise UnsupportedError(
                "Without guidance the model does not hear a negative prompt.",
                hint='Leave it out, or, if the model was trained for it, ask for extra={"guidance": 5}.',
            )
        if order.on_step:
            steps = int(pipe.num_timesteps)
            try:
                order.on_step(self._done * steps + step + 1, self._rounds * steps)
            except Exception as error:
                raise InputError(
                    f"`on_step` ended the call: {type(error).__name__}{f': {error}' if str(error) else ''}.",
                    hint="Mend it, or leave it out.",
                ) from error
        return tensors
