"""A folder as `diffusers` writes it, to a pipeline on a device. Its `model_index.json` names its parts, each in a folder of its own.

Only classes of diffusers and transformers are used: code that lies in the folder is never run.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from inspect import Parameter, signature
from pathlib import Path
from typing import Any, Final

import diffusers
import diffusers.utils.logging
import transformers

from visionhub.errors import ConfigError
from visionhub.providers.local.engines.torch.device import Place
from visionhub.providers.local.engines.torch.tune import tuned
from visionhub.providers.local.models.auto.files import Part
from visionhub.providers.local.models.auto.loading import Folder

# Its types do not say what it exports.
_df: Any = diffusers
NEEDED: Final = {"prompt", "height", "width", "num_inference_steps", "generator", "output_type"}
OTHERS: Final = {"image", "video", "num_frames"}


def pipeline(folder: Folder, place: Place) -> Any:
    """The pipeline, ready to be called. Raises `ConfigError` for one that does not make pictures from words, or is not whole."""
    # Its classes are imported as they are asked for, with much to say.
    with folder.understood("what it is made of"):
        kind, parts = _kind(folder), _parts(folder)
    place.check_floats(folder.name)
    models = {name: _model(folder, name, part, place) for name, part in parts.items() if _is_model(part)}
    with folder.understood("one of its parts"), _silence():
        made = kind.from_pretrained(folder.path, local_files_only=True, **models)
    for name, part in made.components.items():
        # One whose files are gone is made without them, and reads nothing.
        if isinstance(part, transformers.PreTrainedTokenizerBase) and len(part) <= len(part.all_special_ids):
            raise _not_whole(folder, f"its {name} has no words")
    made.set_progress_bar_config(disable=True)
    return made


def takes(kind: Any) -> dict[str, Parameter]:
    """What a pipeline can be told, by name."""
    return dict(signature(kind.__call__).parameters)


def _kind(folder: Folder) -> Any:
    name = folder.index.get("_class_name")
    kind = getattr(diffusers, name, None) if isinstance(name, str) else None
    if kind is None or not (isinstance(kind, type) and issubclass(kind, _df.DiffusionPipeline)):
        raise ConfigError(
            f"The model {folder.name} is a {folder.architecture}, which diffusers {diffusers.__version__} does not have.",
            hint="A newer diffusers may. Code that lies beside a pipeline is not run.",
        )
    told = takes(kind)
    if not told.keys() >= NEEDED or told.keys() & OTHERS:
        raise folder.wrong_task()
    return kind


def _parts(folder: Folder) -> dict[str, Any]:
    """The classes of its parts, by name. Raises `ConfigError` for one of code that lies in the folder."""
    found = {}
    for name, entry in folder.index.items():
        match entry:
            case [str(library), str(word)] if not name.startswith("_"):
                if Path(name).name != name or not (folder.path / name).is_dir():
                    raise _not_whole(folder, f"its {name} is missing")
                home = {"diffusers": diffusers, "transformers": transformers}.get(library)
                home = home or getattr(diffusers.pipelines, library, None)
                if home is None:
                    raise ConfigError(
                        f"The {name} of {folder.name} is a {word} of {library}, which is no part of diffusers or transformers.",
                        hint="Code that lies beside a pipeline is not run: choose another model.",
                    )
                found[name] = getattr(home, word, None)
    return found


def _not_whole(folder: Folder, said: str) -> ConfigError:
    return ConfigError(
        f"The model {folder.name} is not whole: {said}.",
        hint="A download that was broken off leaves this: pull it again.",
    )


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, (_df.ModelMixin, transformers.PreTrainedModel))


def _model(folder: Folder, name: str, kind: Any, place: Place) -> Any:
    part = Part.of(folder.path / name)
    if not part.files:
        raise _not_whole(folder, f"there are no weights of its {name}")
    options: dict[str, Any] = {"variant": part.variant} if part.variant else {}
    is_of_diffusers = issubclass(kind, _df.ModelMixin)
    options["torch_dtype" if is_of_diffusers else "dtype"] = place.dtype
    with folder.understood(f"its {name}"), _silence():
        model, info = kind.from_pretrained(
            folder.path / name, local_files_only=True, use_safetensors=not part.is_pickle, output_loading_info=True, **options
        )  # fmt: skip
    folder.check_whole(info, of=name)
    return tuned(model, place)


_IS_QUIET: ContextVar[bool] = ContextVar("_IS_QUIET", default=False)


class _Quiet(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        del record
        return not _IS_QUIET.get()


_QUIET = _Quiet()


@contextmanager
def quiet() -> Iterator[None]:
    """Without what `diffusers` says to the terminal of our own calls: some of it quotes the prompt. What matters is told in warnings."""
    for library in ("diffusers", "transformers"):
        for handler in logging.getLogger(library).handlers:
            handler.addFilter(_QUIET)
    before = _IS_QUIET.set(True)
    try:
        yield
    finally:
        _IS_QUIET.reset(before)


@contextmanager
def _silence() -> Iterator[None]:
    """`quiet`, for loading: inside of `understood`, since what it sets is the whole process's."""
    bars = diffusers.utils.logging.is_progress_bar_enabled()
    with quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        diffusers.utils.logging.disable_progress_bar()
        try:
            yield
        finally:
            if bars:
                diffusers.utils.logging.enable_progress_bar()
