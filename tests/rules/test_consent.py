import pytest

from stopline.rules import consent
from stopline.rules.errors import InvalidInput, NotAllowed
from stopline.rules.words import AddressKind, Channel

PHONE, EMAIL = "+14155550123", "ada@example.com"
BOTH = {AddressKind.PHONE: PHONE, AddressKind.EMAIL: EMAIL}


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.MMS, Channel.RCS])
def test_a_stop_to_one_of_the_carriers_channels_ends_all_three(channel):
    assert consent.stop_scope(channel, PHONE, BOTH, everything=False) == [
        ("mms", PHONE),
        ("rcs", PHONE),
        ("sms", PHONE),
    ]


@pytest.mark.parametrize(("channel", "address"), [(Channel.WHATSAPP, PHONE), (Channel.EMAIL, EMAIL)])
def test_whatsapp_and_email_end_alone(channel, address):
    assert consent.stop_scope(channel, address, BOTH, everything=False) == [(channel, address)]


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.WHATSAPP])
def test_an_account_can_widen_a_stop_to_every_channel_of_the_contact(channel):
    scope = consent.stop_scope(channel, PHONE, BOTH, everything=True)

    assert {each for each, _ in scope} == {"sms", "mms", "rcs", "whatsapp", "email"}


def test_widening_never_narrows_a_stop_from_an_address_the_contact_no_longer_has():
    scope = consent.stop_scope(Channel.SMS, "+14155550199", BOTH, everything=True)

    assert {("sms", "+14155550199"), ("mms", "+14155550199"), ("rcs", "+14155550199")} <= set(scope)


def test_a_start_resumes_where_it_was_written_and_nowhere_else():
    assert consent.start_scope(Channel.WHATSAPP, PHONE) == [("whatsapp", PHONE)]
    assert {channel for channel, _ in consent.start_scope(Channel.SMS, PHONE)} == {"sms", "mms", "rcs"}


def test_a_contact_without_a_number_has_no_texting_channel():
    assert consent.channels_of({AddressKind.EMAIL: EMAIL}) == [(Channel.EMAIL, EMAIL)]


def test_an_agent_is_told_whom_to_ask():
    with pytest.raises(NotAllowed, match=r"Only admins can unsubscribe contacts. Ask Ana, Bo or Cy"):
        consent.require_admin(False, ["Ana", "Bo", "Cy"])


@pytest.mark.parametrize(("reason", "evidence"), [("", "a call"), ("asked", ""), ("asked", "  \n")])
def test_an_unsubscribe_is_lifted_only_with_reason_and_evidence(reason, evidence):
    with pytest.raises(InvalidInput):
        consent.require_evidence(reason, evidence)
