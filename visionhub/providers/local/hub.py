"""Models of the Hugging Face hub, and folders of the same make: where a model's files are, and which revision of them it is.

A repository is fetched once, at one commit, which is written down beside the settings' home: from then on the name means that commit,
until it is pulled again. Files live in the hub's own cache (HF_HOME), which other programs share; HF_ENDPOINT names a mirror.
"""

from __future__ import annotations

import json
import logging
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from visionhub.errors import ConfigError
from visionhub.providers.local.cards import all_listed
from visionhub.providers.local.pins import Pin, PinnedFile, Pins, State, usable
from visionhub.providers.local.progress import show
from visionhub.providers.local.repository import (
    CONFIG,
    INDEX,
    File,
    Listing,
    Name,
    Weights,
    components,
    is_whole,
    wanted,
    weighty,
)
from visionhub.providers.local.snapshot import SHA1, Snapshot, is_blob, latest, sha256

if TYPE_CHECKING:
    from visionhub.providers.local.download import Moved, Progress
    from visionhub.providers.local.site import Site

INSTALL = "pip install 'visionhub[torch]'"
log = logging.getLogger("visionhub")


def is_folder(name: str) -> bool:
    """Whether a model's name is a path on this machine."""
    if name.startswith((".", "/", "~")):
        return True
    try:
        return Path(name).is_dir()
    except (OSError, ValueError):
        # No path is as long, or made of such characters.
        return False


def usual(task: str) -> str | None:
    """The repository that answers a task where no model is named and none is bundled; None if there is no such."""
    return next((model.repo for model in all_listed() if model.task == task and model.default), None)


def revision(name: str, home: Path | None = None) -> str:
    """What tells a model from another one of that name: of a folder, when its files were last written; of a repository, its commit, once it has one."""
    if not is_folder(name):
        pin = Pins.at(home).read().get(name) if home else None
        return f"{name}@{pin.commit}" if pin else name
    folder = Path(name).expanduser()
    # Of a pipeline of diffusers, each part is a folder.
    files = (*folder.glob("*"), *folder.glob("*/*"))
    written = (file.stat().st_mtime_ns for file in files if file.is_file())
    return f"{name}@{max(written, default=0)}"


