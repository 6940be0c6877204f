"""A CSV file sent while it is made: whatever its length, one batch of it is in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterator

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse


def csv_file(pieces: Iterator[str], name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(_sent(pieces), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


async def _sent(pieces: Iterator[str]) -> AsyncIterator[bytes]:
    """Asks for each piece in the request's own thread: the cursor behind it belongs to that connection."""

    def ask() -> str | None:
        return next(pieces, None)

    try:
        while (piece := await sync_to_async(ask)()) is not None:
            yield piece.encode()
    finally:
        if isinstance(pieces, Generator):
            await sync_to_async(pieces.close)()
