"""The system's Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil

import pytest
from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def path() -> str:
    """As bin/find-chromium has found it, or from PATH. Fails the test where there is none: nothing is skipped."""
    given = os.environ.get("STOPLINE_CHROMIUM")
    found = given or next((place for name in NAMES if (place := shutil.which(name))), None)
    if not found or not shutil.which(found):
        pytest.fail(
            f"No Chromium to test with: {f'{given} is no program' if given else 'none is on the PATH'}. "
            "Run bin/find-chromium, which installs one, or name yours in STOPLINE_CHROMIUM.",
            pytrace=False,
        )
    return found


def launch(playwright: Playwright) -> Browser:
    # Chromium refuses to run as root inside its own sandbox.
    root = ("--no-sandbox",) if os.geteuid() == 0 else ()
    return playwright.chromium.launch(executable_path=path(), args=[*QUIET, *root])
