"""What the holder of a link may see and decide: the page where contacts choose how they are written to.

A link proves that its holder reads what is sent to one address, and nothing about the contact's other addresses:
a number changes hands, a mail is forwarded, two people were merged by mistake. So it may end the messages to every
address of the contact (a stop too many harms nobody), and lift a stop on its own address only.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.utils import OperationalError
from django.utils import timezone
from procrastinate.contrib.django import app
from psycopg.errors import LockNotAvailable

from stopline.apps.consent import erasure, links, subscription
from stopline.apps.consent.actors import Actor
from stopline.apps.consent.links import Held
from stopline.apps.contacts.models import Contact
from stopline.apps.sending.models import Connection
from stopline.rules import consent
from stopline.rules.errors import InvalidInput
from stopline.rules.words import CHANNELS, Channel, Source, Standing

TASK = "stopline.unsubscribe_by_link"
EVERYTHING = "all"  # in place of a channel
REASON = "Unsubscribed with the link in a message."


@dataclass(frozen=True, slots=True)
class Line:
    """One channel of the page. `own`: it reaches the address the link was sent to."""

    channel: Channel
    address: str
    standing: Standing
    source: str  # of the last decision, "" where nobody ever took one
    own: bool

    @property
    def unsubscribed(self) -> bool:
        return self.standing is Standing.UNSUBSCRIBED


@dataclass(frozen=True, slots=True)
class Done:
    """`in_force` False: it is recorded, and a worker brings it into force as soon as a hand-off in flight is over."""

    changed: list[Line]
    in_force: bool = True


def contact(held: Held) -> Contact | None:
    """Whose address it is; nobody's, where the contact was deleted since."""
    column = CHANNELS[held.channel].address_kind.value
    return Contact.objects.filter(account_id=held.account.id, **{column: held.address}).first()


def lines(held: Held) -> list[Line]:
    """The channels that the account has, for the address and its contact; the link's own address first."""
    used = {channel for one in Connection.objects.filter(account=held.account) for channel in one.channels}
    return [line for line in _every_line(held) if line.channel in used or line.channel is held.channel]


def one_click(held: Held, evidence: Mapping[str, Any]) -> Done:
    """RFC 8058: what an answer of STOP on that channel would end."""
    whose = contact(held)
    everything = held.account.stop_everything
    scope = consent.stop_scope(
        held.channel, held.address, whose.addresses if whose else {}, everything=everything
    )
    ended = [line for line in _every_line(held) if (line.channel, line.address) in scope]
    return _end(held, ended, evidence, timezone.now())


def unsubscribe(held: Held, channel: str, evidence: Mapping[str, Any], at: datetime | None = None) -> Done:
    """From one channel, or from EVERYTHING: then also where the account sends nothing yet. Raises InvalidInput."""
    ended = [line for line in _every_line(held) if channel in (line.channel, EVERYTHING)]
    if not ended:
        raise InvalidInput("There is no such channel on this page.")
    return _end(held, ended, evidence, at or timezone.now())


def resubscribe(held: Held, channel: str, evidence: Mapping[str, Any]) -> Done:
    """To one channel or all of them, at the link's own address alone. Raises InvalidInput for any other."""
    wanted = [line for line in _every_line(held) if line.own and channel in (line.channel, EVERYTHING)]
    if not wanted:
        raise InvalidInput("A link can't lift the unsubscribe of another address than its own.")
    wanted = [line for line in wanted if line.standing is not Standing.SUBSCRIBED]
    keys = _keys(wanted)
    with transaction.atomic():
        # What was kept of an erased address is in the ledger again, so that there is something to lift.
        subscription.remember(held.account.id, keys, contact_id=None)
        subscription.resubscribe(
            held.account.id, keys, reason="Subscribed again on the preference page.", **_about(held, evidence)
        )
    return Done(wanted)


def unsubscribe_later(
    token: str, channels: Collection[str], evidence: Mapping[str, Any], at: datetime
) -> None:
    """What `unsubscribe` had to leave to a worker. `token` as it came; a link withdrawn meanwhile counts still."""
    held = links.held(token, withdrawn=True)
    if held:
        ended = [line for line in _every_line(held) if line.channel in channels]
        subscription.unsubscribe(
            held.account.id, _keys(ended), at=at, reason=REASON, **_about(held, evidence)
        )


def _end(held: Held, ended: list[Line], evidence: Mapping[str, Any], at: datetime) -> Done:
    changed = [line for line in ended if not line.unsubscribed]
    try:
        with transaction.atomic():
            subscription.unsubscribe(
                held.account.id, _keys(ended), at=at, reason=REASON, **_about(held, evidence)
            )
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        # Nobody clicks twice: a mail program shows "unsubscribed" and forgets. So it is kept until it is in force.
        app.configure_task(TASK).defer(
            token=links.token(held.account.id, held.channel, held.address),
            channels=[line.channel.value for line in ended],
            evidence=dict(evidence),
            at=at.isoformat(),
        )
        return Done(changed, in_force=False)
    return Done(changed)


def _about(held: Held, evidence: Mapping[str, Any]) -> dict[str, Any]:
    whose = contact(held)
    return {
        "source": Source.LINK,
        "actor": Actor.person(held.address),
        "evidence": dict(evidence),
        "contact_id": whose.id if whose else None,
    }


def _every_line(held: Held) -> list[Line]:
    kind = CHANNELS[held.channel].address_kind
    whose = contact(held)
    addresses = {**(whose.addresses if whose else {}), kind: held.address}
    keys = sorted(consent.channels_of(addresses), key=lambda key: key[1] != held.address)
    # An erased address stands under its hash; the person who still holds its link sees how it stands.
    hashes = {address: erasure.hashed(held.account.id, address) for _, address in keys}
    rows = subscription.kept(held.account.id, [*hashes, *hashes.values()])
    found = []
    for channel, address in keys:
        row = rows.get((channel, address)) or rows.get((channel, hashes[address]))
        standing = Standing(row.standing) if row else Standing.SUBSCRIBED
        found.append(Line(channel, address, standing, row.source if row else "", address == held.address))
    return found


def _keys(those: Collection[Line]) -> list[tuple[str, str]]:
    return [(line.channel.value, line.address) for line in those]
