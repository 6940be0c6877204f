"""Credentials at rest: encrypted, under keys that can be changed at any moment, also by somebody who is killed."""

import stat
import threading
import time

import pytest
from cryptography.fernet import Fernet
from django.db import connection as database
from django.db import transaction

from stopline.apps.sending import credentials, rotation
from stopline.apps.sending.models import Connection
from stopline.rules.errors import StoplineError
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("keys")]


class Killed(Exception):
    """As SIGKILL would: nothing after it runs."""


def connected(number=3):
    account = make.account()
    return [
        make.connection(
            account, name=f"{index}", credentials=credentials.encrypt({"token": f"secret-{index}"})
        )
        for index in range(number)
    ]


def opened(connections):
    return [
        credentials.decrypt(Connection.ever.get(account_id=each.account_id, id=each.id).credentials)["token"]
        for each in connections
    ]


def kept_keys(keys):
    return keys.read_text().split(",")


def test_the_key_is_made_once_and_readable_by_its_owner_only(keys):
    kept = credentials.encrypt({"token": "secret"})
    first = keys.read_text()

    assert credentials.decrypt(kept) == {"token": "secret"} and "secret" not in kept
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    assert keys.read_text() == first
    assert (credentials.encrypt({}), credentials.decrypt("")) == ("", {})


def test_another_installations_credentials_say_what_to_do(keys):
    kept = credentials.encrypt({"token": "secret"})
    keys.write_text(Fernet.generate_key().decode())

    with pytest.raises(credentials.KeyMissing, match="Restore credentials") as refused:
        credentials.decrypt(kept)
    assert kept not in str(refused.value)


def test_a_rotation_leaves_one_new_key_under_which_everything_is(keys):
    connections = connected()
    old, entered = keys.read_text(), credentials.set_at(connections[0].credentials)

    done = rotation.rotate(batch=2)

    assert (done.encrypted, done.unreadable, done.resumed) == (3, [], False)
    assert opened(connections) == ["secret-0", "secret-1", "secret-2"]
    assert len(kept_keys(keys)) == 1 and old not in keys.read_text()
    after = Connection.objects.get(id=connections[0].id).credentials
    assert credentials.set_at(after) == entered
    assert not credentials._opens(old, after)


@pytest.mark.parametrize("survived", [0, 1, 2])
def test_a_rotation_killed_in_between_loses_nothing_and_is_finished_by_the_next(keys, monkeypatch, survived):
    connections = connected()
    old, whole, calls = keys.read_text(), rotation._encrypt_batch, []

    def dies(*arguments):
        calls.append(arguments)
        if len(calls) > survived:
            raise Killed
        return whole(*arguments)

    monkeypatch.setattr(rotation, "_encrypt_batch", dies)
    with pytest.raises(Killed):
        rotation.rotate(batch=1)
    between, during = opened(connections), kept_keys(keys)
    monkeypatch.setattr(rotation, "_encrypt_batch", whole)
    done = rotation.rotate(batch=1)

    assert between == opened(connections) == ["secret-0", "secret-1", "secret-2"]
    assert during[1] == old and kept_keys(keys) == during[:1]
    assert (done.resumed, done.encrypted) == (True, 3 - survived)


def test_a_rotation_killed_before_it_forgets_keeps_both_keys(keys, monkeypatch):
    connections = connected()

    def dies():
        raise Killed

    with monkeypatch.context() as killed:
        killed.setattr(credentials, "forget_old_keys", dies)
        with pytest.raises(Killed):
            rotation.rotate()

    assert len(kept_keys(keys)) == 2
    assert (rotation.rotate().encrypted, len(kept_keys(keys))) == (0, 1)
    assert opened(connections) == ["secret-0", "secret-1", "secret-2"]


def test_what_no_key_opens_is_told_and_stops_nothing(keys):
    connections = connected(2)
    foreign = Fernet(Fernet.generate_key()).encrypt(b"{}").decode()
    Connection.objects.filter(id=connections[0].id).update(credentials=foreign)

    done = rotation.rotate()

    assert [each.id for each in done.unreadable] == [connections[0].id]
    assert opened(connections[1:]) == ["secret-1"]


def test_keys_in_the_environment_are_changed_there(keys, monkeypatch):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    monkeypatch.setenv("STOPLINE_CREDENTIALS_KEY", old)
    connections = connected()

    with pytest.raises(StoplineError, match="Put a new one in front"):
        rotation.rotate()
    monkeypatch.setenv("STOPLINE_CREDENTIALS_KEY", f"{new},{old}")
    done = rotation.rotate()
    monkeypatch.setenv("STOPLINE_CREDENTIALS_KEY", new)

    assert done.encrypted == 3
    assert opened(connections) == ["secret-0", "secret-1", "secret-2"]


@pytest.mark.django_db(transaction=True)
def test_a_connection_added_during_a_rotation_is_never_left_under_the_old_key(keys):
    """Its key is read before the rotation, its row is written after: the rotation waits for it."""
    account, reading, over = make.account(), threading.Event(), []

    def slow_admin():
        with transaction.atomic():
            credentials.keep_keys()
            kept = credentials.encrypt({"token": "late"})
            reading.set()
            time.sleep(0.4)
            make.connection(account, credentials=kept)
        over.append("added")
        database.close()

    admin = threading.Thread(target=slow_admin)
    admin.start()
    reading.wait(5)
    done = rotation.rotate()
    over.append("rotated")
    admin.join(5)

    assert (over, done.encrypted) == (["added", "rotated"], 1)
    assert opened([account.connections.get()]) == ["late"]
