"""WhatsApp's customer service window: how long after their last message a person may be written to freely.

Outside it only messages approved beforehand are taken: error 131047 (Meta, Send messages, customer service windows).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from stopline.rules.words import MessageKind

# Answers to what the person wrote just now: whoever owes them must not be kept from them by a clock.
ANSWERS = (MessageKind.OPT_OUT_CONFIRMATION, MessageKind.OPT_IN_CONFIRMATION, MessageKind.HELP)


@dataclass(frozen=True, slots=True)
class Window:
    """`length` None: the way out knows no window. `last_wrote` None: the person never wrote there."""

    length: timedelta | None
    last_wrote: datetime | None = None

    @property
    def open_until(self) -> datetime | None:
        """When it closes, or closed; None where it never opened, or there is none."""
        return self.last_wrote + self.length if self.length and self.last_wrote else None

    def takes(self, kind: MessageKind, *, template: bool, now: datetime) -> bool:
        """Whether such a message may be queued now."""
        if self.length is None or template or kind in ANSWERS:
            return True
        return self.open_until is not None and now < self.open_until
