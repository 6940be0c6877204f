"""An account's ways out and in: their pause, and the secret in their webhook's address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopline.apps.accounts.live import announce
from stopline.apps.accounts.members import require_admin
from stopline.apps.accounts.tenancy import new_token
from stopline.apps.sending.models import Connection
from stopline.rules.errors import NotFound
from stopline.rules.words import CONSENT_CHANNELS

if TYPE_CHECKING:
    from uuid import UUID

    from stopline.apps.accounts.models import Member


def add_sandbox(account_id: UUID) -> Connection:
    """The provider that reaches nobody but the sandbox phone, on every channel."""
    return Connection.objects.create(
        account_id=account_id,
        provider="sandbox",
        name="Sandbox",
        channels=[channel.value for channel in CONSENT_CHANNELS],
        token=new_token(account_id),
    )


def pause(by: Member, connection_id: UUID) -> None:
    """Nothing is handed over until it is resumed; its queue waits, inbound messages still come in."""
    _change(by, connection_id, "pause connections", state=Connection.State.PAUSED)


def resume(by: Member, connection_id: UUID) -> None:
    _change(by, connection_id, "resume connections", state=Connection.State.ACTIVE)


def rotate_token(by: Member, connection_id: UUID) -> str:
    """A new webhook address; the old one is refused from now on."""
    token = new_token(by.account_id)
    _change(by, connection_id, "change webhook addresses", token=token)
    return token


def _change(by: Member, connection_id: UUID, what: str, **fields: str) -> None:
    """Raises NotAllowed for agents, NotFound where the account has no such connection."""
    require_admin(by, what)
    if not Connection.objects.filter(account_id=by.account_id, id=connection_id).update(**fields):
        raise NotFound("This connection doesn't exist (any more)", "Reload the list of channels")
    announce(by.account_id, "connections")
