"""The three nets of MTCNN (Zhang et al. 2016, "Joint Face Detection and Alignment using Multitask Cascaded Convolutional Networks").

Layers are called as in the files of the package facenet-pytorch, which converted the authors' weights. All take values of
`(byte - 127.5) / 128`, and give for each window how surely it is a face, and by which shares of its size its four edges are to move.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class Proposer(nn.Module):
    """P-Net: every window of 12 pixels, two apart, of pictures `(n, 3, h, w)`: scores `(n, rows, columns)`, moves `(n, 4, rows, columns)`."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.prelu1 = nn.Conv2d(3, 10, 3), nn.PReLU(10)
        self.conv2, self.prelu2 = nn.Conv2d(10, 16, 3), nn.PReLU(16)
        self.conv3, self.prelu3 = nn.Conv2d(16, 32, 3), nn.PReLU(32)
        self.conv4_1, self.conv4_2 = nn.Conv2d(32, 2, 1), nn.Conv2d(32, 4, 1)

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        seen = _halved(self.prelu1(self.conv1(pixels)), 2)
        seen = self.prelu3(self.conv3(self.prelu2(self.conv2(seen))))
        return _score(self.conv4_1(seen)), self.conv4_2(seen).float()


class Refiner(nn.Module):
    """R-Net: windows `(n, 3, 24, 24)`: scores `(n,)`, moves `(n, 4)`."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.prelu1 = nn.Conv2d(3, 28, 3), nn.PReLU(28)
        self.conv2, self.prelu2 = nn.Conv2d(28, 48, 3), nn.PReLU(48)
        self.conv3, self.prelu3 = nn.Conv2d(48, 64, 2), nn.PReLU(64)
        self.dense4, self.prelu4 = nn.Linear(576, 128), nn.PReLU(128)
        self.dense5_1, self.dense5_2 = nn.Linear(128, 2), nn.Linear(128, 4)

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        seen = _halved(self.prelu1(self.conv1(pixels)), 3)
        seen = _halved(self.prelu2(self.conv2(seen)), 3)
        seen = self.prelu4(self.dense4(_columns_first(self.prelu3(self.conv3(seen)))))
        return _score(self.dense5_1(seen)), self.dense5_2(seen).float()


class Finisher(nn.Module):
    """O-Net: windows `(n, 3, 48, 48)`: scores, moves as R-Net; five points `(n, 2, 5)`: all x, all y, as shares of the window."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.prelu1 = nn.Conv2d(3, 32, 3), nn.PReLU(32)
        self.conv2, self.prelu2 = nn.Conv2d(32, 64, 3), nn.PReLU(64)
        self.conv3, self.prelu3 = nn.Conv2d(64, 64, 3), nn.PReLU(64)
        self.conv4, self.prelu4 = nn.Conv2d(64, 128, 2), nn.PReLU(128)
        self.dense5, self.prelu5 = nn.Linear(1152, 256), nn.PReLU(256)
        self.dense6_1, self.dense6_2, self.dense6_3 = nn.Linear(256, 2), nn.Linear(256, 4), nn.Linear(256, 10)

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """See the class."""
        seen = _halved(self.prelu1(self.conv1(pixels)), 3)
        seen = _halved(self.prelu2(self.conv2(seen)), 3)
        seen = _halved(self.prelu3(self.conv3(seen)), 2)
        seen = self.prelu5(self.dense5(_columns_first(self.prelu4(self.conv4(seen)))))
        return (
            _score(self.dense6_1(seen)),
            self.dense6_2(seen).float(),
            self.dense6_3(seen).float().unflatten(1, (2, 5)),
        )


def _halved(seen: Tensor, window: int) -> Tensor:
    return functional.max_pool2d(seen, window, 2, ceil_mode=True)


def _score(logits: Tensor) -> Tensor:
    return logits.float().softmax(1)[:, 1]


def _columns_first(seen: Tensor) -> Tensor:
    """In the order in which the authors' framework, which keeps columns together, laid the last convolution out."""
    return seen.permute(0, 3, 2, 1).flatten(1)
