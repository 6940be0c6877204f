"""An e-mail to the admins about a connection that Stopline had to pause: once a pause, where mail is set up."""

from __future__ import annotations

from urllib.parse import urljoin

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from stopline.apps.accounts.models import Member
from stopline.apps.sending import health
from stopline.apps.sending.models import Connection
from stopline.rules.words import Role

log = structlog.get_logger(__name__)


def tell() -> int:
    """Mails about every pause that nobody was told of; how many. What can't be mailed now is tried at the next call.

    Called by one worker at a time (its task's lock). No row is locked meanwhile: a slow mail server must hold up no
    hand-over.
    """
    if not settings.EMAIL_HOST:
        return 0
    return sum(_tell_one(each) for each in health.untold().select_related("account"))


def _tell_one(connection: Connection) -> bool:
    try:
        _mail(connection)
    except OSError as error:  # smtplib's errors are such, too
        log.warning("paused.mail_failed", connection=str(connection.id), error=str(error))
        return False
    same = Connection.objects.filter(account_id=connection.account_id, id=connection.id)
    return bool(same.filter(paused_at=connection.paused_at).update(told_at=timezone.now()))


def _mail(connection: Connection) -> None:
    admins = Member.objects.filter(account_id=connection.account_id, role=Role.ADMIN, user__is_active=True)
    words = {
        "account": connection.account.name,
        "connection": connection.name,
        "because": connection.paused_because,
        "link": urljoin(settings.PUBLIC_URL, reverse("settings_channels")),
    }
    subject = " ".join(render_to_string("settings/email/paused_subject.txt", words).split())
    text = render_to_string("settings/email/paused_message.txt", words)
    with get_connection() as server:
        for address in admins.values_list(
            "user__email", flat=True
        ):  # one each: nobody reads who the others are
            EmailMessage(subject, text, None, [address], connection=server).send()
