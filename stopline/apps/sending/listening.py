"""Connections whose provider calls no webhook of ours: a worker holds a line open to each and listens."""

from __future__ import annotations

import structlog
from django.db import connection as database
from django.db.models import Q

from stopline.apps.accounts import live
from stopline.apps.sending import connections, credentials, queries
from stopline.apps.sending.models import Connection
from stopline.providers.base import Way
from stopline.providers.registry import PROVIDERS

log = structlog.get_logger(__name__)


def ways() -> list[Way]:
    """Those in use, and those a person has paused: what people write still comes in. One that Stopline paused itself
    waits for an admin, because a gateway may lock an account that signs in wrongly again and again."""
    names = [name for name, provider in PROVIDERS.items() if provider.listens]
    wanted = Q(state=Connection.State.ACTIVE) | Q(state=Connection.State.PAUSED, paused_because="")
    found = []
    for each in Connection.objects.filter(wanted, provider__in=names):
        try:
            found.append(connections.way(each))
        except credentials.KeyMissing as error:
            log.warning("listening.no_key", connection=str(each.id), error=str(error))
    return found


def suspend(way: Way, reason: str) -> None:
    """As a hand-over does that finds the connection misconfigured: its queue is held and the admins are told."""
    account_id = connections.of_token(way.provider, way.token).account_id
    with database.cursor() as cursor:
        cursor.execute(
            queries.SUSPEND, {"accounts": [account_id], "connections": [way.id], "reasons": [reason]}
        )
        suspended = cursor.fetchall()
    for account, connection in suspended:
        live.announce(account, "connections", f"connection-paused:{connection}")
