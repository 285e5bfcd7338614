"""A folder as `transformers` writes it, to a model on a device.

Weights are data: safetensors, or a pickle of tensors alone, which `torch.load` reads as such (`weights_only`). Code that lies beside
them runs only where the settings name the model in `trust_remote_code`.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
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

INSTALL: Final = "pip install 'visionhub[torch]'"
SHOWN: Final = 3
# The settings of transformers are the whole process's: they are changed, and changed back, by one thread at a time.
_SETTING = RLock()


@dataclass(frozen=True)
class Folder:
    """A model's files, and the task word that it is asked for. `name` is what the caller called it, `trusts` whether its own code may run."""

    name: str
    path: Path
    task: str
    trusts: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """See `Source`. A folder that was written to since is another model."""
        return self.task, revision(str(self.path))

    @property
    def bytes(self) -> int:
        """See `Source`."""
        return sum(file.stat().st_size for file in _weights(self.path))

    def load(self, place: Place) -> Task:
        """See `Source`."""
        family = importlib.import_module(f"visionhub.providers.local.models.auto.{self.task}")
        return cast("Task", family.load(self, place))

    @cached_property
    def config(self) -> Any:
        """As an Auto class reads it. Raises `ConfigError`."""
        from transformers import AutoConfig

        with self._understood("its config.json"):
            return AutoConfig.from_pretrained(self.path, local_files_only=True, trust_remote_code=self.trusts)

    @property
    def architecture(self) -> str:
        """The class that the weights were saved from."""
        return next(iter(self.config.architectures or ()), type(self.config).__name__.removesuffix("Config"))

    def offers(self, kind: Any) -> bool:
        """Whether an Auto class knows this architecture."""
        return type(self.config) in kind._model_mapping  # noqa: SLF001  # there is no public way to ask

    def model(self, kind: Any, place: Place, **options: Any) -> Any:
        """The model of an Auto class, on the device, ready to answer. Raises `ConfigError`.

        A pooler that was never trained, since the weights are of a model without one, is taken out again.
        """
        if not _weights(self.path):
            raise ConfigError(
                f"The model {self.name} has no weights: {self.path} holds neither model.safetensors nor the parts of one.",
                hint="A download that was broken off leaves this: pull it again.",
            )
        known = {"local_files_only": True, "trust_remote_code": self.trusts, "output_loading_info": True}
        if place.precision == "int4" or (place.precision == "int8" and not place.is_cpu):
            options["quantization_config"] = _quantized(place.precision)
        with self._understood("its weights"):
            model, info = kind.from_pretrained(self.path, dtype=place.dtype, **known, **options)
        unmet = [*info["missing_keys"], *(_key(entry) for entry in info["mismatched_keys"])]
        if unmet and all(key.startswith("pooler.") for key in unmet):
            model.pooler = None
        elif unmet:
            shown = ", ".join(sorted(unmet)[:SHOWN]) + (f" and {len(unmet) - SHOWN} more" if len(unmet) > SHOWN else "")
            raise ConfigError(
                f"The weights of {self.name} ({self.architecture}) are not all there for {self.task}: {shown}.",
                hint="It was trained for something else, or is not whole: choose a model for this task, or pull it again.",
            )
        return tuned(model, place)

    def part(self, kind: Any, **options: Any) -> Any:
        """A processor or tokenizer. Raises `ConfigError`."""
        with self._understood(f"its {kind.__name__.removeprefix('Auto').lower()}"):
            return kind.from_pretrained(self.path, local_files_only=True, trust_remote_code=self.trusts, **options)

    def wrong_task(self) -> ConfigError:
        """For a model that was made for something else."""
        return ConfigError(
            f"The model {self.name} is a {self.architecture}, which does not {self.task}.",
            hint="`visionhub models list` names models for each task.",
        )

    @contextmanager
    def _understood(self, what: str) -> Iterator[None]:
        try:
            with _quiet():
                yield
        except ConfigError:
            raise
        except ImportError as error:
            raise ConfigError(f"The model {self.name} needs a package: {_line(error)}", hint=INSTALL) from error
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


def _weights(path: Path) -> list[Path]:
    """The weight files: safetensors if there are any, with all the parts that an index names."""
    for ending in ("model.safetensors", "pytorch_model.bin"):
        if (path / ending).is_file():
            return [path / ending]
        index = path / f"{ending}.index.json"
        if index.is_file():
            try:
                parts = {path / name for name in json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()}
            except (ValueError, LookupError, AttributeError, TypeError):
                return []
            return sorted(parts) if all(part.is_file() for part in parts) else []
    return []


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


def _key(entry: Any) -> str:
    return str(entry[0] if isinstance(entry, (tuple, list)) else entry)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
