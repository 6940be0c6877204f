"""The way of a file through the pages, and what people without the right to it see."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from stopline.apps.contacts.importing import running, uploads
from stopline.apps.contacts.models import Import
from tests import make

pytestmark = [
    pytest.mark.django_db,
    # Downloads are asynchronous; the test client reads them as a whole.
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous"),
]
FILE = "Name,Mobile,Unsubscribed\nJo Doe,+14155550123,yes\nMo,12,\n=cmd,,\n"


def send(browser, text: str = FILE, name: str = "people.csv"):
    return browser.post("/contacts/import/", {"file": SimpleUploadedFile(name, text.encode())})


def page(response) -> str:
    return response.content.decode()


def imported(browser, text: str = FILE) -> Import:
    """Uploaded, started with the guessed columns, and run."""
    where = send(browser, text)["Location"]
    waiting = Import.objects.get(account_id=browser.account.id)
    browser.post(where, {f"column-{index}": target for index, target in waiting.mapping.items()})
    running.run(waiting.account_id, waiting.id)
    return Import.objects.get(pk=waiting.pk)


def downloaded(response) -> list[list[str]]:
    text = b"".join(response).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_a_file_is_mapped_started_watched_and_its_bad_rows_downloaded(admin):
    mapping = send(admin)["Location"]
    shown = page(admin.get(mapping))
    assert "people.csv, 3 rows" in shown and "Jo Doe" in shown
    assert (
        '<option value="unsubscribed:all" selected>' in shown and '<option value="phone" selected>' in shown
    )

    started = admin.post(
        mapping,
        {
            "column-0": "name",
            "column-1": "phone",
            "column-2": "unsubscribed:all",
            "list": "new",
            "new_list": "Spring",
        },
    )
    waiting = page(admin.get(started["Location"]))
    assert "0 of 3 rows" in waiting and "<progress" in waiting and "live:import:" in waiting

    found = Import.objects.get(account_id=admin.account.id)
    running.run(found.account_id, found.id)
    done = page(admin.htmx.get(started["Location"]))
    assert "The import is done" in done and "<html" not in done and "hx-get" not in done
    assert "too few digits" in done or "can&#x27;t be used" in done

    rows = downloaded(admin.get(f"{started['Location']}bad-rows.csv"))
    assert rows[0] == ["Line", "Reason", "Name", "Mobile", "Unsubscribed"]
    assert [row[0] for row in rows[1:]] == ["3", "4"]
    assert rows[2][2] == "'=cmd"


def test_mended_bad_rows_can_be_imported_as_they_were_downloaded(admin):
    done = imported(admin)
    rows = downloaded(admin.get(f"/contacts/import/{done.id}/bad-rows.csv"))
    rows[2][3] = "+14155550124"
    mended = io.StringIO()
    csv.writer(mended).writerows([rows[0], rows[2]])
    done.delete()

    again = imported(admin, mended.getvalue())

    assert (again.created_count, again.fault_count) == (1, 0)
    assert admin.account.contacts.get(phone="+14155550124").first_name == "=cmd"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "This file is empty"),
        ("Name,Phone\n", "This file has no contacts"),
        ("+14155550123,Jo\n+14155550124,Mo\n", "The first row doesn&#x27;t name the columns"),
        ("PK\x03\x04", "This file isn&#x27;t a CSV file"),
    ],
)
def test_a_file_that_can_not_be_read_is_told_on_the_page(admin, text, told):
    response = send(admin, text)

    assert response.status_code == 422
    assert told in page(response) and 'role="alert"' in page(response)
    assert not Import.objects.exists()


def test_choosing_no_file_is_told(admin):
    response = admin.post("/contacts/import/")

    assert response.status_code == 422 and "No file was chosen" in page(response)


def test_too_many_rows_are_told_with_what_to_do(admin, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_ROWS", 2)

    response = send(admin)

    assert "more than 2 rows" in page(response) and "Split it" in page(response)


def test_a_file_that_is_too_large_is_told(admin, settings, monkeypatch):
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 10
    monkeypatch.setattr(uploads, "MOST_BYTES", 10)

    response = send(admin)

    assert response.status_code == 422 and "This file is too large" in page(response)


def test_a_mapping_without_an_address_is_told_and_keeps_the_choices(admin):
    where = send(admin)["Location"]

    response = admin.post(where, {"column-0": "notes"})

    assert response.status_code == 422
    assert "No column becomes Phone or E-mail" in page(response)
    assert '<option value="notes" selected>' in page(response)


def test_a_file_is_read_again_as_people_say(admin):
    where = send(admin, "Name;Mobile, home\nJürgen;+14155550123\n")["Location"]

    admin.post(where, {"read": "again", "encoding": "cp1252", "delimiter": ","})

    shown = page(admin.get(where))
    assert "JÃ¼rgen;+14155550123" in shown
    assert '<option value="cp1252" selected>' in shown


def test_agents_import_but_may_not_map_a_column_to_unsubscribed(agent):
    admin = make.member(agent.account, name="Ana Ruiz")
    where = send(agent)["Location"]
    shown = page(agent.get(where))

    refused = agent.post(where, {"column-1": "phone", "column-2": "unsubscribed:all"})
    taken = agent.post(where, {"column-1": "phone"})

    reason = f"Only admins can unsubscribe contacts. Ask {admin.user.name}."
    assert reason in shown and '<optgroup label="Subscription" disabled>' in shown
    assert '<option value="unsubscribed:all" selected>' not in shown
    assert refused.status_code == 403 and reason in page(refused)
    assert taken.status_code == 302


def test_a_list_without_a_name_and_a_list_of_others_are_refused(admin, outsider):
    theirs = outsider.account.lists.create(name="Theirs")
    where = send(admin)["Location"]

    unnamed = admin.post(where, {"column-1": "phone", "list": "new"})
    foreign = admin.post(where, {"column-1": "phone", "list": str(theirs.id)})
    broken = admin.post(where, {"column-1": "phone", "list": "x"})

    assert "The new list has no name" in page(unnamed)
    assert "The chosen list is gone" in page(foreign)
    assert "The chosen list doesn&#x27;t exist" in page(broken)


def test_an_import_nobody_works_on_offers_to_resume(admin):
    where = send(admin)["Location"]
    started = admin.post(where, {"column-1": "phone"})["Location"]
    Import.objects.update(progress_at=timezone.now() - running.QUIET_AFTER * 2)

    shown = page(admin.get(started))
    resumed = admin.post(f"{started}resume/")

    assert ">Resume</button>" in shown and "Is a worker running?" in shown
    assert resumed["Location"] == started
    assert ">Resume</button>" not in page(admin.get(started))


def test_recent_imports_lead_back_to_each(admin):
    done = imported(admin)

    shown = page(admin.get("/contacts/import/"))

    assert f'href="/contacts/import/{done.id}/"' in shown and "Done" in shown


@pytest.mark.parametrize("path", ["", "columns/", "bad-rows.csv"])
def test_an_import_of_others_does_not_exist(admin, outsider, path):
    done = imported(admin)

    assert outsider.get(f"/contacts/import/{done.id}/{path}").status_code == 404
    assert outsider.post(f"/contacts/import/{done.id}/resume/").status_code == 404


@pytest.mark.parametrize("path", ["/contacts/import/", "/contacts/export/"])
def test_nobody_comes_in_without_signing_in(client, path):
    assert "sign-in" in client.get(path)["Location"]


def test_an_export_holds_what_the_filter_shows_and_nothing_of_others(admin, outsider):
    make.contact(admin.account, "Ada")
    make.contact(admin.account, "Bob")
    make.contact(outsider.account, "Ada")

    response = admin.get("/contacts/export/?q=ada")

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="contacts-')
    assert [row[0] for row in downloaded(response)] == ["First name", "Ada"]


def test_a_filter_that_does_not_exist_is_refused_instead_of_exporting_everybody(admin):
    assert admin.get("/contacts/export/?status=sold").status_code == 422


def test_the_page_says_how_much_it_takes(admin):
    assert "Up to 100,000 rows and 64 MB" in page(admin.get("/contacts/import/"))
