"""Which device a model runs on, and in which precision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import torch

from visionhub.errors import ConfigError

DTYPES: Final = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


@dataclass(frozen=True)
class Place:
    """One device, and how a model runs there.

    precision    `fp32`, `fp16`, `bf16`, or `int8` and `int4` for its weights alone
    exact_jpeg   whether each JPEG is decoded at its full size, however small the model sees it
    """

    device: torch.device
    precision: str
    exact_jpeg: bool = False

    @property
    def is_cpu(self) -> bool:
        """Whether it is the CPU."""
        return self.device.type == "cpu"

    @property
    def is_cuda(self) -> bool:
        """Whether it is a GPU of CUDA, or of ROCm, which goes by the same name."""
        return self.device.type == "cuda"

    @cached_property
    def dtype(self) -> torch.dtype:
        """What the model computes in."""
        if self.precision in DTYPES:
            return DTYPES[self.precision]
        return torch.float32 if self.is_cpu else torch.bfloat16

    @property
    def exact(self) -> torch.dtype:
        """What pictures are resized in. A model in fp32 is to see every pixel as Pillow makes it; one in half precision does not notice."""
        if self.dtype is not torch.float32:
            return torch.float16
        return torch.float32 if self.device.type == "mps" else torch.float64

    @property
    def layout(self) -> torch.memory_format:
        """Of pictures: channels last is what convolutions are fastest with, on a GPU and on the CPU."""
        return torch.channels_last

    def check_floats(self, name: str) -> None:
        """Raises `ConfigError` for whole numbers, which the model of that name cannot be run in."""
        if self.precision not in DTYPES:
            raise ConfigError(
                f"{name} cannot be run in {self.precision}.", hint=f"It runs in {', '.join(DTYPES)}, by your choice."
            )

    def upload(self, many: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """Tensors of bytes on the device, sent as one."""
        if self.is_cpu:
            return list(many)
        flat = torch.empty(sum(one.numel() for one in many), dtype=torch.uint8, pin_memory=self.is_cuda)
        torch.cat([one.reshape(-1) for one in many], out=flat)
        parts = torch.split(flat.to(self.device, non_blocking=True), [one.numel() for one in many])
        return [part.view(one.shape) for part, one in zip(parts, many, strict=True)]

    def settle(self) -> None:
        """Waits until the device has done what this thread asked of it, so that another thread may use it."""
        if self.is_cuda:
            torch.cuda.current_stream(self.device).synchronize()

    def put(self, tensor: torch.Tensor) -> torch.Tensor:
        """A tensor on the device; if it holds floats, in the model's precision."""
        return tensor.to(self.device, self.dtype) if tensor.is_floating_point() else tensor.to(self.device)


def places(device: str | Sequence[str] | None, precision: str | None, *, exact_jpeg: bool = False) -> tuple[Place, ...]:
    """Where a model is put: one copy for each device named. Raises `ConfigError` for a device that is not there.

    Left out, it is the first GPU, or the CPU where there is none; the precision is fp32 on the CPU, bf16 on a GPU that knows it, else fp16.
    """
    names = [_best()] if device is None else [device] if isinstance(device, str) else list(device)
    if not names:
        raise ConfigError("`device` names no device.", hint="Leave it out, or name cpu, cuda, cuda:1, mps.")
    return tuple(dict.fromkeys(_place(name, precision, exact_jpeg) for name in names))


def _best() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _place(name: str, precision: str | None, exact_jpeg: bool) -> Place:
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ConfigError(f"There is no device {name!r}.", hint="Name cpu, cuda, cuda:1 or mps.") from None
    there = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
    if (device.index or 0) >= there.get(device.type, 0):
        raise ConfigError(
            f"The device {name} is not on this machine, or this PyTorch ({torch.__version__}) cannot use it.",
            hint="Leave `device` out to use what there is; for a GPU of NVIDIA, PyTorch must be built for its CUDA.",
        )
    if name == "cuda":
        device = torch.device("cuda", 0)
    return Place(device, precision or _usual(device), exact_jpeg)


def _usual(device: torch.device) -> str:
    if device.type == "cpu":
        return "fp32"
    return "bf16" if device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
