"""All contacts narrowed: the filter agrees with a naive reading, and pages miss nobody and show nobody twice."""

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from stopline.apps.consent import subscription
from stopline.apps.consent.models import Subscription
from stopline.apps.contacts import contact as contacts
from stopline.apps.contacts import directory, lists
from stopline.apps.contacts.directory import Filters
from stopline.rules.errors import InvalidInput
from stopline.rules.words import CONSENT_CHANNELS, Channel, Source, Standing
from tests import make

KINDS = st.sampled_from(["none", "phone", "email", "both"])
PEOPLE = st.lists(
    st.tuples(
        KINDS,
        st.sampled_from(["Ana", "Ben", "Anabel"]),
        st.sets(st.sampled_from(CONSENT_CHANNELS)),  # unsubscribed on
        st.sets(st.sampled_from(CONSENT_CHANNELS), max_size=2),  # pending on
        st.booleans(),  # on the list
    ),
    max_size=8,
)
FILTERS = st.builds(
    Filters,
    text=st.sampled_from(["", "ana", "zz"]),
    status=st.sampled_from([None, *directory.STATUSES]),
    channel=st.sampled_from([None, *CONSENT_CHANNELS]),
)


class TestAgreement(TestCase):
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(people=PEOPLE, filters=FILTERS, by_list=st.booleans(), few=st.sampled_from([0, 5000]))
    def test_the_query_finds_whom_a_naive_reading_finds(self, people, filters, by_list, few):
        account, stranger = make.account(), make.account("Elsewhere")
        vips = lists.create(account, "VIP")
        known = [_person(account, n, *each, vips) for n, each in enumerate(people)]
        make.contact(stranger, "Ana", sms="unsubscribed")
        filters = Filters(filters.text, filters.status, filters.channel, vips.id if by_list else None)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(directory, "FEW", few)  # both queries for "unsubscribed anywhere"
            paged = list(directory.find(account, filters))
            whole = list(directory.find(account, filters, whole=True))

        expected = [each for each in reversed(known) if _naive(each, filters, by_list)]
        assert [each.id for each in paged] == [each["contact"].id for each in expected]
        assert {each.id for each in whole} == {each.id for each in paged}
        assert directory.count(account, filters) == (len(expected), True)


def _person(account, number, kind, name, gone, pending, listed, vips):
    phone = f"+1212555{1000 + number}" if kind in ("phone", "both") else ""
    email = f"user{number}@example.org" if kind in ("email", "both") else ""
    contact = contacts.add(account, make.system(), first_name=name, phone=phone, email=email)
    keys = [key for key in contact.channels if key[0] in gone]
    subscription.unsubscribe(account.id, keys, source=Source.ADMIN, actor=make.system())
    for channel, address in contact.channels:
        if channel in pending - gone:
            Subscription.objects.create(
                account=account, channel=channel, address=address, standing="pending", entry_id=contact.id
            )
    if listed:
        lists.add(vips, [contact])
    stands = {
        channel: "unsubscribed" if channel in gone else "pending" if channel in pending else "subscribed"
        for channel, _ in contact.channels
    }
    return {"contact": contact, "name": name, "stands": stands, "listed": listed}


def _naive(person, filters, by_list):
    stands = person["stands"]
    if filters.text and not person["name"].lower().startswith(filters.text):
        return False
    if by_list and not person["listed"]:
        return False
    if filters.channel and filters.channel not in stands:
        return False
    asked = [stands[filters.channel]] if filters.channel else list(stands.values())
    if filters.status == Standing.UNSUBSCRIBED:
        return "unsubscribed" in asked
    if filters.status == Standing.SUBSCRIBED:
        return bool(asked) and set(asked) == {"subscribed"}
    return True


@pytest.mark.django_db
def test_pages_show_everybody_once_even_with_equal_names():
    account = make.account()
    everybody = [make.contact(account, "Ada").id for _ in range(7)][::-1]
    found = directory.find(account, Filters())

    first = directory.page(found, 3)
    second = directory.page(found, 3, after=first.older)
    third = directory.page(found, 3, after=second.older)

    seen = [each.id for page in (first, second, third) for each in page.contacts]
    assert seen == everybody
    assert first.newer is None and third.older is None


@pytest.mark.django_db
def test_going_back_shows_the_page_that_was_before():
    account = make.account()
    for _ in range(7):
        make.contact(account)
    found = directory.find(account, Filters())
    first = directory.page(found, 3)
    second = directory.page(found, 3, after=first.older)

    back = directory.page(found, 3, before=second.newer)

    assert back == first


@pytest.mark.django_db
def test_batches_reach_everybody_once_while_the_filter_changes_under_them():
    account = make.account()
    everybody = {make.contact(account).id for _ in range(5)}
    reached = []

    for batch in directory.batches(directory.find(account, Filters(status=Standing.SUBSCRIBED)), size=2):
        reached += [contact.id for contact in batch]
        keys = [key for contact in batch for key in contact.channels]
        subscription.unsubscribe(account.id, keys, source=Source.ADMIN, actor=make.system())

    assert len(reached) == 5 and set(reached) == everybody


@pytest.mark.django_db
def test_a_large_count_is_told_as_an_estimate(monkeypatch):
    account = make.account()
    for _ in range(4):
        make.contact(account)
    monkeypatch.setattr(directory, "COUNTED", 3)

    number, exact = directory.count(account, Filters())

    assert not exact and number >= 3


@pytest.mark.parametrize("query", ["status=gone", "channel=fax", "channel=chat", "list=7"])
def test_a_filter_that_does_not_exist_is_refused_not_ignored(query):
    with pytest.raises(InvalidInput):
        Filters.read(QueryDict(query))


def test_a_filter_survives_its_url():
    filters = Filters("ana", Standing.UNSUBSCRIBED, Channel.SMS)

    assert Filters.read(filters.query) == filters
    assert Filters().query == {}
