"""Models of the Hugging Face hub, and folders of the same make: where a model's files are, and which revision of them it is.

A repository is fetched once, at one commit, which is written down beside the settings' home: from then on the name means that commit,
until it is pulled again. Files live in the hub's own cache (HF_HOME), which other programs share; HF_ENDPOINT names a mirror.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from visionhub.errors import ConfigError

INSTALL = "pip install 'visionhub[torch]'"
# Weights as tensors only, what describes them, and the words of tokenizers. No code, and no pickles where there are safetensors.
FILES = ["*.json", "*.safetensors", "*.txt", "*.model", "*.jinja"]


def usual(task: str) -> str | None:
    """The repository that answers a task by default, or None."""
    return {"caption": "HuggingFaceTB/SmolVLM-256M-Instruct"}.get(task)


def revision(name: str) -> str:
    """What tells a model from another one of that name: of a folder, when its files were last written."""
    if not is_folder(name):
        return name
    folder = Path(name).expanduser()
    written = (file.stat().st_mtime_ns for file in folder.iterdir() if file.is_file()) if folder.is_dir() else ()
    return f"{name}@{max(written, default=0)}"


def is_folder(name: str) -> bool:
    """Whether a model's name is a path on this machine."""
    return name.startswith((".", "/", "~")) or Path(name).is_dir()


@dataclass(frozen=True)
class ModelHub:
    """`pins` is the file of the revisions that are used. With `offline` no socket is opened."""

    pins: Path
    offline: bool = False

    def find(self, name: str) -> Path:
        """The folder of a model: the one of that path, or a repository's files, fetched if need be. Raises `ConfigError`, `TransportError`."""
        if is_folder(name):
            folder = Path(name).expanduser()
            if not (folder / "config.json").is_file() and not (folder / "model_index.json").is_file():
                raise ConfigError(
                    f"{name} holds no model: there is no config.json in it.",
                    hint="Name a folder that save_pretrained has written, or a repository of the model hub: OWNER/NAME.",
                )
            return folder
        raise ConfigError(f"There is no model {name}.", hint=INSTALL)
