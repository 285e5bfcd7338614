"""Files of all kinds, whole, broken and hostile: each opens as its label says, or gives an `InputError` that names it.

Each is opened by a process of its own, two at a time; seconds and peak memory are the whole process's, Python's start
included. A crash is anything but an answer. `tests/image/test_formats.py` is the judge.
"""

from __future__ import annotations

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from subprocess import PIPE, Popen
from typing import Any, NamedTuple

from benchmarks.figures import Figures, worst
from benchmarks.quality.data import Row, rows
from tests.image.test_formats import test_file_opens_as_its_label_says_or_says_why_not as judge

AT_A_TIME = 2
# Of address space: far above what is allowed, so that what is used shows.
ROOM = 16_000_000_000


class Opened(NamedTuple):
    outcome: dict[str, Any]
    seconds: float
    megabytes: float


def opened(row: Row) -> Opened:
    """How one file went, in a fresh process; the kernel says how much memory it had at most."""
    started = time.perf_counter()
    with Popen(
        [sys.executable, "-m", "tests.image.opener", str(ROOM)], stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(f"{row['file']}\n")
        process.stdin.close()
        answer = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    outcome = json.loads(answer) if answer else {"crash": f"exit status {process.returncode}"}
    return Opened(outcome, time.perf_counter() - started, used.ru_maxrss / 1000)


def agrees(row: Row, outcome: dict[str, Any]) -> bool:
    try:
        judge(row, {row["path"]: outcome})
    except AssertionError:
        return False
    return True


def measure() -> Figures:
    labelled = rows("formats")
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        runs = dict(zip((row["file"].name for row in labelled), pool.map(opened, labelled), strict=True))
    wrong = [row["file"].name for row in labelled if not agrees(row, runs[row["file"].name].outcome)]
    return {
        "files": len(runs),
        "opened": sum("size" in run.outcome for run in runs.values()),
        "refused with a reason": sum("error" in run.outcome for run in runs.values()),
        "crashes": sum("crash" in run.outcome for run in runs.values()),
        "not as the label says": len(wrong),
        "which": ", ".join(wrong) or "none",
        "most seconds": max(run.seconds for run in runs.values()),
        "slowest": worst({name: run.seconds for name, run in runs.items()}, 3),
        "most megabytes": max(run.megabytes for run in runs.values()),
        "largest": worst({name: run.megabytes for name, run in runs.items()}, 3),
    }
