"""Convolutions of 3 x 3 with a quarter of the multiplications, for the CPU.

Winograd's F(4 x 4, 3 x 3), after Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2015, arXiv:1509.09308): a tile of 6 x 6
and the kernel are transformed, multiplied point by point, and transformed back to 4 x 4 results. Over channels the points are 36 products of
matrices. In fp32 the results differ from the direct ones by some 1e-5 of the largest.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import torch
from torch import nn

# With fewer channels the transforms cost more than the multiplications saved; with fewer tiles, reading the larger kernels does.
LEAST_CHANNELS: Final = 192
LEAST_TILES: Final = 16
_PAYS: dict[tuple[int, ...], bool] = {}
# Transformed kernels take four times the room of the kernels. No model takes more than this for it, in bytes.
MOST: Final = 500_000_000
# Numbers on the way, in each of three steps: larger pictures are left to the direct way, which needs no more room than they do.
MOST_POINTS: Final = 64_000_000
TILE: Final = torch.tensor(
    [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ],
    dtype=torch.float64,
)
KERNEL: Final = (
    torch.tensor([[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]], dtype=torch.float64) / 24
)
BACK: Final = torch.tensor(
    [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]], dtype=torch.float64
)


class WinogradConv2d(nn.Conv2d):
    """A convolution that `accelerate` has prepared."""

    margins: tuple[int, int]
    tile: torch.Tensor
    kernels: torch.Tensor
    back: torch.Tensor
    shift: torch.Tensor

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002  # as nn.Conv2d calls it
        """See `nn.Conv2d`."""
        if input.dim() == 4 and self._pays(input):
            return self._by_tiles(input)
        return super().forward(input)

    def _pays(self, given: torch.Tensor) -> bool:
        """Whether it is faster by tiles: tried once for each amount of work, since machines differ."""
        many, _, height, width = given.shape
        count = many * (height // 4) * (width // 4)
        largest = max(self.in_channels, self.out_channels)
        if count < LEAST_TILES or 36 * count * largest > MOST_POINTS:
            return False
        if torch.compiler.is_compiling():
            return True
        work = self.in_channels, self.out_channels, count.bit_length(), torch.get_num_threads()
        if work not in _PAYS:
            _PAYS[work] = seconds(lambda: self._by_tiles(given)) < seconds(lambda: nn.Conv2d.forward(self, given))
        return _PAYS[work]

    def _by_tiles(self, given: torch.Tensor) -> torch.Tensor:
        (many, channels, height, width), (above, left) = given.shape, self.margins
        lines, columns = height + 2 * above - 2, width + 2 * left - 2
        down, across = -(-lines // 4), -(-columns // 4)
        padded = given.new_zeros((many, 4 * down + 2, 4 * across + 2, channels))
        padded[:, above : above + height, left : left + width] = given.permute(0, 2, 3, 1)
        picture, line, column, _ = padded.stride()
        steps = (line, column, picture, 4 * line, 4 * column, 1)
        tiles = padded.as_strided((6, 6, many, down, across, channels), steps).reshape(36, -1)
        points = torch.bmm((self.tile @ tiles).view(36, -1, channels), self.kernels)
        results = (self.back @ points.view(36, -1)).view(4, 4, many, down, across, self.out_channels)
        joined = (results.permute(2, 3, 0, 4, 1, 5) + self.shift).reshape(many, 4 * down, 4 * across, -1)
        return joined[:, :lines, :columns].permute(0, 3, 1, 2)


def seconds(run: Callable[[], object]) -> float:
    """The best of a few."""
    taken = []
    for _ in range(3):
        started = time.perf_counter()
        run()
        taken.append(time.perf_counter() - started)
    return min(taken)


def accelerate(model: nn.Module) -> None:
    """Prepares the convolutions that gain by it; of a model whose kernels would take too much room, none."""
    chosen = [module for module in model.modules() if type(module) is nn.Conv2d and _gains(module)]
    if sum(4 * module.weight.nbytes for module in chosen) > MOST:
        return
    for module in chosen:
        kernels = KERNEL @ module.weight.double() @ KERNEL.T
        known: Any = module
        known.__class__ = WinogradConv2d
        known.margins = module.padding
        known.register_buffer("kernels", kernels.permute(2, 3, 1, 0).flatten(0, 1).float().contiguous())
        known.register_buffer("tile", torch.kron(TILE, TILE).float())
        known.register_buffer("back", torch.kron(BACK, BACK).float())
        known.register_buffer(
            "shift", torch.zeros(module.out_channels) if module.bias is None else module.bias.detach()
        )


def _gains(module: nn.Conv2d) -> bool:
    is_plain = (module.kernel_size, module.stride, module.dilation, module.groups) == ((3, 3), (1, 1), (1, 1), 1)
    is_padded = module.padding_mode == "zeros" and isinstance(module.padding, tuple)
    is_large = min(module.in_channels, module.out_channels) >= LEAST_CHANNELS
    return is_plain and is_padded and is_large and module.weight.dtype is torch.float32
