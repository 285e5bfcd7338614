"""Moderation: a picture classifier whose classes are known to be categories."""

from __future__ import annotations

from visionhub.providers.local.engines.torch.device import Place
from visionhub.providers.local.engines.torch.engine import Task
from visionhub.providers.local.models.auto.classify import Classifier
from visionhub.providers.local.models.auto.loading import Folder


def load(folder: Folder, place: Place) -> Task:
    """See the package. What its classes mean is the codec's matter: it needs all of them."""
    if "ImageClassification" not in folder.architecture:
        raise folder.wrong_task()
    return Classifier(folder, place)
