"""Whose mail it is: from the address a mail was sent to, to a connection."""

from __future__ import annotations

import hashlib
import hmac
import re

from django.db.models import Q

from stopline.apps.sending.models import Connection, account_of_token
from stopline.rules.words import Channel

# What `own` makes: the account, and a hash of the connection's secret. Mail servers may change letters' case.
OWN = re.compile(r"([0-9a-f]{32})\.([0-9a-f]{16})")
LONGEST = 320  # characters of an address (RFC 5321 section 4.5.3.1)


def own(connection: Connection) -> str:
    """The local part that is this connection's in every domain whose mail comes to us."""
    return f"{connection.token[:32]}.{_hash(connection.token)}"


def of(address: str) -> Connection | None:
    """The connection a mail to this address is for; None where it is nobody's.

    By `own`, or by the mailbox the connection sends from, takes answers or takes bounces at; what stands behind a
    plus is the message's. A mailbox that two connections have belongs to the older one: nobody gets another's mail
    by giving their address.
    """
    local, _, domain = address.strip().lower().strip("<>")[:LONGEST].rpartition("@")
    if not local or not domain:
        return None
    return _own(local.partition("+")[0]) or _by_mailbox(local, domain)


def _own(local: str) -> Connection | None:
    named = OWN.fullmatch(local)
    account_id = account_of_token(named[1]) if named else None
    if named is None or account_id is None:
        return None
    candidates = Connection.objects.filter(account_id=account_id, channels__contains=[Channel.EMAIL])
    for candidate in candidates.select_related("account"):
        if hmac.compare_digest(_hash(candidate.token), named[2]):
            return candidate
    return None


def _by_mailbox(local: str, domain: str) -> Connection | None:
    whole, base = f"{local}@{domain}", f"{local.partition('+')[0]}@{domain}"
    mine = Q()
    for each in {whole, base}:
        mine |= (
            Q(sender__iexact=each) | Q(settings__bounces__iexact=each) | Q(settings__reply_to__iexact=each)
        )
    found = Connection.objects.filter(mine, channels__contains=[Channel.EMAIL]).select_related("account")
    return found.order_by("created_at", "id").first()


def _hash(token: str) -> str:
    return hashlib.sha256(f"mailbox {token}".encode()).hexdigest()[:16]
