"""Roll, yaw and pitch of a head from its five landmarks."""

from __future__ import annotations

from typing import Final, NamedTuple

import cv2
import numpy as np

from visionhub.providers.local.models.face.align import Points

#: Right eye, left eye (midway between the corners), nose tip, right and left mouth corner in centimetres: vertices
#: 33 + 133, 362 + 263, 1, 61 and 291 of MediaPipe's canonical face model (Apache-2.0). Here x runs to the subject's left,
#: y down and z from the face into the head, which is a camera's frame when the head faces it.
MODEL: Final = (
    (-3.1511455, -2.624618, -3.465663),
    (3.1511455, -2.624618, -3.465663),
    (0.0, 1.126865, -7.475604),
    (-2.456206, 4.342621, -4.283884),
    (2.456206, 4.342621, -4.283884),
)
DISTANCE: Final = 100.0
"""Centimetres from which the face is taken to be photographed."""


class Pose(NamedTuple):
    """Degrees. All three are zero for an upright head that faces the camera."""

    roll: float
    """Positive: the head is turned clockwise in the picture (the subject leans towards their left shoulder). -180..180."""
    yaw: float
    """Positive: the face looks to the subject's own left, the right-hand side of an upright picture. -90..90."""
    pitch: float
    """Positive: the face looks up."""


def head_pose(landmarks: Points) -> Pose:
    """Pose relative to the line of sight to the face; landmarks are pixels in YuNet's order.

    The rotation is roll after yaw after pitch, so turning the picture changes roll alone, and because the imagined camera
    looks straight at the face, cropping or resizing the picture changes nothing.
    """
    model = np.array(MODEL)
    centred = landmarks.astype(np.float64) - landmarks.mean(axis=0)
    focal = DISTANCE * float(np.sqrt((centred**2).sum() / (model[:, :2] ** 2).sum()))
    camera = np.diag([focal, focal, 1.0])
    _, rotation, translation = cv2.solvePnP(model, centred, camera, None, flags=cv2.SOLVEPNP_SQPNP)
    rotation, translation = cv2.solvePnPRefineLM(model, centred, camera, None, rotation, translation)
    matrix = np.asarray(cv2.Rodrigues(rotation)[0])
    return Pose(
        roll=float(np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0]))),
        yaw=float(np.degrees(np.arcsin(np.clip(matrix[2, 0], -1, 1)))),
        pitch=float(np.degrees(np.arctan2(-matrix[2, 1], matrix[2, 2]))),
    )
