"""Age and gender as dlib's networks guess them (Cydral, CC0-1.0), without dlib."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from visionhub.providers.local.cards import Card
from visionhub.providers.local.engines import onnx
from visionhub.providers.local.models import Models
from visionhub.providers.local.models.face import Part
from visionhub.providers.local.models.face.align import Pixels, Points
from visionhub.providers.local.models.face.chip import extract

if TYPE_CHECKING:
    import onnxruntime

#: dlib's mean face (`get_face_chip_details` in image_transforms/interpolation.h) at YuNet's five points: the means of its
#: points 36-41 and 42-47 (eyes), 30 (nose tip), 48 and 54 (mouth corners).
TEMPLATE: Final = (
    (0.2254918, 0.2159897),
    (0.7547613, 0.2159897),
    (0.490127, 0.515625),
    (0.254149, 0.780233),
    (0.726104, 0.780233),
)
YEARS: Final = (0.25, *range(1, 81))
AGE_SIDE: Final = 64
GENDER_SIDE: Final = 32
MEAN: Final = (122.782, 117.001, 104.298)


def load(card: Card, models: Models) -> Part:
    """`age` in years, the mean of the distribution; `gender` with its probability."""
    files = models.files(card)
    age, gender = (onnx.session(files[name], models.threads) for name in ("age", "gender"))
    mean_face = np.array(TEMPLATE)

    def guess(rgb: Pixels, faces: Sequence[Points]) -> list[dict[str, Any]]:
        ages = _mirror_mean(age, [extract(rgb, face, mean_face, AGE_SIDE) for face in faces]) @ np.array(YEARS)
        genders = _mirror_mean(gender, [extract(rgb, face, mean_face, GENDER_SIDE) for face in faces])
        return [
            {
                "age": {"value": float(years)},
                "gender": {"value": "female" if female >= male else "male", "score": float(max(female, male))},
            }
            for years, (female, male) in zip(ages, genders, strict=True)
        ]

    return guess


def _mirror_mean(session: onnxruntime.InferenceSession, chips: Sequence[Pixels]) -> NDArray[np.float64]:
    """Mean over each chip and its mirror image, which steadies both answers."""
    return (_probabilities(session, chips) + _probabilities(session, [chip[:, ::-1] for chip in chips])) / 2


def _probabilities(session: onnxruntime.InferenceSession, chips: Sequence[Pixels]) -> NDArray[np.float64]:
    batch = (np.stack(chips).astype(np.float32) - np.array(MEAN, np.float32)) / np.float32(256)
    return onnx.run(session, {"images": np.ascontiguousarray(batch.transpose(0, 3, 1, 2))}).astype(np.float64)
