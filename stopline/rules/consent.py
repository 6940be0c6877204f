"""Who may change a standing, and how far one person's STOP or START reaches."""

from collections.abc import Iterable

from stopline.rules.errors import InvalidInput, NotAllowed
from stopline.rules.words import (
    CARRIER_CHANNELS,
    CHANNELS,
    CONSENT_CHANNELS,
    AddressKind,
    Channel,
    ResubscribeReason,
)

Addresses = dict[AddressKind, str]


def channels_of(addresses: Addresses) -> list[tuple[Channel, str]]:
    """Every channel on which these addresses can be reached, with the address: what a subscription is kept on."""
    kinds = {channel: CHANNELS[channel].address_kind for channel in CONSENT_CHANNELS}
    return [(channel, addresses[kind]) for channel, kind in kinds.items() if addresses.get(kind)]


def stop_scope(
    channel: Channel, address: str, addresses: Addresses, *, everything: bool
) -> list[tuple[Channel, str]]:
    """What a STOP on `channel` ends.

    SMS, MMS and RCS share one inbox for the person and one opt-out at the carrier, so they end together;
    WhatsApp and e-mail end alone. An account may widen this to every channel of the contact, never narrow it.
    """
    reached = {
        (other, address) for other in (CARRIER_CHANNELS if channel in CARRIER_CHANNELS else (channel,))
    }
    if everything:
        reached |= set(channels_of(addresses))
    return sorted(reached)


def start_scope(channel: Channel, address: str) -> list[tuple[Channel, str]]:
    """What a START on `channel` resumes: never more than the person could have meant where they wrote it."""
    return sorted(
        (other, address) for other in (CARRIER_CHANNELS if channel in CARRIER_CHANNELS else (channel,))
    )


def require_admin(is_admin: bool, admins: Iterable[str], what: str = "unsubscribe") -> None:
    """Only admins change a standing by hand, through any door, and everyone is told so in the same words."""
    if not is_admin:
        raise NotAllowed(admins_only(admins, what))


def admins_only(admins: Iterable[str], what: str = "unsubscribe") -> str:
    return f"Only admins can {what} contacts.{ask(admins)}"


def ask(admins: Iterable[str]) -> str:
    """The end of every "only admins can" message: whom to turn to."""
    names = list(admins)
    those = " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return f" Ask {those}." if those else ""


def require_evidence(reason: str, evidence: str) -> None:
    """Lifting an unsubscribe needs to be provable later (GDPR article 7(1)), so neither may be empty."""
    if reason not in tuple(ResubscribeReason):
        raise InvalidInput(
            "Choose a reason. An unsubscribe may only be lifted because the contact asked to be contacted "
            "again or was unsubscribed by mistake."
        )
    if not evidence.strip():
        raise InvalidInput(
            "Evidence is missing. Write down how you know (for instance the date and words of the contact's "
            "request), so that the change can be proved later."
        )
