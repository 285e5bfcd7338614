"""TFLite files for onnxruntime: a reader, a translator and a writer, in place of a third engine of 60 MB."""

from __future__ import annotations

from visionhub.providers.local.engines.tflite.translate import translate

__all__ = ["translate"]
