"""The walls between accounts: composite keys, and foreign keys that carry the account with them."""

import secrets
import uuid
from datetime import datetime
from typing import Any

import uuid_utils.compat
from django.db import models
from django.db.migrations.operations import RunSQL


def uuid7() -> uuid.UUID:
    """A time-ordered id (RFC 9562 section 5.7), so that new rows land at the end of every index."""
    return uuid_utils.compat.uuid7()


# SQL for one more of them, where the server is too old for its own uuidv7() (PostgreSQL 18): the milliseconds since
# 1970 over the first 48 bits of a random UUID, and its version from 4 to 7.
UUID7 = """encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
    substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1),
    'hex')::uuid"""


def first_uuid7(at: datetime) -> uuid.UUID:
    """The smallest id of that millisecond: with it the primary key finds what was made since, or before."""
    milliseconds = int(at.timestamp() * 1000)
    return uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | 0b10 << 62)


def new_token(account_id: uuid.UUID) -> str:
    """The secret part of a link or a webhook's address. It begins with the account: look-ups start there."""
    return account_id.hex + secrets.token_urlsafe(24)


def account_of_token(token: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(hex=token[:32])
    except ValueError:
        return None


def tenant_key(to: str, column: str, *, related_name: str = "+", null: bool = False) -> Any:
    """A reference to another tenant row, over (account_id, `column`) to (account_id, id).

    Django can't make the constraint of a ForeignObject: each use has its `tenant_constraint` in a migration.
    """
    return models.ForeignObject(
        to,
        on_delete=models.DO_NOTHING,  # the database's own ON DELETE does it, for every door
        from_fields=("account_id", column),
        to_fields=("account_id", "id"),
        related_name=related_name,
        null=null,
    )


def tenant_constraint(table: str, column: str, to_table: str, on_delete: str = "CASCADE") -> RunSQL:
    """The real composite foreign key behind a `tenant_key`. `on_delete`: CASCADE, RESTRICT or SET NULL."""
    name = f"{table}_{column}_fk"
    action = f"SET NULL ({column})" if on_delete == "SET NULL" else on_delete
    return RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (account_id, {column}) "
        f"REFERENCES {to_table} (account_id, id) ON DELETE {action}",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )
