"""The commands beside `up`: on a running copy, and on one that starts its database for the command's time."""

import os
import stat

import pytest

from stopline.doors.cli.doctor import Health, findings
from stopline.doors.cli.installation import Installation
from stopline.project.postgres import Postgres
from tests.doors.cli.copies import wait_until


def test_the_doctor_finds_a_running_copy_well(copy):
    copy.start()
    wait_until(lambda: copy.run("doctor").returncode == 0, 30)

    said = copy.run("doctor").stdout

    assert "FAIL" not in said
    for line in ("PostgreSQL 18 (embedded)", "no superuser", "up to date", "worker: 1 running", "answers"):
        assert line in said


def test_the_doctor_says_what_to_start_when_nothing_runs(copy):
    examined = copy.run("doctor")

    assert examined.returncode == 1
    assert "FAIL database: none runs" in examined.stdout
    assert "stopline up" in examined.stdout
    assert copy.leftovers() == []


def test_the_doctor_finds_a_missing_worker_an_open_key_and_a_missing_migration(copy):
    copy.start()
    with copy.database() as database:
        database.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
    os.kill(copy.part("worker").pid, 19)  # SIGSTOP: it lives, and reports nothing
    with copy.database() as database:
        database.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")
    (copy.data / "secret.key").chmod(0o644)

    examined = copy.run("doctor")
    os.kill(copy.part("worker").pid, 18)

    assert examined.returncode == 1
    assert "FAIL secret key: others may read" in examined.stdout
    assert "FAIL migrations: 1 not applied" in examined.stdout
    assert "FAIL worker: none has reported" in examined.stdout


def test_the_doctor_warns_of_an_open_address_without_encryption(copy):
    copy.start()

    assert "WARN settings: others can reach" in copy.run("doctor", STOPLINE_HOST="0.0.0.0").stdout


def test_the_doctor_names_a_database_that_does_not_answer(copy):
    examined = copy.run("doctor", DATABASE_URL="postgresql://me:hunter2@127.0.0.1:1/none")

    assert examined.returncode == 1
    assert "FAIL database: The database can't be reached" in examined.stdout
    assert "hunter2" not in examined.stdout + examined.stderr


def test_the_disk_is_judged_by_what_is_free(monkeypatch, tmp_path):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    for free, health in ((10**8, Health.FAIL), (10**9, Health.WARN), (10**11, Health.OK)):
        monkeypatch.setattr("shutil.disk_usage", lambda _, free=free: type("Usage", (), {"free": free}))

        first = next(findings(Installation(tmp_path, "127.0.0.1", 8000)))

        assert first.health is health


def test_migrate_starts_the_database_for_its_own_time(empty):
    migrated = empty.run("migrate")

    assert migrated.returncode == 0, migrated.stderr
    assert "migrations applied" in migrated.stdout
    assert empty.leftovers() == []
    assert empty.run("migrate").stdout == "The schema is up to date\n"


def test_the_ledger_is_verified_on_a_stopped_and_on_a_running_copy(copy):
    stopped = copy.run("ledger", "verify")
    copy.start()
    running = copy.run("ledger", "verify")

    for verified in (stopped, running):
        assert verified.returncode == 0, verified.stderr
        assert verified.stdout.startswith("OK: 0 entries")


@pytest.mark.parametrize("name", ["web", "worker"])
def test_web_and_worker_alone_say_that_they_need_a_database(copy, name):
    refused = copy.run(name)

    assert refused.returncode == 1
    assert "There is no database" in refused.stderr
    assert "stopline up" in refused.stderr


def test_web_and_worker_run_apart_on_a_database_of_their_own(copy):
    server = Postgres(copy.data)
    try:
        url = {"DATABASE_URL": server.start()}
        parts = [copy.spawn(name, **url) for name in ("web", "worker")]
        wait_until(copy.healthy, 60)
        wait_until(lambda: copy.run("doctor", **url).returncode == 0, 60)
        assert "favicon" in " ".join(file.name for file in (copy.data / "static").iterdir())

        for part in parts:
            part.terminate()

        assert [part.wait(20) for part in parts] == [0, 0]
    finally:
        server.stop()


def test_the_demo_is_loaded_once(copy):
    loaded = copy.run("demo")
    again = copy.run("demo")

    assert loaded.returncode == 0, loaded.stderr
    assert again.returncode == 1
    assert "holds an account already" in again.stderr


def test_the_demo_prints_its_sign_ins(copy):
    copy.start("--demo")

    assert "admin@demo.test   password  stopline-demo" in copy.said()
    assert "agent@demo.test   password  stopline-demo" in copy.said()
    with copy.database() as database:
        assert database.execute("SELECT count(*) FROM contacts_contact").fetchone() == (500,)


def test_what_the_data_folder_holds_is_for_its_owner_alone(empty):
    empty.start("--demo")

    for file in [empty.data, *empty.data.iterdir(), *(empty.data / "postgres").iterdir()]:
        # The group's x may be the list entry that lets the database's account pass.
        assert stat.S_IMODE(file.stat().st_mode) & 0o067 == 0, file


def test_help_names_every_command(copy):
    said = copy.run("--help").stdout

    for name in ("up", "web", "worker", "migrate", "demo", "doctor", "ledger"):
        assert f" {name} " in said


def test_the_console_script_is_the_same_program():
    from importlib.metadata import entry_points

    from stopline.doors.cli.main import main

    (script,) = entry_points(group="console_scripts", name="stopline")
    assert script.load() is main
