"""GET /healthz: 200 while this process can reach the database, 503 otherwise."""

from django.db import connection

from stopline.doors.asgi import Receive, Scope, Send, answer, in_thread


async def healthz(_scope: Scope, _receive: Receive, send: Send) -> None:
    try:
        await in_thread(_ask)
        await answer(send, 200, {"status": "ok"})
    except Exception:  # whatever keeps us from the database, the answer is the same
        await answer(send, 503, {"status": "the database can't be reached"})


def _ask() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
