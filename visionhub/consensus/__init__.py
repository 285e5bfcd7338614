"""What several answers to one question say together: how far they agree, what enough of them say, how sure one is."""

from visionhub.consensus.agree import agreement
from visionhub.consensus.merge import merged
from visionhub.consensus.sure import confidence, is_empty

__all__ = ["agreement", "confidence", "is_empty", "merged"]
