"""What workers do: the nouns have the work.

Each begins by closing a connection its thread may have kept through a restart of the database.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import close_old_connections
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from stopline.apps.broadcasts import writing
from stopline.apps.contacts.importing import running
from stopline.apps.inbox import media
from stopline.apps.sending import preferences, templates
from stopline.apps.sending.agreement import run as agreement
from stopline.doors.worker import paused


@app.task(name=running.TASK, pass_context=True, retry=RetryStrategy(max_attempts=8, exponential_wait=2))
def run_import(context: JobContext, account_id: str, import_id: str) -> None:
    close_old_connections()
    running.run(UUID(account_id), UUID(import_id), context.should_abort)


@app.task(name=writing.TASK, pass_context=True, retry=RetryStrategy(max_attempts=8, exponential_wait=2))
def write_broadcast(context: JobContext, account_id: str, broadcast_id: str) -> None:
    close_old_connections()
    writing.run(UUID(account_id), UUID(broadcast_id), context.should_abort)


@app.periodic(cron="* * * * *")
@app.task(name="stopline.resume_imports", queueing_lock="resume_imports")
def resume_imports(timestamp: int) -> None:  # noqa: ARG001  # Procrastinate passes the time it was due
    close_old_connections()
    running.resume_lost()


@app.periodic(cron="17 3 * * *")
@app.task(name="stopline.tidy_imports", queueing_lock="tidy_imports")
def tidy_imports(timestamp: int) -> None:  # noqa: ARG001
    close_old_connections()
    running.tidy()


@app.periodic(cron="* * * * *")
@app.task(name="stopline.tell_of_paused", queueing_lock="tell_of_paused", lock="tell_of_paused")
def tell_of_paused(timestamp: int) -> None:  # noqa: ARG001
    close_old_connections()
    paused.tell()


@app.task(name=preferences.TASK, retry=RetryStrategy(max_attempts=20, wait=15))
def unsubscribe_by_link(token: str, channels: list[str], evidence: dict[str, Any], at: str) -> None:
    close_old_connections()
    preferences.unsubscribe_later(token, channels, evidence, datetime.fromisoformat(at))


@app.periodic(cron="23 * * * *")
@app.task(name="stopline.refresh_all_templates", queueing_lock="refresh_all_templates")
def refresh_all_templates(timestamp: int) -> None:  # noqa: ARG001
    close_old_connections()
    templates.refresh_later(templates.refreshable())


@app.task(name=templates.TASK)
def refresh_templates(account_id: str, connection_id: str) -> None:
    close_old_connections()
    templates.refresh_quietly(UUID(account_id), UUID(connection_id))


@app.periodic(cron="*/15 * * * *")
@app.task(name="stopline.agree_all", queueing_lock="agree_all")
def agree_all(timestamp: int) -> None:  # noqa: ARG001
    close_old_connections()
    agreement.ask_all()


@app.task(name=agreement.TASK, pass_context=True)
def agree(context: JobContext, account_id: str, connection_id: str) -> None:
    close_old_connections()
    agreement.run(UUID(account_id), UUID(connection_id), context.should_abort)


@app.task(name=media.TASK, retry=RetryStrategy(max_attempts=8, exponential_wait=2))
def fetch_media(account_id: str, message_id: str) -> None:
    close_old_connections()
    media.fetch(UUID(account_id), UUID(message_id))
