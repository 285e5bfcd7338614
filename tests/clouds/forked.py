"""A process that asks, forks, and asks in both: `python -m tests.clouds.forked NAME OPTIONS`. Prints how many things each saw."""

from __future__ import annotations

import json
import os
import sys

from visionhub import registry
from visionhub.flow import run
from visionhub.image import Image
from visionhub.tasks import DetectCall
from visionhub.testing import pictures


def main(name: str, options: str) -> None:
    provider = registry.get(name).with_options(json.loads(options))
    call = DetectCall(image=Image(pictures.encoded(pictures.scene(), "JPEG")))

    def ask(who: str) -> None:
        sys.stdout.write(f"{who} {len(run(provider(call)).objects)}\n")
        sys.stdout.flush()

    ask("before")
    child = os.fork()
    if child == 0:
        ask("child")
        os._exit(0)
    os.waitpid(child, 0)
    ask("after")
    provider.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
