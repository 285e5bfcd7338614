"""A repository of the Hugging Face hub: its name, what is in it at one commit, and which of that a model is made of. Opens nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from visionhub.errors import ConfigError

NAME = re.compile(r"(?P<repo>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(@(?P<revision>\w[\w./-]*))?", re.ASCII)
COMMIT = re.compile(r"[0-9a-f]{40}")
MAIN = "main"
CONFIG, INDEX = "config.json", "model_index.json"
PREPARES = {"preprocessor_config.json", "processor_config.json"}
# What describes a model, and the words of tokenizers. Templates are text that transformers fills in within bounds (Jinja's sandbox).
WORDS = (".json", ".txt", ".model", ".jinja")
# As transformers and diffusers call weights: tensors alone, or, where there are none, a pickle.
WEIGHTS = {
    ".safetensors": ("model", "diffusion_pytorch_model"),
    ".bin": ("pytorch_model", "diffusion_pytorch_model"),
}
STEM = re.compile(r"(?P<base>\w+)(\.(?P<variant>\w+))?(-\d{5}-of-(?P<parts>\d{5}))?")
# Of weights in several files: which tensor is in which.
LIST = re.compile(r"\w+(?P<ending>\.\w+)\.index(\.(?P<variant>\w+))?\.json")


@dataclass(frozen=True)
class Name:
    """`owner/name`, or `owner/name@revision`: a branch, a tag or a commit."""

    repo: str
    revision: str = MAIN

    @classmethod
    def of(cls, text: str) -> Name:
        """Raises `ConfigError` for what is no such name."""
        found = NAME.fullmatch(text)
        if not found or ".." in text:
            raise ConfigError(
                f"{text!r} is no name of a repository.",
                hint="Write OWNER/NAME or OWNER/NAME@REVISION; or name a folder: ./FOLDER.",
            )
        return cls(found["repo"], found["revision"] or MAIN)

    @property
    def folder(self) -> str:
        """What the repository is called in the hub's cache."""
        return f"models--{self.repo.replace('/', '--')}"


@dataclass(frozen=True)
class File:
    """One file of a repository. `blob` is what its content is known by: its SHA-256, or, if it is small, git's SHA-1 of it."""

    path: str
    size: int
    blob: str


@dataclass(frozen=True)
class Listing:
    """What is in a repository at one commit, by path."""

    commit: str
    files: Mapping[str, File]


def components(index: Any) -> tuple[str, ...]:
    """The folders that a pipeline of diffusers is made of, by its `model_index.json`."""
    if not isinstance(index, dict):
        return ()
    return tuple(name for name, made in index.items() if isinstance(made, list) and made and made[0])


def wanted(paths: Collection[str], folders: Collection[str] = (), *, with_code: bool = False) -> list[str]:
    """The files that a model is made of: what describes it, and one set of weights for it, or for each of its `folders`.

    Code is left out unless it is asked for; so is everything in other folders: copies in other formats, checkpoints, samples.
    """
    sets = {folder: Weights.of(paths, folder) for folder in folders or ("",)}
    kept = {path for found in sets.values() if found for path in found.paths}
    for path in paths:
        folder, _, name = path.rpartition("/")
        describes = name.endswith(WORDS) and (not folder or folder in folders or name.endswith(".jinja"))
        if describes and (lists := LIST.fullmatch(name)):
            found = sets.get(folder)
            describes = found is not None and (lists["ending"], lists["variant"] or "") == (found.ending, found.variant)
        if describes or (with_code and name.endswith(".py")):
            kept.add(path)
    return sorted(kept)


@dataclass(frozen=True)
class Weights:
    """One set of weights in a folder, in one file or in several."""

    ending: str
    variant: str
    paths: tuple[str, ...]
    is_whole: bool

    @classmethod
    def of(cls, paths: Iterable[str], folder: str) -> Weights | None:
        """Safetensors if there are any, of no variant (`model.fp16.safetensors`) if there are any of those."""
        inside = [path for path in paths if path.rpartition("/")[0] == folder]
        for ending, bases in WEIGHTS.items():
            variants: dict[str, dict[str, int]] = {}
            for path in inside:
                stem = STEM.fullmatch(path.rpartition("/")[2].removesuffix(ending))
                if path.endswith(ending) and stem and stem["base"] in bases:
                    variants.setdefault(stem["variant"] or "", {})[path] = int(stem["parts"] or 1)
            if variants:
                variant = min(variants)
                found = variants[variant]
                return cls(ending, variant, tuple(sorted(found)), len(found) >= min(found.values()))
        return None


def weighty(paths: Collection[str], folders: Collection[str]) -> list[str]:
    """The folders that a model must have weights in: a scheduler or a tokenizer has none."""
    return [folder for folder in folders if f"{folder}/{CONFIG}" in paths] if folders else [""]


def is_whole(paths: Collection[str], folders: Collection[str], *, is_strict: bool) -> bool:
    """Whether what some program has fetched is a model: its weights in all their parts.

    To be strict, what prepares pictures too, and safetensors: where there is a pickle, the hub may have them.
    """
    if not folders and (CONFIG not in paths or (is_strict and not PREPARES & set(paths))):
        return False
    if not {path.partition("/")[0] for path in paths}.issuperset(folders):
        return False
    sets = [Weights.of(paths, folder) for folder in weighty(paths, folders)]
    return all(found and found.is_whole and not (is_strict and found.ending == ".bin") for found in sets)