@dataclass(frozen=True)
class ModelHub:
    """Models by name, for any number of threads and processes.

    home      the settings' folder, where the pins are
    offline   no socket is opened: what is missing is an error that says which command to run
    trusted   the names whose own code is fetched too
    progress  as of `WeightsStore`
    """

    home: Path
    offline: bool = False
    trusted: tuple[str, ...] = ()
    progress: Progress = field(default=show, repr=False)

    def find(self, name: str) -> Path:
        """The folder of a model: the one of that path, or a repository's files, fetched if need be. Raises `ConfigError`, `TransportError`."""
        if is_folder(name):
            return _own_folder(name)
        known = self._found.get(name)
        if known and known[0] == self.pins.state and known[1].is_dir():
            return known[1]
        folder = self._find(name)
        self._found[name] = (self.pins.state, folder)
        return folder

    @cached_property
    def pins(self) -> Pins:
        """Which commit each name means."""
        return Pins.at(self.home)

    def snapshot(self, name: str) -> Snapshot | None:
        """Where the files lie, whether they are all there or not; None if the name was never fetched."""
        pin = self.pins.read().get(name)
        return Snapshot(_cache(), Name.of(name), pin.commit) if pin else None

    def is_here(self, name: str) -> bool:
        """Whether all its files are on this machine. Opens no socket, and hashes nothing."""
        pin = self.pins.read().get(name)
        return pin is not None and not self._lacks(name, pin)

    def pull(self, name: str) -> Pin:
        """Fetches what the name means today, which it means from now on. Raises as `find`; what came until then is kept."""
        return self.pins.keep(name, self._fetched(name, None), anew=True)

    def verify(self, name: str) -> list[str]:
        """The files that are missing, or not what they were when they were fetched, to the last bit."""
        pin = self.pins.read().get(name)
        if pin is None:
            return [name]
        folder = Snapshot(_cache(), Name.of(name), pin.commit).folder
        return [path for path, file in pin.files.items() if not _is_still(folder / path, file)]

    def remove(self, name: str) -> int:
        """Forgets the name, and deletes its files from the hub's cache unless another name means them too; returns the bytes freed."""
        pin = self.pins.read().get(name)
        if pin is None:
            return 0
        self.pins.drop(name)
        repo = Name.of(name).repo
        is_shared = any(
            (Name.of(one).repo, other.commit) == (repo, pin.commit) for one, other in self.pins.read().items()
        )
        return 0 if is_shared else _deleted(repo, pin.commit)

    def _find(self, name: str) -> Path:
        pin = self.pins.read().get(name) or self._adopted(name)
        if pin is None:
            pin = self.pins.keep(name, self._fetched(name, None), anew=False)
        # Files are gone, code has come to be trusted, or another process was first, and the branch had moved meanwhile.
        if self._lacks(name, pin):
            pin = self.pins.keep(name, self._fetched(name, pin), anew=True)
        return Snapshot(_cache(), Name.of(name), pin.commit).folder

    def _lacks(self, name: str, pin: Pin) -> bool:
        if name in self.trusted and not pin.with_code:
            return True
        folder = Snapshot(_cache(), Name.of(name), pin.commit).folder
        return not all(_has_size(folder / path, file.size) for path, file in pin.files.items())

    def _adopted(self, name: str) -> Pin | None:
        """What another program has fetched under this name, if it is all that a model needs."""
        found, is_trusted = latest(_cache(), Name.of(name)), name in self.trusted
        if not found or (is_trusted and not self._is_offline):
            return None
        paths, folders = found.paths(), _components(found)
        if not is_whole(paths, folders, is_strict=not self._is_offline):
            return None
        files = wanted(paths, folders, with_code=is_trusted)
        if any(blob and not is_blob(found.folder / path, blob) for path in files for blob in [found.blob(path)]):
            return None
        pin = _pin(found, files, with_code=is_trusted)
        # A home that cannot be written to is no reason not to answer.
        with suppress(ConfigError):
            return self.pins.keep(name, pin, anew=False)
        return pin

    def _fetched(self, name: str, pin: Pin | None) -> Pin:
        """The files as they are at the pin's commit, or today; those that are there are not fetched again."""
        parsed, with_code = Name.of(name), name in self.trusted
        if self._is_offline:
            raise ConfigError(
                f"The model {name} is not on this machine, or not all of it, and visionhub is offline.",
                hint=f"Run `visionhub models pull {name}` where there is a network, and copy the folder HF_HOME;"
                " or name a folder that holds a copy of the repository.",
            )
        from visionhub.providers.local.site import connect

        with usable(_cache()), connect(parsed) as site:
            listing = site.listing(pin.commit if pin else parsed.revision)
            snapshot = Snapshot(_cache(), parsed, listing.commit)
            if INDEX in listing.files:
                self._put(site, snapshot, [listing.files[INDEX]])
            files = _chosen(name, listing, _components(snapshot), with_code=with_code)
            self._put(site, snapshot, files)
            if not pin:
                snapshot.remember()
            made = _pin(snapshot, [file.path for file in files], with_code=with_code)
        changed = [path for path, file in made.files.items() if pin and pin.files.get(path, file) != file]
        if changed:
            raise ConfigError(
                f"{changed[0]} of {name} is not what it was when it was pinned, at the same commit.",
                hint=f"The server rewrites history, or is another one. `visionhub models pull {name}` takes what is there now.",
            )
        log.info("pulled %s at %s", name, made.commit)
        return made

    def _put(self, site: Site, snapshot: Snapshot, files: list[File]) -> None:
        """Fetches what is missing of these files."""
        missing = [file for file in files if not snapshot.has(file)]
        total, done = sum(file.size for file in missing), 0
        if not missing:
            return
        snapshot.storage.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(snapshot.storage).free
        if total > free + snapshot.unfinished():
            raise ConfigError(
                f"{snapshot.name.repo} needs {total / 1e6:,.1f} MB, and {snapshot.cache} has {free / 1e6:,.1f} MB left.",
                hint="Make room there, or set HF_HOME to a folder that has some.",
            )
        with self.progress(snapshot.name.repo, total) as moved:
            for file in missing:
                fetch = partial(site.download, snapshot.commit, file, moved=_after(done, moved))
                snapshot.put(file, fetch)
                done += file.size

    @property
    def _is_offline(self) -> bool:
        return self.offline or bool(_constants().HF_HUB_OFFLINE)

    @cached_property
    def _found(self) -> dict[str, tuple[State, Path]]:
        return {}


