"""`stopline up` as people run it: real processes, real signals."""

import contextlib
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from stopline.project import server_account
from tests.doors.cli.copies import ROOT, free_port, wait_until


def test_an_empty_folder_becomes_a_running_stopline_and_sigterm_leaves_nothing(empty):
    empty.start()
    assert f"Stopline is ready at http://127.0.0.1:{empty.port}\n" in empty.said()
    assert "demo.test" not in empty.said()
    assert empty.healthy()

    assert empty.stop(signal.SIGTERM) == 0

    assert empty.leftovers() == []
    assert not (empty.data / "postgres" / "url").exists()


def test_ctrl_c_stops_everything_and_a_second_start_continues_with_the_same_data(copy):
    copy.start()
    with copy.database() as database:
        database.execute("CREATE TABLE kept AS SELECT 'kept' AS word")
    assert copy.stop(signal.SIGINT) == 0
    assert copy.leftovers() == []

    copy.start()

    with copy.database() as database:
        assert database.execute("SELECT word FROM kept").fetchone() == ("kept",)


def test_two_copies_run_side_by_side(copies):
    one, two = copies("one").launch(), copies("two").launch()

    wait_until(lambda: one.healthy() and two.healthy(), 120)
    one.stop()

    assert two.healthy()
    assert one.leftovers() == []


