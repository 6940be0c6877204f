"""The file of an import as it is kept in the database: packed, so that 64 MB of text take a few."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from typing import IO, cast

from stopline.apps.contacts.csv_file import CsvFile
from stopline.apps.contacts.models import Import


def packed(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=1)


def opener(kept: Import) -> Callable[[], IO[bytes]]:
    """Opens the file's bytes anew, unpacking them while they are read."""
    content = bytes(kept.content)
    return lambda: cast(IO[bytes], gzip.GzipFile(fileobj=io.BytesIO(content)))


def as_csv(kept: Import) -> CsvFile:
    return CsvFile(opener(kept), kept.encoding, kept.delimiter)
