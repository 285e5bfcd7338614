"""Opens every picture named on its input, in one process with little memory, and says how each went: see `test_formats.py`."""

from __future__ import annotations

import json
import resource
import sys
from typing import Any

from visionhub.errors import InputError
from visionhub.image import Image


def opened(path: str) -> dict[str, Any]:
    """What the header and the pixels of the picture are, or why there are none."""
    try:
        image = Image(path)
        header, pixels = image.header, image.rgb()
    except InputError as error:
        return {"error": str(error), "source": error.source}
    except BaseException as error:  # noqa: BLE001  # whatever it is, the test is to name it
        return {"crash": repr(error)}
    sizes = {"stated": [header.width, header.height], "size": list(pixels.size)}
    return {"mode": pixels.mode, "pages": header.pages, **sizes}


if __name__ == "__main__":
    bytes_allowed = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (bytes_allowed, bytes_allowed))
    for name in sys.stdin.read().splitlines():
        sys.stdout.write(json.dumps(opened(name)) + "\n")
        sys.stdout.flush()
