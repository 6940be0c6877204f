"""Stops that outlast ours: where a provider or carrier goes on refusing after an admin has resubscribed.

Only the person can lift those (Twilio's Advanced Opt-Out and error 21610, toll-free and carrier blocks,
WhatsApp's stopped messages), so the admin must be told what to ask them for.
"""

from stopline.rules.words import CARRIER_CHANNELS, Channel, Source

BY_THE_PERSON = (Source.KEYWORD, Source.PROVIDER)


def still_refused(channel: Channel, source: Source) -> str:
    """Why messages may not arrive after a resubscribe, and what the contact must do; "" if they will."""
    if source is Source.COMPLAINT:
        return (
            f"The contact reported a message as spam, and the provider may go on refusing {channel.label}. "
            "The contact must write to you first, or take the report back where they receive messages."
        )
    if source is Source.BOUNCE:
        return "The address did not exist when it was last used. Ask the contact for a working one first."
    if channel in CARRIER_CHANNELS and source in BY_THE_PERSON:
        return (
            f"The carrier or provider keeps a block of its own on {channel.label} and may go on refusing. "
            "The contact must text START to your number."
        )
    if channel is Channel.WHATSAPP and (source in BY_THE_PERSON):
        return (
            "WhatsApp keeps its own stop and may go on refusing. The contact must resume your messages in "
            "WhatsApp, or write to you there."
        )
    return ""


def on_a_list(connection: str, removes: bool) -> str:
    """What becomes of the provider's own opt-out, which we know of, after a resubscribe."""
    if removes:
        return (
            f"{connection} has this address on its list of opt-outs, too. Stopline takes it off there within a "
            "quarter of an hour; until then messages may be refused."
        )
    return (
        f"{connection} has this address on its list of opt-outs and will go on refusing: Stopline can't take it off. "
        "The contact must opt in there, for instance by texting START."
    )
