"""A process whose clock of the day is moved while it runs, by libfaketime. The clock that nobody sets stays as it is,
as in a real jump."""

from __future__ import annotations

import platform
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

WORKS_HERE = platform.system() == "Linux" and shutil.which("faketime") is not None


class SkewedClock:
    def __init__(self, file: Path) -> None:
        self.file = file
        self.jump("+0")

    def jump(self, by: str) -> None:
        """Away from the true time: "+1d", "-2h"."""
        self.file.write_text(by)

    @property
    def environment(self) -> Mapping[str, str]:
        """Of a process that lives by this clock."""
        library = subprocess.run(
            ["faketime", "-m", "-f", "+0", "printenv", "LD_PRELOAD"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        return {
            "LD_PRELOAD": library,
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }
