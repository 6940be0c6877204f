"""The sandbox takes files with a message, and keeps what an older version wrote."""

import sqlite3

import orjson
import pytest

from stopline.providers.sandbox import gateway, receipts

HELLO = {"id": "m-1", "channel": "mms", "from": "+14155550100", "to": "+14155550123", "text": ""}
PHOTO = {"url": "https://stopline.example/media/t/a.png", "content_type": "image/png", "name": "a.png"}


def test_files_are_kept_with_the_receipt(tmp_path):
    receipts.Receipts(tmp_path).append("token", {**HELLO, "media": [PHOTO]}, 1, 2)

    assert orjson.loads(receipts.look(tmp_path, "token", "mms", HELLO["to"])[0].media) == [PHOTO]


def test_a_log_from_before_there_were_files_goes_on(tmp_path):
    receipts.Receipts(tmp_path).append("token", HELLO, 1, 2)
    with sqlite3.connect(tmp_path / receipts.FILE) as old:
        old.execute("ALTER TABLE receipt DROP COLUMN media")

    log = receipts.Receipts(tmp_path)

    assert [each.media for each in log.all()] == ["[]"]


@pytest.mark.parametrize("media", ["a.png", [1], [{}], [{"url": "javascript:alert(1)"}], [{"url": None}]])
def test_what_is_no_list_of_files_is_refused(media):
    assert gateway._message(orjson.dumps({**HELLO, "media": media})) is None
    assert gateway._message(orjson.dumps({**HELLO, "media": [PHOTO]}))
