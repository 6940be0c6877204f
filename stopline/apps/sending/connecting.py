"""Connecting an account to a provider, and changing what was filled in: the secrets encrypted, never shown again."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from stopline.apps.accounts.live import announce
from stopline.apps.accounts.members import require_admin
from stopline.apps.accounts.tenancy import new_token
from stopline.apps.sending import connections, credentials, filled, routes
from stopline.apps.sending.filled import Typed, Unusable
from stopline.apps.sending.models import Connection, Message, Route
from stopline.providers.base import Provider
from stopline.providers.registry import PROVIDERS
from stopline.rules.errors import NotFound
from stopline.rules.words import Channel, MessageState

if TYPE_CHECKING:
    from uuid import UUID

    from stopline.apps.accounts.models import Member


def offered() -> dict[str, Provider]:
    """The providers an admin can connect, by their names in the registry."""
    return {
        name: provider
        for name, provider in PROVIDERS.items()
        if provider.offered and (name != "sandbox" or settings.SANDBOX)
    }


def provider(name: str) -> Provider:
    """Raises NotFound where admins can't connect it."""
    if name not in offered():
        raise NotFound("This Stopline offers no such provider", "Choose one from the list")
    return PROVIDERS[name]


def add(by: Member, provider_name: str, typed: Typed) -> Connection:
    """Raises NotAllowed for agents, NotFound for a provider that isn't offered, filled.Unusable."""
    require_admin(by, "add connections")
    new = filled.read(provider(provider_name), typed, {})
    with transaction.atomic():
        _name_is_free(by.account_id, new.name)
        credentials.keep_keys()
        made = Connection.objects.create(
            account_id=by.account_id,
            provider=provider_name,
            name=new.name,
            channels=new.channels,
            sender=new.sender,
            rate=new.rate,
            settings=new.settings,
            credentials=credentials.encrypt(new.credentials),
            token=new_token(by.account_id),
        )
        announce(by.account_id, "connections")
    return made


def change(by: Member, connection_id: UUID, typed: Typed) -> Connection:
    """Secrets left empty stay. What is queued on a channel that it carries no longer goes to other connections.

    Raises NotAllowed for agents, NotFound, filled.Unusable.
    """
    require_admin(by, "change connections")
    kept = connections.find(by.account_id, connection_id)
    new = filled.read(provider(kept.provider), typed, secrets(kept))
    with transaction.atomic():
        credentials.keep_keys()
        mine = Connection.objects.select_for_update(no_key=True).filter(account_id=by.account_id)
        kept = mine.filter(id=connection_id).first() or connections.find(by.account_id, connection_id)
        _name_is_free(by.account_id, new.name, but=kept.id)
        dropped = set(kept.channels) - set(new.channels)
        _nothing_is_stranded(kept, dropped)
        if new.credentials != secrets(kept):  # else they would seem to have been set today
            kept.credentials = credentials.encrypt(new.credentials)
        kept.name, kept.sender, kept.channels, kept.settings, kept.rate = (
            new.name,
            new.sender,
            new.channels,
            new.settings,
            new.rate,
        )
        kept.save(update_fields=["name", "sender", "channels", "settings", "rate", "credentials"])
        Route.objects.filter(account_id=by.account_id, connection_id=kept.id, channel__in=dropped).delete()
        announce(by.account_id, "connections")
    if dropped:
        routes.hand_on(by.account_id, kept.id, dropped)
    return kept


def secrets(of: Connection) -> dict[str, str]:
    """Its credentials; none where their key is gone, so that they can be entered again."""
    try:
        return credentials.decrypt(of.credentials)
    except credentials.KeyMissing:
        return {}


def _name_is_free(account_id: UUID, name: str, but: UUID | None = None) -> None:
    named = Connection.objects.filter(account_id=account_id, name__iexact=name)
    if named.exclude(id=but).exists() if but else named.exists():
        raise Unusable({"name": "Another connection has this name. Choose one that tells them apart."})


def _nothing_is_stranded(of: Connection, dropped: Collection[str]) -> None:
    """Raises Unusable where messages wait on a channel that nothing would carry any more."""
    others = Connection.objects.filter(account_id=of.account_id).exclude(id=of.id)
    carried = {channel for channels in others.values_list("channels", flat=True) for channel in channels}
    queued = Message.objects.filter(
        account_id=of.account_id,
        connection_id=of.id,
        state=MessageState.QUEUED,
        channel__in=set(dropped) - carried,
    )
    if first := queued.first():
        raise Unusable(
            {
                "channels": f"Messages wait for {Channel(first.channel).label}, and no other connection carries it. "
                "Add one that does first."
            }
        )
