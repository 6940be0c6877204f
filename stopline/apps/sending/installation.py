"""The first start of an empty installation: its first account, first admin and first connection."""

from __future__ import annotations

from django.conf import settings
from django.db import connection, transaction

from stopline.apps.accounts import account, users
from stopline.apps.accounts.models import Member, User
from stopline.apps.sending import connections
from stopline.rules.errors import Conflict
from stopline.rules.words import Role

FIRST_START = 7_410_117  # an advisory lock's number, ours alone in this database


def is_empty() -> bool:
    """Whether nobody can sign in yet, so that whoever comes first sets Stopline up."""
    return not User.objects.exists()


@transaction.atomic
def set_up(
    *, account_name: str, time_zone: str, default_country: str, name: str, email: str, password: str
) -> Member:
    """The first account runs the installation: Chat with Support arrives there.

    Raises InvalidInput, and Conflict where somebody else was first: of two at once one waits for the other.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FIRST_START])
    if not is_empty():
        raise Conflict("Somebody has set this installation up", "Sign in, or ask them for an invitation")
    first = account.new(account_name, time_zone, default_country, is_operator=True)
    admin = Member.objects.create(account=first, user=users.register(name, email, password), role=Role.ADMIN)
    if settings.SANDBOX:
        connections.add_sandbox(first.id)
    return admin
