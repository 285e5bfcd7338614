"""A folder as `transformers` writes it, to a model on a device.

Weights are data: safetensors, or a pickle of tensors alone, which `torch.load` reads as such (`weights_only`). Code that lies beside
them runs only where the settings name the model in `trust_remote_code`.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import Any, Final, cast

from visionhub.errors import ConfigError
from visionhub.providers.local.engines.torch.device import Place
from visionhub.providers.local.engines.torch.engine import Task
from visionhub.providers.local.engines.torch.tune import tuned
from visionhub.providers.local.hub import revision
from visionhub.providers.local.models.auto.files import INDEX, is_pipeline, weights

INSTALL: Final = "pip install 'visionhub[torch]'"
SHOWN: Final = 3
# The settings of transformers are the whole process's: they are changed, and changed back, by one thread at a time.
_SETTING = RLock()


@dataclass(frozen=True)
class Folder:
    """A model's files, and the task word that it is asked for.

    name      what the caller called it
    trusts    whether its own code may run
    bundled   gives a bundled model by the name of its card, for what this one leaves to others
    """

    name: str
    path: Path
    task: str
    trusts: bool = False
    bundled: Callable[[str], Any] | None = None

    @property
    def key(self) -> tuple[str, str]:
        """See `Source`. A folder that was written to since is another model."""
        return self.task, revision(str(self.path))

    @property
    def bytes(self) -> int:
        """See `Source`."""
        return sum(file.stat().st_size for file in weights(self.path))

    def load(self, place: Place) -> Task:
        """See `Source`."""
        name = f"visionhub.providers.local.models.auto.{self.task}"
        if importlib.util.find_spec(name) is None:
            raise self.wrong_task()
        with self.understood("its family"):
            family = importlib.import_module(name)
        return cast("Task", family.load(self, place))

    @cached_property
    def config(self) -> Any:
        """As an Auto class reads it. Raises `ConfigError`."""
        from transformers import AutoConfig

        if self.index:
            raise self.wrong_task()
        with self.understood("its config.json"):
            return AutoConfig.from_pretrained(self.path, local_files_only=True, trust_remote_code=self.trusts)

    @cached_property
    def index(self) -> dict[str, Any]:
        """Of a pipeline of `diffusers`, what it is made of; empty for a model of `transformers`. Raises `ConfigError`."""
        if not is_pipeline(self.path):
            return {}
        with self.understood(f"its {INDEX}"):
            return dict(json.loads((self.path / INDEX).read_text(encoding="utf-8")))

    @property
    def architecture(self) -> str:
        """The class that the weights were saved from."""
        if self.index:
            return str(self.index.get("_class_name"))
        return next(iter(self.config.architectures or ()), type(self.config).__name__.removesuffix("Config"))

    def offers(self, kind: Any) -> bool:
        """Whether an Auto class knows this architecture."""
        return type(self.config) in kind._model_mapping  # noqa: SLF001  # there is no public way to ask

    def model(self, kind: Any, place: Place, **options: Any) -> Any:
        """The model of an Auto class, on the device, ready to answer. Raises `ConfigError`.

        A pooler that was never trained, since the weights are of a model without one, is taken out again.
        """
        if not weights(self.path):
            raise ConfigError(
                f"The model {self.name} has no weights: {self.path} holds neither model.safetensors nor the parts of one.",
                hint="A download that was broken off leaves this: pull it again.",
            )
        known = {"local_files_only": True, "trust_remote_code": self.trusts, "output_loading_info": True}
        if place.precision == "int4" or (place.precision == "int8" and not place.is_cpu):
            options["quantization_config"] = _quantized(place.precision)
        with self.understood("its weights"):
            model, info = kind.from_pretrained(self.path, dtype=place.dtype, **known, **options)
        unmet = _unmet(info)
        if unmet and all(key.startswith("pooler.") for key in unmet):
            model.pooler = None
        else:
            self.check_whole(info)
        return tuned(model, place)

    def check_whole(self, info: Mapping[str, Any], of: str | None = None) -> None:
        """Raises `ConfigError` if weights were missing: by a loader's `info`, for a model or its part."""
        if unmet := _unmet(info):
            shown = ", ".join(unmet[:SHOWN]) + (f" and {len(unmet) - SHOWN} more" if len(unmet) > SHOWN else "")
            raise ConfigError(
                f"The weights of {f'the {of} of ' if of else ''}{self.name} ({self.architecture}) are not all there for {self.task}: {shown}.",
                hint="It was trained for something else, or is not whole: choose a model for this task, or pull it again.",
            )

    def part(self, kind: Any, **options: Any) -> Any:
        """A processor or tokenizer. Raises `ConfigError`."""
        with self.understood(f"its {kind.__name__.removeprefix('Auto').lower()}"):
            return kind.from_pretrained(self.path, local_files_only=True, trust_remote_code=self.trusts, **options)

    def wrong_task(self) -> ConfigError:
        """For a model that was made for something else."""
        return ConfigError(
            f"The model {self.name} is a {self.architecture}, which does not {self.task}.",
            hint="`visionhub models list` names models for each task.",
        )

    @contextmanager
    def understood(self, what: str) -> Iterator[None]:
        """Makes of whatever a reader raises a `ConfigError`, and keeps it from talking to the terminal."""
        try:
            with _quiet():
                yield
        except ConfigError:
            raise
        except ImportError as error:
            hint = INSTALL.replace("torch", "diffusion") if self.task == "generate" else INSTALL
            raise ConfigError(f"The model {self.name} needs a package: {_line(error)}", hint=hint) from error
        except Exception as error:
            # transformers raises whatever its readers do: of JSON, of safetensors, of each architecture.
            asks = "trust_remote_code" in str(error)
            raise ConfigError(
                f"The model {self.name} cannot be used: {what} cannot be read ({type(error).__name__}: {_line(error)}).",
                hint=f'It brings code of its own. If you trust that, add "{self.name}" to trust_remote_code in [providers.local].'
                if asks
                else f"Look into {self.path}: a file there may be missing, cut off, or of another version of transformers.",
            ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what `transformers` says to the terminal: what matters is told in errors and warnings of our own."""
    from transformers.utils import logging

    with _SETTING:
        verbosity, shows = logging.get_verbosity(), logging.is_progress_bar_enabled()
        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            yield
        finally:
            logging.set_verbosity(verbosity)
            if shows:
                logging.enable_progress_bar()  # type: ignore[no-untyped-call]


def _quantized(precision: str) -> Any:
    try:
        from torchao.quantization import (  # pyright: ignore[reportMissingImports]  # only who asks for it installs it
            Int4WeightOnlyConfig,
            Int8WeightOnlyConfig,
        )
        from transformers import TorchAoConfig
    except ImportError:
        raise ConfigError(
            f"The precision {precision} needs torchao.", hint="pip install torchao, or choose another precision."
        ) from None
    return TorchAoConfig(Int8WeightOnlyConfig() if precision == "int8" else Int4WeightOnlyConfig())


def _unmet(info: Mapping[str, Any]) -> list[str]:
    mismatched = (entry[0] if isinstance(entry, (tuple, list)) else entry for entry in info["mismatched_keys"])
    return sorted(map(str, (*info["missing_keys"], *mismatched)))


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
