"""Amazon SNS, which carries what Amazon SES reports: its signatures and its question whether we want to hear it."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from stopline.providers.email.services import fetching
from stopline.providers.email.services.receiver import not_signed

# Nobody but Amazon has these hosts; without the pattern anybody could sign with a certificate of their own.
CERTIFICATE = re.compile(
    r"https://sns\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/SimpleNotificationService-[\w-]+\.pem"
)
SUBSCRIBE = re.compile(r"https://sns\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/\?[\w.%=&:+/-]+")
# SNS tries an HTTPS endpoint for an hour at most (docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html)
# and signs the time of the first try, so what is older than that and five minutes is a replay.
OLDEST = 3600 + 300  # seconds
TOLD = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
ASKED = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
fetch = fetching.get


def verify(message: dict[str, Any], topic: str) -> None:
    """Raises NotAllowed. docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html, November 2026."""
    url = str(message.get("SigningCertURL", ""))
    if not CERTIFICATE.fullmatch(url) or (topic and message.get("TopicArn") != topic):
        raise not_signed()
    if not _recent(message.get("Timestamp")):
        raise not_signed()
    names = TOLD if message.get("Type") == "Notification" else ASKED
    pairs = [(name, message[name]) for name in names if isinstance(message.get(name), str)]
    content = "".join(f"{name}\n{value}\n" for name, value in pairs)
    digest = SHA256() if message.get("SignatureVersion") == "2" else SHA1()  # noqa: S303 (theirs, version 1)
    try:
        said = base64.b64decode(str(message.get("Signature", "")))
        _key(url).verify(said, content.encode(), padding.PKCS1v15(), digest)
    except (InvalidSignature, UnsupportedAlgorithm, binascii.Error, ValueError):
        raise not_signed() from None


def subscribe(message: dict[str, Any]) -> None:
    """Says yes to a topic's question; its signature was verified."""
    url = str(message.get("SubscribeURL", ""))
    if not SUBSCRIBE.fullmatch(url):
        raise not_signed()
    fetch(url, {})


def _recent(timestamp: object) -> bool:
    try:
        said = datetime.fromisoformat(str(timestamp))
        return abs((datetime.now(UTC) - said).total_seconds()) < OLDEST
    except (ValueError, TypeError, OverflowError):
        return False


@lru_cache(maxsize=32)
def _key(url: str) -> RSAPublicKey:
    """Of the certificate at the address; SNS changes certificates by changing the address."""
    key = x509.load_pem_x509_certificate(fetch(url, {})).public_key()
    if not isinstance(key, RSAPublicKey):
        raise not_signed()
    return key
