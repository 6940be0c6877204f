"""Every provider Stopline knows: one line each."""

from stopline.providers.base import Provider
from stopline.providers.panel import PANEL
from stopline.providers.sandbox import SANDBOX

PROVIDERS: dict[str, Provider] = {
    "sandbox": SANDBOX,
    "panel": PANEL,
}
