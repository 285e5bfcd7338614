"""onnxruntime sessions on the CPU."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from visionhub.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np
    import onnxruntime
    from numpy.typing import NDArray


def session(model: Path | bytes, threads: int | None) -> onnxruntime.InferenceSession:
    """A session that any number of threads may run at once; each run uses `threads` cores, by default all.

    Memory is given back after each run (no arena): a picture of another size would otherwise leave its own peak behind. Threads
    that wait do not spin: several sessions, or several runs of one, share the cores fairly.
    """
    try:
        import onnxruntime
    except ImportError:
        raise ConfigError("Local models are not installed.", hint="pip install 'visionhub[local]'") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or os.cpu_count() or 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    source = str(model) if isinstance(model, Path) else model
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def run(
    session: onnxruntime.InferenceSession, inputs: Mapping[str, NDArray[np.float32]], output: str | None = None
) -> NDArray[np.float32]:
    """The named output, or the first one, for these inputs, by their names in the model."""
    import numpy as np

    return np.asarray(session.run(output and [output], dict(inputs))[0], np.float32)
