"""What workers do, one line each: the nouns have the work."""

from __future__ import annotations

from uuid import UUID

from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from stopline.apps.contacts.importing import running


@app.task(name=running.TASK, pass_context=True, retry=RetryStrategy(max_attempts=8, exponential_wait=2))
def run_import(context: JobContext, account_id: str, import_id: str) -> None:
    running.run(UUID(account_id), UUID(import_id), context.should_abort)


@app.periodic(cron="* * * * *")
@app.task(name="stopline.resume_imports", queueing_lock="resume_imports")
def resume_imports(timestamp: int) -> None:  # noqa: ARG001  # Procrastinate passes the time it was due
    running.resume_lost()


@app.periodic(cron="17 3 * * *")
@app.task(name="stopline.tidy_imports", queueing_lock="tidy_imports")
def tidy_imports(timestamp: int) -> None:  # noqa: ARG001
    running.tidy()
