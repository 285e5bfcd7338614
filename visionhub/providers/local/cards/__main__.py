"""What a new card says of its files: `python -m visionhub.providers.local.cards WHEEL MEMBER…` prints it as TOML."""

from __future__ import annotations

import hashlib
import struct
import sys
import zipfile
from pathlib import Path


def wheel_entry(path: Path) -> str:
    """The lines for `wheels.toml`."""
    package, version, _ = path.name.split("-", 2)
    data = path.read_bytes()
    return (
        f'[{package.replace("_", "-").lower()}]\nversion = "{version}"\nfilename = "{path.name}"\n'
        f'sha256 = "{hashlib.sha256(data).hexdigest()}"\nbytes = {len(data):_}\n'
    )


def file_entry(path: Path, member: str) -> str:
    """The lines for the card. Raises `KeyError` if the wheel has no such member, `ValueError` if it is packed otherwise."""
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(member)
        data = archive.read(member)
    is_stored = info.compress_size == info.file_size
    if info.compress_type != (zipfile.ZIP_STORED if is_stored else zipfile.ZIP_DEFLATED):
        raise ValueError(f"{member} is packed in a way that is not read: {info.compress_type}.")
    with path.open("rb") as file:
        # The local header (PKWARE APPNOTE, 4.3.7): 30 bytes, the last four of them the lengths of name and extra field.
        file.seek(info.header_offset + 26)
        at = info.header_offset + 30 + sum(struct.unpack("<HH", file.read(4)))
    name = Path(member).stem.lower().replace(".", "_")
    return (
        f'[files.{name}]\nwheel = "{path.name.split("-")[0].replace("_", "-").lower()}"\nmember = "{member}"\n'
        f'sha256 = "{hashlib.sha256(data).hexdigest()}"\nbytes = {len(data):_}\nat = {at:_}\npacked = {info.compress_size:_}\n'
    )


if __name__ == "__main__":
    wheel, *members = sys.argv[1:]
    sys.stdout.write("\n".join([wheel_entry(Path(wheel)), *(file_entry(Path(wheel), member) for member in members)]))
