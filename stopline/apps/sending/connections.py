"""An account's ways out and in: their pause, and the secret in their webhook's address."""

from __future__ import annotations

import hmac
import time
from typing import TYPE_CHECKING

import orjson
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from stopline.apps.accounts import sql
from stopline.apps.accounts.live import announce
from stopline.apps.accounts.members import require_admin
from stopline.apps.accounts.models import Account
from stopline.apps.accounts.tenancy import new_token
from stopline.apps.sending import credentials, routes
from stopline.apps.sending.models import Connection, Route, account_of_token
from stopline.providers.base import Way
from stopline.providers.registry import PROVIDERS
from stopline.rules.errors import Conflict, NotFound
from stopline.rules.words import CONSENT_CHANNELS, Channel

if TYPE_CHECKING:
    from uuid import UUID

    from stopline.apps.accounts.models import Member
    from stopline.apps.sending.gate import Claimed

NOT_PAUSED: dict[str, object] = {
    "paused_because": "",
    "paused_by_id": None,
    "paused_at": None,
    "told_at": None,
}

# For so many seconds a connection is what it was when its token was looked up: messages that arrive together ask once,
# which is a quarter of what a short one costs. A change is seen that late, too: of its secrets, of its account's words,
# by another process. A new token and a removal are seen at once by the process that made them.
FRESH = 0.25
MOST_KEPT = 1_000
_kept: dict[tuple[str, str], tuple[float, Connection]] = {}

# In the models' own order, as `from_db` wants them.
OWN = ("account_id", "id", "provider", "channels", "sender", "settings", "credentials", "token", "state")
ACCOUNT = ("id", "time_zone", "default_country", "confirmation_text", "resumed_text", "help_text")
WORDS = ("opt_out_words", "opt_in_words", "help_words", "stop_everything", "automated")

# Every connection of a provider in the account a token names, with what its account says about answering.
# A plain query, because every inbound message asks it. Index: the primary key's account part.
OF_ACCOUNT = f"""
SELECT {", ".join(f"c.{name}" for name in OWN)}, {", ".join(f"a.{name}" for name in (*ACCOUNT, *WORDS))}
FROM sending_connection c JOIN accounts_account a ON a.id = c.account_id
WHERE c.account_id = %(account)s::uuid AND c.provider = %(provider)s::text AND c.state <> 'removed'
"""  # noqa: S608 (names of our own columns)


def of_token(provider: str, token: str) -> Connection:
    """The connection a webhook's address names. Compared in constant time; every miss looks the same (NotFound).

    As it was at most `FRESH` seconds ago; shared among threads, so nobody changes it.
    """
    kept = _kept.get((provider, token))
    if kept and kept[0] > time.monotonic():
        return kept[1]
    found = _of_token(provider, token)
    if len(_kept) >= MOST_KEPT:
        _kept.clear()
    _kept[provider, token] = time.monotonic() + FRESH, found
    return found


def _of_token(provider: str, token: str) -> Connection:
    account_id = account_of_token(token)
    found = sql.rows(OF_ACCOUNT, {"account": account_id, "provider": provider}) if account_id else []
    for row in found:
        connection = Connection.from_db("default", OWN, row[: len(OWN)])
        if hmac.compare_digest(connection.token.encode(), token.encode()):
            connection.settings = orjson.loads(connection.settings)  # a named query's JSON comes as text
            connection.account = Account.from_db("default", (*ACCOUNT, *WORDS), row[len(OWN) :])
            return connection
    raise NotFound("No connection has this address", "Copy it again from Settings, Channels")


def way(connection: Connection) -> Way:
    """The connection as its adapter sees it. Raises credentials.KeyMissing."""
    return Way(
        id=connection.id,
        provider=connection.provider,
        sender=connection.sender,
        settings=connection.settings,
        token=connection.token,
        credentials=credentials.decrypt(connection.credentials),
        webhook_url=webhook_url(connection),
    )


def webhook_url(connection: Connection | Claimed) -> str:
    """As its provider calls it, and signs it."""
    return f"{settings.PUBLIC_URL}/inbound/{connection.provider}/{connection.token}"


def add_sandbox(account_id: UUID) -> Connection:
    """The provider that reaches nobody but the sandbox phone, on every channel."""
    return Connection.objects.create(
        account_id=account_id,
        provider="sandbox",
        name="Sandbox",
        channels=[channel.value for channel in CONSENT_CHANNELS],
        token=new_token(account_id),
    )


@transaction.atomic
def chat(account_id: UUID) -> Connection:
    """The account's end of Chat with Support, made when it is first needed."""
    Account.objects.select_for_update(no_key=True).get(id=account_id)  # two at once would make two
    found = Connection.objects.filter(account_id=account_id, provider="panel").first()
    return found or Connection.objects.create(
        account_id=account_id,
        provider="panel",
        name="Chat with Support",
        channels=[Channel.CHAT.value],
        token=new_token(account_id),
    )


def find(account_id: UUID, connection_id: UUID) -> Connection:
    found = Connection.objects.filter(account_id=account_id, id=connection_id).first()
    if found is None:
        raise NotFound("This connection doesn't exist (any more)", "Reload the list of channels")
    return found


def pause(by: Member, connection_id: UUID) -> None:
    """Nothing is handed over until it is resumed; its queue waits, inbound messages still come in.

    One that is paused already stays as it is. Raises NotAllowed for agents, NotFound.
    """
    require_admin(by, "pause connections")
    found = find(by.account_id, connection_id)
    active = Connection.objects.filter(account_id=by.account_id, id=found.id, state=Connection.State.ACTIVE)
    active.update(
        state=Connection.State.PAUSED, paused_because="", paused_by_id=by.id, paused_at=timezone.now()
    )
    announce(by.account_id, "connections")


def resume(by: Member, connection_id: UUID) -> None:
    """Its queue leaves at once. Raises NotAllowed for agents, NotFound."""
    _change(by, connection_id, "resume connections", state=Connection.State.ACTIVE, **NOT_PAUSED)
    announce(by.account_id, "outbox", "streams")


def rotate_token(by: Member, connection_id: UUID) -> str:
    """A new webhook address; the old one is refused from now on. Raises NotAllowed for agents, NotFound."""
    token = new_token(by.account_id)
    _change(by, connection_id, "change webhook addresses", token=token)
    return token


def remove(by: Member, connection_id: UUID) -> Connection:
    """Out of use: its credentials, its webhook's address and its routes are gone, its history stays.

    What it has queued goes to other connections of the channel, or waits until there is one. Raises NotAllowed for
    agents, NotFound, Conflict for the one that is Stopline's own.
    """
    require_admin(by, "remove connections")
    with transaction.atomic():
        found = find(by.account_id, connection_id)
        if found.provider in PROVIDERS and not PROVIDERS[found.provider].offered:
            raise Conflict(f"{found.name} is a part of Stopline and can't be removed", "Pause it instead")
        gone = {"credentials": "", "token": new_token(by.account_id), "state": Connection.State.REMOVED}
        _change(by, connection_id, "remove connections", **gone, **NOT_PAUSED)
        Route.objects.filter(account_id=by.account_id, connection_id=found.id).delete()
    routes.hand_on(by.account_id, found.id)  # should we die here, the worker's `routes.take_over` does it
    return found


def _change(by: Member, connection_id: UUID, what: str, **fields: object) -> None:
    """Raises NotAllowed for agents, NotFound where the account has no such connection."""
    require_admin(by, what)
    if not Connection.objects.filter(account_id=by.account_id, id=connection_id).update(**fields):
        find(by.account_id, connection_id)
    _kept.clear()
    announce(by.account_id, "connections")
