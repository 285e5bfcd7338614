"""What can be set, and where it is read from: arguments, environment, `visionhub.toml`."""

from __future__ import annotations

from visionhub.lazy import attach

__getattr__, __all__ = attach(
    __name__,
    {
        "visionhub.config.settings": ("BudgetLimits", "ProviderSettings", "RetryLimits", "Settings", "default_home"),
        "visionhub.config.route": ("Route",),
        "visionhub.config.reading": ("read",),
        "visionhub.config.file": ("find",),
    },
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from visionhub.config.file import find as find
    from visionhub.config.reading import read as read
    from visionhub.config.route import Route as Route
    from visionhub.config.settings import BudgetLimits as BudgetLimits
    from visionhub.config.settings import ProviderSettings as ProviderSettings
    from visionhub.config.settings import RetryLimits as RetryLimits
    from visionhub.config.settings import Settings as Settings
    from visionhub.config.settings import default_home as default_home
