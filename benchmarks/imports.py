"""What starting costs, each in fresh processes that take turns, medians of seven, in milliseconds over a bare interpreter.

`import visionhub`, and a hub made; beside them `import pydantic`, of which visionhub's values are made. And how many modules
an `import visionhub` loads that a bare interpreter has not.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from statistics import median

from benchmarks.figures import Figures

ROUNDS = 7
BARE = "pass"
CODE = {
    "import visionhub": "import visionhub",
    "from visionhub import Hub; Hub()": "from visionhub import Hub; Hub()",
    "import pydantic": "import pydantic; pydantic.BaseModel",
}
COUNT = "import sys; before = set(sys.modules); import visionhub; print(len(set(sys.modules) - before))"
# With a setting to read, pydantic-settings would be loaded as well.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("VISIONHUB_")}


def python(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], env=ENVIRONMENT, check=True, capture_output=True, text=True
    ).stdout


def measure() -> Figures:
    times: dict[str, list[float]] = {code: [] for code in (BARE, *CODE.values())}
    for code in times:
        # Writes what is compiled.
        python(code)
    for _ in range(ROUNDS):
        for code, spent in times.items():
            started = time.perf_counter()
            python(code)
            spent.append((time.perf_counter() - started) * 1000)
    bare = median(times[BARE])
    over = {name: median(times[code]) - bare for name, code in CODE.items()}
    return {"bare interpreter": bare, **over, "new modules": int(python(COUNT))}
