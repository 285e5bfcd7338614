"""A process that forks after a bundled model has answered: parent and child both go on, and both end."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from visionhub.config import read
from visionhub.providers.local.cards import for_task
from visionhub.providers.local.wire import LocalOptions

SCRIPT = """
import os, sys
from visionhub import Hub
from visionhub.config import read
from visionhub.testing import pictures
hub = Hub("local", settings=read(cache="off", offline=True))
before = hub.classify(pictures.scene()).labels
child = os.fork()
assert hub.classify(pictures.scene()).labels == before
sys.stdout.write("answered ")
sys.stdout.flush()
if not child:
    # As multiprocessing ends its children: onnxruntime's own last rites wait for threads of the parent.
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_answers_and_ends() -> None:
    store = LocalOptions.read(read(offline=True).options("local")).store
    if store.missing(for_task("classify")):
        pytest.skip("the weights are not on this machine")
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == "answered answered ", done.stderr
