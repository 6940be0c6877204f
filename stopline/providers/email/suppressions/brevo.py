"""Brevo: whom it blocks for transactional mail.

developers.brevo.com/reference/get-transac-blocked-contacts, …/create-contact and
…/unblock-or-resubscribe-a-transactional-contact, read November 2026.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

from stopline.providers.base import Way
from stopline.providers.email import compose
from stopline.providers.email.services.brevo import BrevoSender
from stopline.providers.email.suppressions.suppressions import Suppressions, part
from stopline.providers.errors import MessageRefused
from stopline.rules.words import Channel

MOST = 100  # a page


class BrevoSuppressions(Suppressions):
    label = "Brevo"
    api_url = BrevoSender.api_url
    right = "manage contacts and transactional mail"

    def __init__(self) -> None:
        # Brevo blocks an address for one sender or for all. What other senders' lists hold is theirs: whoever is on
        # one stays there, though Brevo has a single call to put an address on every list or to take it off them.
        self.elsewhere: defaultdict[str, set[str]] = defaultdict(set)

    def sign_in(self, way: Way) -> dict[str, str]:
        return {"api-key": way.credentials.get("api_key", "")}

    async def lines(self, way: Way) -> AsyncIterator[tuple[Any, Any]]:
        ours, offset = compose.mailbox(way), 0
        while True:
            query = {"limit": MOST, "offset": offset, "sort": "asc"}
            page = (await self.read(way, f"smtp/blockedContacts?{urlencode(query)}"))["contacts"] or []
            for each in page:
                sender = str(each.get("senderEmail") or "").lower()
                if sender in ("", ours):
                    yield each["email"], each.get("blockedAt")
                else:
                    self.elsewhere[str(each["email"]).lower()].add(sender)
            if len(page) < MOST:
                return
            offset += MOST

    async def add(self, way: Way, channel: Channel, address: str) -> None:
        senders = sorted({compose.mailbox(way), *self.elsewhere.get(address, ())})
        contact = {"email": address, "updateEnabled": True, "smtpBlacklistSender": senders}
        await self.ask(way, "POST", "contacts", contact)

    async def remove(self, way: Way, channel: Channel, address: str) -> None:
        if address in self.elsewhere:
            raise MessageRefused(
                "It has unsubscribed from another sender of yours at Brevo, too, and Brevo lifts all at once. "
                "Lift this one there by hand."
            )
        await self.ask(way, "DELETE", f"smtp/blockedContacts/{part(address)}", may_be_gone=True)
