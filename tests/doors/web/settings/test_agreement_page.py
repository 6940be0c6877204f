"""Settings → Channels → Agreement: who differs, what will be done, and what was."""

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from stopline.apps.sending.agreement import run
from stopline.apps.sending.models import Comparison, ProviderOptOut
from stopline.providers.base import Provider
from stopline.providers.registry import PROVIDERS
from stopline.providers.sandbox.receiver import SandboxReceiver
from stopline.providers.sandbox.sender import SandboxSender
from stopline.rules.words import CONSENT_CHANNELS
from tests import make

pytestmark = pytest.mark.django_db
PAGE = "/settings/channels/agreement/"


def able(lists, adds, removes):
    return type("Able", (), {"lists": lists, "adds": adds, "removes": removes})


@pytest.fixture
def provider(monkeypatch):
    """Puts a provider that can do this much about opt-outs into the registry."""

    def put(name="fake", agreement=None):
        made = Provider(
            name.capitalize(), CONSENT_CHANNELS, SandboxSender, SandboxReceiver, agreement=agreement
        )
        monkeypatch.setitem(PROVIDERS, name, made)

    put(agreement=able(True, True, True))
    return put


@pytest.fixture
def connection(admin, provider):
    return make.connection(admin.account, provider="fake", name="Fake texts", channels=["sms"])


def differs(connection, address, **values):
    row = {"held": False, "todo": "add", **values}
    return ProviderOptOut.objects.create(
        account_id=connection.account_id, connection_id=connection.id, channel="sms", address=address, **row
    )


def text(response) -> str:
    return response.content.decode()


def test_it_shows_each_address_with_what_will_be_done(admin, connection):
    make.contact(admin.account, "Ada", phone="+14155550101")
    differs(connection, "+14155550101")
    differs(connection, "+14155550102", todo="remove", held=True)
    differs(connection, "+14155550103", todo="stays", held=True, problem="Not taken.", due_at=timezone.now())
    differs(connection, "+14155550104", todo="")

    page = text(admin.get(PAGE))

    assert "Ada" in page and "+1 415-555-0102" in page and "0104" not in page
    for words in (
        "It will be added at the provider",
        "taken off the provider",
        "only the contact can lift it",
    ):
        assert words in page
    assert "Not taken. Next try" in page and "<dd>3</dd>" in page


@pytest.mark.parametrize(
    ("agreement", "words"),
    [
        (None, "has no list of opt-outs that Stopline could read or change"),
        (able(False, False, False), "so there is nothing to compare"),
        (able(False, True, True), "can’t list who has opted out there"),
        (able(True, False, False), "It takes no opt-outs from us"),
        (able(True, True, False), "goes on refusing until the contact opts in there"),
        (able(True, True, True), "the address is taken off there"),
    ],
)
def test_what_a_provider_can_is_told_in_words(admin, connection, provider, agreement, words):
    provider(agreement=agreement)

    assert words in text(admin.get(PAGE))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "Not compared yet"),
        ({"asked_at": 5}, "Waiting for a worker"),
        ({"asked_at": 5, "started_at": 6}, "Comparing now"),
        ({"started_at": 6, "finished_at": 7}, "Compared"),
        ({"started_at": 6, "finished_at": 3, "problem": "The provider is busy."}, "did not get to its end"),
    ],
)
def test_where_the_comparison_stands_is_told(admin, connection, values, words):
    now = timezone.now()
    at = {
        name: value if isinstance(value, str) else now.replace(second=value) for name, value in values.items()
    }
    Comparison.objects.create(account_id=connection.account_id, connection_id=connection.id, **at)

    page = text(admin.get(PAGE))

    assert words in page and values.get("problem", "") in page


def test_compare_now_asks_a_worker(admin, connection):
    response = admin.post(f"{PAGE}compare/", follow=True)

    assert "Comparing 1 connection;" in text(response)
    assert ProcrastinateJob.objects.filter(task_name=run.TASK).count() == 1
    assert "Waiting for a worker" in text(admin.htmx.get(PAGE))


def test_agents_read_it_and_cannot_compare(agent, connection):
    page = text(agent.get(PAGE))

    assert "Compare now" not in page and "Only admins can compare opt-outs" in page
    assert agent.post(f"{PAGE}compare/").status_code == 403
    assert not ProcrastinateJob.objects.exists()


def test_outsiders_see_nothing_of_it(outsider, connection):
    differs(connection, "+14155550101")

    page = text(outsider.get(f"{PAGE}?connection={connection.id}"))

    assert "0101" not in page and "Fake texts" not in page


def test_looking_compares_nothing(admin, connection):
    admin.get(PAGE)

    assert admin.get(f"{PAGE}compare/").status_code == 405
    assert not ProcrastinateJob.objects.exists()


def test_long_lists_come_in_pages(admin, connection):
    for number in range(130):
        differs(connection, f"+1415555{number:04}")

    first = text(admin.get(PAGE))
    everything = text(admin.get(f"{PAGE}?connection={connection.id}"))
    rest = text(admin.get(f"{PAGE}?connection={connection.id}&channel=sms&after=%2B14155550099"))

    assert first.count("It will be added") == 20 and "Show all 130" in first
    assert everything.count("It will be added") == 100 and "Next" in everything
    assert rest.count("It will be added") == 30


def test_what_was_settled_lately_is_shown(admin, connection):
    differs(connection, "+14155550101", todo="", held=True, done="taken", done_at=timezone.now())

    assert "Unsubscribed in Stopline, too" in text(admin.get(PAGE))


@pytest.mark.parametrize(
    ("removes", "words"),
    [(True, "Stopline takes it off there"), (False, "will go on refusing: Stopline can&#x27;t")],
)
def test_the_resubscribe_dialog_says_what_the_provider_will_do(admin, connection, provider, removes, words):
    provider(agreement=able(True, True, removes))
    ada = make.contact(admin.account, phone="+14155550101", sms="unsubscribed")
    differs(connection, ada.phone, todo="", held=True)

    page = text(admin.get(f"/contacts/resubscribe/?contact={ada.id}"))

    assert words in page and "Fake texts has this address" in page


def test_the_channels_lead_there(admin):
    assert f'href="{PAGE}"' in text(admin.get("/settings/channels/"))
