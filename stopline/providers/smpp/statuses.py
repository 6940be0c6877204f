"""What a command_status says (SMPP 3.4, section 5.1.3), named by what to do next."""

from __future__ import annotations

from dataclasses import dataclass

from stopline.providers import errors

OK, INVALID_LENGTH, INVALID_COMMAND, QUEUE_FULL, TEMPORARY = 0x00, 0x02, 0x03, 0x14, 0x64


@dataclass(frozen=True, slots=True)
class Status:
    name: str
    error: type[errors.ProviderError]
    words: str = ""


LATER, REFUSED, WRONG = errors.TryLater, errors.MessageRefused, errors.Misconfigured
KNOWN = {
    0x01: Status("ESME_RINVMSGLEN", REFUSED, "The gateway finds the message too long. Shorten it."),
    0x04: Status("ESME_RINVBNDSTS", LATER),
    0x05: Status("ESME_RALYBND", LATER, "The gateway says that this account is signed in already."),
    0x08: Status("ESME_RSYSERR", LATER),
    0x0A: Status("ESME_RINVSRCADR", WRONG, "The gateway does not let you send as this sender."),
    0x0B: Status("ESME_RINVDSTADR", errors.AddressDead),
    0x0D: Status("ESME_RBINDFAIL", WRONG, "The gateway refused to sign you in."),
    0x0E: Status("ESME_RINVPASWD", WRONG, "The gateway does not accept the password."),
    0x0F: Status("ESME_RINVSYSID", WRONG, "The gateway does not know this system ID."),
    0x14: Status("ESME_RMSGQFUL", LATER, "The gateway's queue is full."),
    0x15: Status("ESME_RINVSERTYP", WRONG, "The gateway does not know the service type."),
    0x48: Status("ESME_RINVSRCTON", WRONG, "The gateway does not take this kind of sender."),
    0x49: Status("ESME_RINVSRCNPI", WRONG, "The gateway does not take this kind of sender."),
    0x53: Status("ESME_RINVSYSTYP", WRONG, "The gateway does not know this system type."),
    0x58: Status("ESME_RTHROTTLED", LATER, "The gateway wants messages more slowly."),
    0x64: Status("ESME_RX_T_APPN", LATER),
    0xFF: Status("ESME_RUNKNOWNERR", errors.OutcomeUnknown),
}
BINDING = {0x0A, 0x0B, 0x0D, 0x0E, 0x0F, 0x15, 0x48, 0x49, 0x53}  # what an admin can mend, when signing in


def raised(status: int) -> errors.ProviderError:
    """Of a submit_sm_resp. One we don't know is a refusal: only 0 means taken."""
    known = KNOWN.get(status)
    if known is None:
        return REFUSED(f"The gateway refused the message with status 0x{status:08X}. Ask its operator why.")
    return known.error(f"{known.words} ({known.name})" if known.words else "")


def of_bind(status: int) -> errors.ProviderError:
    known = KNOWN.get(status)
    words = known.words if known and known.words else "The gateway refused to sign you in."
    name = known.name if known else f"status 0x{status:08X}"
    return (WRONG if status in BINDING else LATER)(f"{words} ({name})")
