"""What a provider can answer instead of yes, named by what to do next.

ProviderError
├── TryLater              nothing was sent; ask again after `after_seconds`, and rest with whatever else goes there
│   └── TryPersonLater    only this person's; others may be written to meanwhile
├── AddressDead           the address doesn't exist; don't ask again
├── OptedOutAtProvider    the person stopped us at the provider; take it as an opt-out
├── MessageRefused        this message won't be taken, as it is; the address and the connection are fine
├── Misconfigured         the account must mend its connection first
├── PermitLapsed          we did not start: the permit was no longer good
└── OutcomeUnknown        it may have been sent; never send again blindly
"""


class ProviderError(Exception):
    """The provider did not take the message."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class TryLater(ProviderError):
    """The provider is busy or out of reach. Stopline will try again by itself."""

    def __init__(self, message: str = "", after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.after_seconds = after_seconds


class TryPersonLater(TryLater):
    """The contact can't be reached just now. Stopline will try again by itself."""


class AddressDead(ProviderError):
    """The provider says that this address does not exist. Check it with the contact."""


class OptedOutAtProvider(ProviderError):
    """The contact has opted out at the provider."""


class MessageRefused(ProviderError):
    """The provider does not take this message as it is. Change it and send it again."""


class Misconfigured(ProviderError):
    """The connection's settings are not right. An admin can mend them under Settings, Channels."""


class PermitLapsed(ProviderError):
    """The message was not handed over in time and goes back to the queue."""


class OutcomeUnknown(ProviderError):
    """The provider's answer was lost, so the message may or may not have arrived. It is not sent again by itself."""
