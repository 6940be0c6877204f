"""The embedded PostgreSQL, as a real process: first start, second start, and every way to be killed."""

import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from stopline.project.postgres import DURABLE, FORGETFUL, SOCKET_PATH_LIMIT, Postgres
from stopline.rules.errors import StoplineError


@pytest.fixture(params=["socket in the data folder", "socket elsewhere"])
def server(request):
    """Each test runs with a short path and with one that is too long for a socket."""
    with tempfile.TemporaryDirectory(prefix="stopline-test-") as folder:
        long = request.param == "socket elsewhere"
        server = Postgres(Path(folder) / ("long" * 30 if long else "data"), FORGETFUL)
        yield server
        server.stop()


def remember(url: str, word: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS word (word text)")
        connection.execute("INSERT INTO word VALUES (%s)", [word])


def words(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [word for (word,) in connection.execute("SELECT word FROM word")]


def processes(server: Postgres) -> dict[psutil.Process, str]:
    """All processes of the server with their titles, by which they are found. Any of them may end meanwhile."""
    found = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            title = " ".join(process.cmdline())
            if str(server.cluster) in title or title.startswith(
                f"postgres: {server.settings['cluster_name']}:"
            ):
                found[process] = title
    return found


def test_a_second_start_continues_with_the_same_data(server):
    remember(server.start(), "kept")
    server.stop()

    assert words(server.start()) == ["kept"]


def test_stop_leaves_no_process_and_no_url(server):
    server.start()
    assert processes(server)

    server.stop()

    assert processes(server) == {}
    assert server.url == ""


def test_the_application_is_no_superuser_and_owns_its_database(server):
    with psycopg.connect(server.start()) as connection:
        mighty, creates_roles, creates_databases = connection.execute(
            "SELECT rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        (owner,) = connection.execute(
            "SELECT datdba::regrole::text FROM pg_database WHERE datname = current_database()"
        ).fetchone()

    assert (mighty, creates_roles, creates_databases, owner) == (False, False, False, "stopline")


def test_what_is_acknowledged_is_on_disk(tmp_path):
    server = Postgres(tmp_path, DURABLE)
    try:
        with psycopg.connect(server.start()) as connection:
            shown = [connection.execute(f"SHOW {name}").fetchone()[0] for name in sorted(DURABLE)]
    finally:
        server.stop()

    assert shown == ["on", "on", "on"]


def test_it_listens_on_no_network_port(server):
    with psycopg.connect(server.start()) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try as another user")
def test_another_local_user_gets_in_by_neither_role():
    data = Path(tempfile.mkdtemp(prefix="stopline-test-"))
    server = Postgres(data, FORGETFUL)
    folder = Path(server.start().partition("?host=")[2])
    # As if everything had been opened by mistake: the server itself must refuse.
    for opened in (data, folder, folder / ".s.PGSQL.5432"):
        opened.chmod(0o777)

    told = [connect_as_nobody(folder, role) for role in ("stopline", "postgres")]

    server.stop()
    shutil.rmtree(data)
    assert all("Peer authentication failed" in said for said in told), told


def connect_as_nobody(folder: Path, role: str) -> str:
    """Connect in a forked child that has become `nobody`; what libpq said."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        try:
            psycopg.connect(host=str(folder), user=role, dbname="stopline", connect_timeout=5).close()
            os.write(writing, b"connected")
        except Exception as error:
            os.write(writing, str(error).encode())
        os._exit(0)
    os.close(writing)
    os.wait()
    with os.fdopen(reading) as said:
        return said.read()


def test_neither_socket_nor_data_can_be_entered_by_others(server):
    socket = Path(server.start().partition("?host=")[2])

    for folder in (server.cluster, socket):
        assert stat.S_IMODE(folder.stat().st_mode) & 0o007 == 0


def test_the_log_holds_no_values(server):
    with psycopg.connect(server.start(), autocommit=True) as connection:
        connection.execute("CREATE TABLE address (address text PRIMARY KEY)")
        for _ in range(2):
            with contextlib.suppress(psycopg.errors.UniqueViolation):
                connection.execute("INSERT INTO address VALUES ('+15550100')")

    log = server.log.read_text()
    assert "duplicate key" in log
    assert "+15550100" not in log


def test_a_long_path_gets_a_socket_elsewhere(tmp_path):
    server = Postgres(tmp_path / ("long" * 30), FORGETFUL)
    try:
        url = server.start()
        remember(url, "reached")
        folder = Path(url.partition("?host=")[2])
        assert len(bytes(folder / ".s.PGSQL.5432")) <= SOCKET_PATH_LIMIT
    finally:
        server.stop()

    assert not folder.exists()


def test_a_path_with_spaces_and_umlauts_works(tmp_path):
    server = Postgres(tmp_path / "Größe & 100% «data»", FORGETFUL)
    try:
        remember(server.start(), "reached")
        assert words(server.url) == ["reached"]
    finally:
        server.stop()


def test_a_killed_postmaster_comes_back_within_two_seconds(server):
    remember(server.start(), "kept")
    open_client = psycopg.connect(server.url)
    server.process.kill()
    server.process.wait()

    since = time.monotonic()
    url = server.start()

    assert words(url) == ["kept"]
    assert time.monotonic() - since < 2
    with pytest.raises(psycopg.OperationalError):
        open_client.execute("SELECT 1")


def test_a_killed_tree_comes_back(server):
    remember(server.start(), "kept")
    for process in processes(server):
        with contextlib.suppress(psutil.NoSuchProcess):  # ended by itself, as the first one did
            process.kill()
    server.process.wait()

    assert words(server.start()) == ["kept"]


def test_a_backend_that_outlived_its_postmaster_is_ended(server):
    remember(server.start(), "kept")
    with psycopg.connect(server.url) as client:
        backend = psutil.Process(client.info.backend_pid)
        backend.suspend()  # it can't notice that its postmaster is gone, and holds the shared memory
        server.process.kill()
        server.process.wait()

        assert words(server.start()) == ["kept"]

    assert not backend.is_running() or backend.status() == psutil.STATUS_ZOMBIE


def test_a_server_whose_starter_was_killed_is_stopped_first(server):
    orphan = start_in_child(server, how_to_end="os.kill(os.getpid(), 9)")
    orphan.wait()

    url = server.start()

    remember(url, "works")
    assert len([title for title in processes(server).values() if "-D" in title.split()]) == 1


def test_a_restart_after_a_crash_listens_where_it_did(server):
    before = server.start()
    server.process.kill()
    server.process.wait()

    assert server.start() == before


@pytest.mark.parametrize(
    "make", [lambda folder: folder.mkdir(mode=0o777), lambda folder: folder.symlink_to("/")]
)
def test_a_socket_folder_that_others_made_or_can_enter_is_refused(make):
    server = Postgres(Path("/tmp") / f"stopline-test-{'long' * 30}", FORGETFUL)
    make(server.socket_folder)
    try:
        server.socket_folder.chmod(0o777) if not server.socket_folder.is_symlink() else None
        with pytest.raises(StoplineError) as refused:
            server.start()
    finally:
        server.socket_folder.unlink() if server.socket_folder.is_symlink() else server.socket_folder.rmdir()
        shutil.rmtree(server.folder.parent)

    assert "isn't this user's own" in refused.value.detail
    assert "shorter path" in refused.value.next_step


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent was killed")
def test_it_ends_by_itself_when_its_starter_is_killed(tmp_path):
    server = Postgres(tmp_path / "data", FORGETFUL)

    start_in_child(server, how_to_end="os.kill(os.getpid(), 9)").wait()

    deadline = time.monotonic() + 10
    while processes(server) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes(server) == {}


def start_in_child(server: Postgres, *, how_to_end: str) -> subprocess.Popen:
    program = (
        "import os, pathlib, sys; from stopline.project.postgres import FORGETFUL, Postgres; "
        f"Postgres(pathlib.Path(sys.argv[1]), FORGETFUL).start(); {how_to_end}"
    )
    return subprocess.Popen([sys.executable, "-c", program, server.folder.parent])


def test_a_stale_lock_file_with_somebody_elses_process_id_is_no_hindrance(server):
    remember(server.start(), "kept")
    lock = (server.cluster / "postmaster.pid").read_text().splitlines()
    server.process.kill()
    server.process.wait()
    other = subprocess.Popen(["sleep", "60"], **running_as(server))
    try:
        (server.cluster / "postmaster.pid").write_text("\n".join([str(other.pid), *lock[1:]]) + "\n")

        assert words(server.start()) == ["kept"]
        assert other.poll() is None
    finally:
        other.send_signal(signal.SIGKILL)
        other.wait()


def running_as(server: Postgres) -> dict[str, int]:
    return {"user": server.account.pw_uid} if server.account else {}


def test_a_start_killed_during_the_first_set_up_can_be_repeated(server):
    draft = server.folder / "cluster.new"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n")

    remember(server.start(), "works")

    assert not draft.exists()


def test_data_of_another_major_version_is_refused_and_left_alone(server):
    server.cluster.mkdir(parents=True)
    (server.cluster / "PG_VERSION").write_text("16\n")

    with pytest.raises(StoplineError) as refused:
        server.start()

    assert "PostgreSQL 16" in refused.value.detail
    assert "pg_dump" in refused.value.next_step
    assert (server.cluster / "PG_VERSION").read_text() == "16\n"


def test_what_postgresql_says_is_told(server):
    server.settings["shared_buffers"] = "nonsense"

    with pytest.raises(StoplineError) as refused:
        server.start()

    assert refused.value.title == "The database could not be started"
    assert "shared_buffers" in refused.value.detail


def test_a_full_disk_is_named(monkeypatch, server):
    def full(*_, **__):
        raise OSError(28, "No space left on device", "cluster.new")

    monkeypatch.setattr(Path, "mkdir", full)

    with pytest.raises(StoplineError) as refused:
        server.start()

    assert "disk is full" in refused.value.next_step
    monkeypatch.undo()


def test_waiting_for_the_server_can_be_given_up(tmp_path):
    server = Postgres(tmp_path, FORGETFUL, give_up=lambda: True)
    server.superuser = lambda *_: (_ for _ in ()).throw(psycopg.OperationalError("not yet"))

    with pytest.raises(StoplineError):
        server.start()

    assert processes(server) == {}
