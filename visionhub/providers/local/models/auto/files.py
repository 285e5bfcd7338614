"""Which files hold a model's weights: safetensors if there are any, else a pickle of tensors."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

INDEX: Final = "model_index.json"
# unet/diffusion_pytorch_model.fp16-00001-of-00002.safetensors
NAME: Final = re.compile(r"\w+?(\.(?P<variant>\w+))?(-\d{5}-of-\d{5})?\.(safetensors|bin)")


def weights(path: Path) -> list[Path]:
    """Those of a model of transformers, with all the parts that an index names; or of a whole pipeline of diffusers."""
    if is_pipeline(path):
        return [file for part in sorted(path.iterdir()) if part.is_dir() for file in Part.of(part).files]
    for ending in ("model.safetensors", "pytorch_model.bin"):
        if (path / ending).is_file():
            return [path / ending]
        index = path / f"{ending}.index.json"
        if index.is_file():
            try:
                names = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
                if any(Path(name).name != name for name in names):
                    return []
                parts = {path / name for name in names}
            except (ValueError, LookupError, AttributeError, TypeError):
                return []
            return sorted(parts) if all(part.is_file() for part in parts) else []
    return []


def is_pipeline(path: Path) -> bool:
    """Whether a folder is one of diffusers: several models that work together, each in a folder of its own."""
    return (path / INDEX).is_file()


@dataclass(frozen=True, slots=True)
class Part:
    """The weights of one model of a pipeline. `variant` is that of their names (`fp16`), if there are none without."""

    files: tuple[Path, ...]
    variant: str | None = None

    @property
    def is_pickle(self) -> bool:
        """Whether they are no safetensors."""
        return any(file.suffix == ".bin" for file in self.files)

    @classmethod
    def of(cls, folder: Path) -> Part:
        """What lies in the folder of one part; nothing for one without weights, such as a tokenizer."""
        for ending in (".safetensors", ".bin"):
            found: dict[str, list[Path]] = {}
            for file in sorted(folder.glob(f"*{ending}")):
                if name := NAME.fullmatch(file.name):
                    found.setdefault(name["variant"] or "", []).append(file)
            if found:
                variant = min(found)
                return cls(tuple(found[variant]), variant or None)
        return cls(())