def test_an_open_event_stream_does_not_hold_up_the_stop(copy):
    copy.start()
    with socket.create_connection(("127.0.0.1", copy.port)) as browser:
        browser.sendall(b"GET /live/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        browser.recv(100)

        since = time.monotonic()
        copy.stop()

    assert time.monotonic() - since < 6
    assert copy.leftovers() == []


@pytest.mark.parametrize("name", ["data", "a path too long for a socket " * 5])
def test_a_killed_postgresql_comes_back_and_web_and_worker_survive_it(copies, name):
    copy = copies(name.strip().replace(" ", "-")).start()
    web, worker = copy.part("web"), copy.part("worker")

    copy.part("postgres").kill()

    wait_until(lambda: comes_back(copy), 5)
    wait_until(copy.healthy, 10)
    assert web.is_running()
    assert worker.is_running()
    wait_until(lambda: heard_from_worker(copy), 45)


def test_one_page_at_most_fails_on_a_connection_from_before_a_restart_of_postgresql(copy):
    copy.start()
    with ThreadPoolExecutor(12) as many:
        assert set(many.map(lambda _: first_page(copy), range(24))) == {200}

    copy.part("postgres").kill()
    wait_until(lambda: comes_back(copy), 20)

    assert [first_page(copy) for _ in range(24)][1:] == [200] * 23


def first_page(copy) -> int:
    """The status of the page an empty installation opens with; it looks into the database."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{copy.port}/", timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def comes_back(copy) -> bool:
    with contextlib.suppress(Exception), copy.database():
        return True
    return False


def heard_from_worker(copy) -> bool:
    with copy.database() as database:
        ((count,),) = database.execute(
            "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '8 seconds'"
        ).fetchall()
    return count > 0


@pytest.mark.parametrize("name", ["web", "worker"])
def test_a_killed_part_is_started_again(copy, name):
    copy.start()
    killed = copy.part(name)

    killed.kill()

    wait_until(lambda: runs_again(copy, name, killed.pid), 10)
    wait_until(copy.healthy, 20)
    assert f"{name} has ended" in copy.said()


def runs_again(copy, name, former) -> bool:
    try:
        return copy.part(name).pid != former
    except AssertionError:
        return False


def test_the_processes_below_the_web_process_end_with_it(copy):
    copy.start()
    below = copy.part("web").children()
    assert below

    copy.part("web").kill()

    wait_until(lambda: not any(process.is_running() for process in below), 10)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere PostgreSQL is ended by the next start")
def test_when_the_supervisor_is_killed_the_rest_ends_by_itself(copy):
    copy.start()

    copy.kill()

    copy.wait_until_gone(25)


def test_a_start_right_after_the_supervisor_was_killed_recovers(copy):
    copy.start()
    with copy.database() as database:
        database.execute("CREATE TABLE kept AS SELECT 'kept' AS word")
    copy.kill()

    copy.start()

    with copy.database() as database:
        assert database.execute("SELECT word FROM kept").fetchone() == ("kept",)
    copy.stop()
    assert copy.leftovers() == []


def test_a_start_after_the_whole_tree_was_killed_recovers(copy):
    copy.start()
    with copy.database() as database:
        database.execute("CREATE TABLE kept AS SELECT 'kept' AS word")
    for process in copy._all():
        with contextlib.suppress(Exception):
            process.kill()
    copy.process.wait()

    copy.start()

    with copy.database() as database:
        assert database.execute("SELECT word FROM kept").fetchone() == ("kept",)


def test_a_signal_while_starting_stops_cleanly(empty):
    empty.launch()
    wait_until(lambda: "preparing the database" in empty.said(), 60)

    assert empty.stop(signal.SIGTERM) == 0

    assert empty.leftovers() == []
    assert "is ready" not in empty.said()


def test_a_taken_port_is_named_and_nothing_is_started(empty):
    with socket.socket() as other:
        other.bind(("127.0.0.1", empty.port))
        other.listen()

        refused = empty.run("up")

    assert refused.returncode == 1
    assert f"Port {empty.port} can't be used" in refused.stderr
    assert f"PORT={empty.port + 1} make run" in refused.stderr
    assert empty.leftovers() == []
    assert not (empty.data / "postgres").exists()


def test_a_folder_in_use_is_named(copies):
    first = copies("data").start()

    refused = copies("data", port=free_port()).run("up")

    assert refused.returncode == 1
    assert "Stopline runs already" in refused.stderr
    assert f"process {first.process.pid}, http://127.0.0.1:{first.port}" in refused.stderr
    assert first.healthy()


def test_a_folder_that_is_a_file_is_named(empty):
    empty.data.write_text("not a folder")

    refused = empty.run("up")

    assert refused.returncode == 1
    assert "The data folder can't be written" in refused.stderr
    assert "STOPLINE_DATA" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1"])
def test_a_port_that_is_none_is_named(copy, port):
    refused = copy.run("up", PORT=port)

    assert refused.returncode == 1
    assert "PORT can't be used" in refused.stderr
    assert "1 to 65535" in refused.stderr


def test_the_demo_refuses_to_listen_to_others(copy):
    refused = copy.run("up", "--demo", STOPLINE_HOST="0.0.0.0")

    assert refused.returncode == 1
    assert "this machine only" in refused.stderr


def test_a_database_that_cannot_be_reached_is_named_without_its_password(empty):
    refused = empty.run("up", DATABASE_URL="postgresql://me:hunter2hunter2@127.0.0.1:1/none")

    assert refused.returncode == 1
    assert "The database can't be reached" in refused.stderr
    assert "hunter2" not in refused.stderr + refused.stdout
    assert "Traceback" not in refused.stderr
    assert not (empty.data / "postgres").exists()


def test_another_database_is_used_when_its_url_is_given(empty, tmp_path):
    from stopline.project.postgres import FORGETFUL, Postgres

    elsewhere = Postgres(tmp_path / "elsewhere", FORGETFUL)
    try:
        empty.start(DATABASE_URL=elsewhere.start())
        assert empty.healthy()
        assert not (empty.data / "postgres").exists()
        empty.stop()
        assert elsewhere.running
    finally:
        elsewhere.stop()


def test_what_is_secret_is_readable_by_its_owner_alone_and_in_no_log(copy):
    copy.start()
    key = copy.data / "secret.key"

    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert key.read_text().strip() not in copy.said()


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests run as an ordinary user then")
def test_an_ordinary_user_can_run_it(copies, ordinary):
    copy = copies("ordinary", **ordinary)
    shutil.rmtree(copy.data)
    copy.data.mkdir()
    os.chown(copy.data, ordinary["user"], ordinary["group"])
    server_account.let_pass(ordinary["account"], copy.data)
    copy.run_as.pop("account")

    copy.start()

    assert copy.part("postgres").username() == copy.part("web").username() != "root"
    assert copy.healthy()
    assert copy.stop() == 0
    assert copy.leftovers() == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder that its own tests can't write")
def test_a_folder_of_somebody_else_is_named(copies, ordinary):
    copy = copies("roots", **ordinary)
    copy.run_as.pop("account")
    copy.data.chmod(0o755)
    server_account.let_pass(ordinary["account"], copy.data)

    refused = copy.run("up")

    assert refused.returncode == 1
    assert "The data folder can't be written" in refused.stderr
    assert "STOPLINE_DATA" in refused.stderr


@pytest.fixture
def ordinary(monkeypatch):
    """`nobody`, with a Python that this user can start and that sees our packages."""
    import pwd
    import sysconfig

    nobody = pwd.getpwnam("nobody")
    packages = os.pathsep.join([str(ROOT), sysconfig.get_path("purelib")])
    monkeypatch.setenv("PYTHONPATH", packages)
    monkeypatch.setenv("HOME", "/nonexistent")
    how = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/local/bin/{version}", f"/usr/bin/{version}"):
        with contextlib.suppress(OSError):
            command = [python, "-c", "import stopline.project.postgres"]
            if subprocess.run(command, cwd="/", capture_output=True, **how).returncode == 0:
                return {**how, "python": python, "account": nobody}
    pytest.skip(f"no Python {version} that the user nobody can start: the test needs one outside root's home")