def _own_folder(name: str) -> Path:
    folder = Path(name).expanduser()
    if not (folder / CONFIG).is_file() and not (folder / INDEX).is_file():
        raise ConfigError(
            f"{name} holds no model: there is no config.json in it.",
            hint="Name a folder that save_pretrained has written, or a repository of the model hub: OWNER/NAME.",
        )
    return folder


def _constants() -> Any:
    try:
        from huggingface_hub import constants
    except ImportError:
        raise ConfigError("Models of the hub are not installed: there is no huggingface_hub.", hint=INSTALL) from None
    return constants


def _cache() -> Path:
    return Path(_constants().HF_HUB_CACHE).expanduser()


def _deleted(repo: str, commit: str) -> int:
    """Deletes a commit's files that no other commit of the repository needs; returns the bytes freed."""
    from huggingface_hub import scan_cache_dir

    with usable(_cache()):
        known = scan_cache_dir(_cache()) if _cache().is_dir() else None
        for found in known.repos if known else ():
            if known and found.repo_id == repo and commit in {revision.commit_hash for revision in found.revisions}:
                strategy = known.delete_revisions(commit)
                strategy.execute()
                return strategy.expected_freed_size
    return 0


def _chosen(name: str, listing: Listing, folders: tuple[str, ...], *, with_code: bool) -> list[File]:
    """The files of a repository that a model is made of. Raises `ConfigError` if it is none."""
    if CONFIG not in listing.files and INDEX not in listing.files:
        raise ConfigError(
            f"{name} holds no model of transformers or diffusers: there is no config.json in it.",
            hint="`visionhub models list` names some that do.",
        )
    for folder in weighty(listing.files, folders):
        if Weights.of(listing.files, folder) is None:
            where = f"{name}, {folder}" if folder else name
            raise ConfigError(
                f"{where}: there are no weights that PyTorch reads, neither safetensors nor a pickle.",
                hint="They may be in another format; another repository may hold them as model.safetensors.",
            )
    return [listing.files[path] for path in wanted(listing.files, folders, with_code=with_code)]


def _after(done: int, moved: Moved) -> Moved:
    return lambda have: moved(done + have)


def _pin(snapshot: Snapshot, files: list[str], *, with_code: bool) -> Pin:
    pinned = {}
    for path in files:
        place = snapshot.folder / path
        blob = snapshot.blob(path)
        # The name of a large blob is its hash, which was checked.
        known = blob if blob and len(blob) != SHA1 else sha256(place)
        pinned[path] = PinnedFile(size=place.stat().st_size, sha256=known)
    return Pin(commit=snapshot.commit, date=datetime.now(UTC).date(), with_code=with_code, files=pinned)


def _components(snapshot: Snapshot) -> tuple[str, ...]:
    try:
        return components(json.loads((snapshot.folder / INDEX).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return ()


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False


def _is_still(path: Path, file: PinnedFile) -> bool:
    try:
        return path.stat().st_size == file.size and sha256(path) == file.sha256
    except OSError:
        return False
