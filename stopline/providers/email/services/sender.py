"""Hands messages to an e-mail service: django-anymail knows each one's format, our own client carries it.

Anymail's backends would send by themselves, in a thread and without a look at the permit. So they only write the
request and read the answer here; between the two, `Wire.hand_off` looks at the permit on the wire's edge.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Mapping
from typing import Any, ClassVar

import requests
from anymail.backends.base_requests import AnymailRequestsBackend
from anymail.exceptions import AnymailConfigurationError, AnymailError, AnymailNotSupportedWarning
from django.core.mail import EmailMultiAlternatives
from django.utils.module_loading import import_string

from stopline.providers import http
from stopline.providers.base import Outgoing, Permit, Receipt, Way
from stopline.providers.email import compose, ids
from stopline.providers.errors import (
    AddressDead,
    MessageRefused,
    Misconfigured,
    OptedOutAtProvider,
    OutcomeUnknown,
    ProviderError,
    TryLater,
)
from stopline.providers.wire import Wire

# SendGrid's: Anymail has no account there any more to try it with. Our README says so to people.
warnings.filterwarnings("ignore", category=AnymailNotSupportedWarning)

Rule = tuple[str, type[ProviderError]]
LONGEST_ID = 120


class ServiceSender:
    can_be_asked = False
    label: ClassVar[str]
    backend: ClassVar[str]  # the module in anymail.backends
    api_url: ClassVar[str]
    rules: ClassVar[tuple[Rule, ...]] = ()  # (pattern, error) on the text of a 400 or 422, first match counts
    keeps_message_id = False  # whether it lets a Message-ID of ours stand
    headers: ClassVar[Mapping[str, str]] = {}  # of the mail, only for this service

    def __init__(self) -> None:
        self.wire = Wire()

    def options(self, way: Way) -> dict[str, Any]:
        """What the backend wants to know of the connection."""
        return {"api_key": way.credentials.get("api_key", "")}

    def where(self, way: Way) -> str:
        return self.api_url

    async def send(self, permit: Permit, message: Outgoing) -> Receipt:
        mail = _django_mail(message, self.headers, keeps_message_id=self.keeps_message_id)
        backend, payload, prepared = self._prepare(mail, message)
        body = prepared.body or b""
        answer = await self.wire.hand_off(
            permit,
            str(prepared.url),
            body.encode() if isinstance(body, str) else body,
            {name: str(value) for name, value in prepared.headers.items() if name != "Content-Length"},
        )
        if answer.status >= 300:
            raise self.refused(answer)
        return _receipt(backend, payload, mail, answer)

    def _prepare(
        self, mail: EmailMultiAlternatives, message: Outgoing
    ) -> tuple[AnymailRequestsBackend, Any, requests.PreparedRequest]:
        where = self.where(message.way)
        try:
            made = import_string(f"anymail.backends.{self.backend}.EmailBackend")
            backend = made(api_url=where, **self.options(message.way))
            payload = backend.build_message_payload(mail, {})
            wanted = payload.get_request_params(backend.api_url)
            return backend, payload, requests.Request(**wanted).prepare()
        except AnymailConfigurationError as error:
            raise Misconfigured(f"The settings of {self.label} are not complete.") from error
        except (AnymailError, ValueError) as error:  # it can't carry this, and says so itself
            raise MessageRefused(f"{self.label} can't send this: {str(error)[:300]}") from None

    def refused(self, answer: http.Answer) -> ProviderError:
        said = f"{self.label} answered {answer.status}: {_words(answer)}".rstrip(": ")
        match answer.status:
            case 429:
                return TryLater(f"{said}. Stopline will try again by itself.", http.retry_after(answer))
            case 503:
                return TryLater(f"{said}. Stopline will try again by itself.", http.retry_after(answer))
            case status if status >= 500 or status < 400:
                return OutcomeUnknown(f"{said}. It may or may not have been sent.")
        text = answer.body.decode("utf-8", "replace")
        for pattern, error in self.rules:
            if re.search(pattern, text, re.IGNORECASE):
                return error(f"{said}.")
        if answer.status in (401, 402, 403, 404, 405, 407):
            return Misconfigured(f"{said}. Check the key, and what the account there may do.")
        return MessageRefused(f"{said}.")

    async def find(self, message: Outgoing) -> Receipt | None:
        raise OutcomeUnknown

    async def close(self) -> None:
        await self.wire.close()


def _django_mail(
    message: Outgoing, own: Mapping[str, str], *, keeps_message_id: bool
) -> EmailMultiAlternatives:
    """The same mail that `compose` writes, in the form Anymail takes."""
    headers = {**compose.extra_headers(message), **own}
    reply_to = headers.pop("Reply-To", "")
    if keeps_message_id:
        headers["Message-ID"] = ids.message_id(message.id, compose.mailbox(message.way))
    mail = EmailMultiAlternatives(
        subject=compose.subject(message),
        body=message.text.replace("\x00", ""),
        from_email=compose.written_from(message.way),
        to=[compose.person(message.address)],
        reply_to=[reply_to] if reply_to else None,
        headers=headers,
    )
    if message.html:
        mail.attach_alternative(message.html.replace("\x00", ""), "text/html")
    for media in message.media:
        mail.attach(compose.one_line(media.name) or "attachment", media.content, media.content_type)
    return mail


def _receipt(
    backend: AnymailRequestsBackend, payload: Any, mail: EmailMultiAlternatives, answer: http.Answer
) -> Receipt:
    """A yes that can't be read may be one all the same: OutcomeUnknown."""
    response = requests.Response()
    response.status_code = answer.status
    response.headers.update(answer.headers)
    response.raw = io.BytesIO(answer.body)
    try:
        statuses = backend.parse_recipient_status(response, payload, mail)
        status = next(iter(statuses.values()))
        told, provider_id = status.status, status.message_id
    except (AnymailError, ValueError, LookupError, TypeError, AttributeError, StopIteration) as error:
        raise OutcomeUnknown from error
    if told == "rejected":
        raise OptedOutAtProvider("The service holds this address on its suppression list.")
    if told == "invalid":
        raise AddressDead
    if told == "failed":
        raise MessageRefused
    if not isinstance(provider_id, str) or not provider_id.strip("<>"):
        raise OutcomeUnknown
    return Receipt(plain_id(provider_id))


def plain_id(text: str) -> str:
    """A service's id of a message, as it is compared: reports name it with angle brackets or without."""
    return text.strip().strip("<>")[:LONGEST_ID]


def _words(answer: http.Answer) -> str:
    """What the service says for people, wherever it says it."""
    paths: tuple[tuple[str | int, ...], ...] = (
        ("Message",),
        ("message",),
        ("errors", 0, "description"),
        ("errors", 0, "message"),
        ("Messages", 0, "Errors", 0, "ErrorMessage"),
        ("ErrorMessage",),
        ("error",),
    )
    found = next((words for path in paths if (words := answer.told(*path))), "")
    return " ".join(found.split())[:300].rstrip(".")
