"""Imports reach a worker, survive losing one, and don't stay for ever."""

import io
from datetime import timedelta

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from stopline.apps.contacts.importing import running, uploads
from stopline.apps.contacts.models import Import
from stopline.apps.sending import templates
from stopline.doors.worker import tasks
from tests import make


@pytest.fixture
def started(db) -> Import:
    member = make.member(make.account())
    made = uploads.receive(member, "people.csv", io.BytesIO(b"Phone\n+14155550123\n"))
    uploads.start(made, member, made.mapping, None, "")
    return Import.objects.get(pk=made.pk)


def jobs(found: Import):
    return ProcrastinateJob.objects.filter(task_name=running.TASK, args__import_id=str(found.id))


def test_starting_an_import_asks_a_worker_in_the_same_transaction(started):
    assert jobs(started).get().args == {"account_id": str(started.account_id), "import_id": str(started.id)}


def test_an_import_whose_job_was_lost_is_sent_again(started):
    jobs(started).delete()
    Import.objects.update(progress_at=timezone.now() - running.LOST_AFTER * 2)

    running.resume_lost()

    assert jobs(started).count() == 1


def test_an_import_that_moves_is_left_alone(started):
    jobs(started).delete()

    running.resume_lost()

    assert jobs(started).count() == 0


def test_asking_twice_makes_one_job(started):
    running.resume(started)
    running.resume(started)

    assert jobs(started).count() == 1


def test_a_worker_that_stops_leaves_the_rest_to_the_next(started, monkeypatch):
    jobs(started).delete()

    running.run(started.account_id, started.id, stopping=lambda: True)

    assert jobs(started).count() == 1


def test_imports_and_their_bad_rows_go_after_a_month_but_not_one_that_runs(started):
    old = timezone.now() - running.KEPT_FOR - timedelta(days=1)
    Import.objects.update(created_at=old)

    running.tidy()
    assert Import.objects.count() == 1

    running.run(started.account_id, started.id)
    running.tidy()
    assert Import.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_procrastinate_runs_the_import():
    from procrastinate.contrib.django import app

    member = make.member(make.account())
    made = uploads.receive(member, "people.csv", io.BytesIO(b"Phone\n+14155550123\n"))
    uploads.start(made, member, made.mapping, None, "")

    with app.replace_connector(app.connector.get_worker_connector()) as worker:
        worker.run_worker(wait=False, listen_notify=False, install_signal_handlers=False)

    assert Import.objects.get(pk=made.pk).state == "done"
    assert tasks.run_import.name == running.TASK


@pytest.mark.django_db
def test_templates_of_every_connection_get_a_job_each_and_a_waiting_one_is_enough():
    first, second = (
        make.connection(make.account(), provider="whatsapp_cloud", channels=["whatsapp"]) for _ in range(2)
    )

    templates.refresh_later(templates.refreshable())
    templates.refresh_later(templates.refreshable())

    waiting = ProcrastinateJob.objects.filter(task_name=templates.TASK)
    assert {each.args["connection_id"] for each in waiting} == {str(first.id), str(second.id)}
    assert waiting.count() == 2


@pytest.mark.django_db
def test_a_refresh_that_fails_is_noted_on_the_connection_and_fails_no_job():
    connection = make.connection(make.account(), provider="whatsapp_cloud", channels=["whatsapp"])

    templates.refresh_quietly(connection.account_id, connection.id)

    connection.refresh_from_db()
    assert "WhatsApp Business Account ID" in connection.last_error
