"""What an account calls itself, where it is, and where its members find help."""

from __future__ import annotations

import zoneinfo
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from phonenumbers import SUPPORTED_REGIONS
from phonenumbers.geodata.locale import LOCALE_DATA

from stopline.apps.accounts.live import announce
from stopline.apps.accounts.members import require_admin
from stopline.apps.accounts.models import Account
from stopline.rules.errors import InvalidInput

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Member

ZONES = zoneinfo.available_timezones()
PLACES = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
# To choose from; the other zones are spellings kept for old computers.
TIME_ZONES = ("UTC", *sorted(zone for zone in ZONES if zone.split("/")[0] in PLACES))


def _country(code: str) -> str:
    """Its English name; the library writes one that another language has too as "*" and that language."""
    name = LOCALE_DATA[code]["en"]
    return LOCALE_DATA[code][name[1:]] if name.startswith("*") else name


# ISO 3166-1 alpha-2 and name, of every country with phone numbers, by name.
COUNTRIES = tuple(
    sorted(
        ((code, _country(code)) for code in SUPPORTED_REGIONS if code in LOCALE_DATA), key=lambda it: it[1]
    )
)


def new(name: str, time_zone: str, default_country: str, *, is_operator: bool = False) -> Account:
    """Raises InvalidInput."""
    account = Account(is_operator=is_operator)
    _describe(account, name, time_zone, default_country)
    account.save()
    return account


def change(by: Member, *, name: str, time_zone: str, default_country: str, support_url: str = "") -> Account:
    """`support_url` counts for the operator's account only. Raises NotAllowed for agents, InvalidInput."""
    require_admin(by, "change settings")
    account = Account.objects.get(id=by.account_id)
    _describe(account, name, time_zone, default_country)
    if account.is_operator:
        account.support_url = _web_address(support_url)
    account.save(update_fields=["name", "time_zone", "default_country", "support_url"])
    announce(account.id, "settings")
    return account


def _describe(account: Account, name: str, time_zone: str, default_country: str) -> None:
    name = " ".join(name.split())
    if not 1 <= len(name) <= 120:
        raise InvalidInput(
            "The account's name needs 1 to 120 characters", "Type the name that customers know"
        )
    if time_zone not in ZONES:
        raise InvalidInput(
            f"There is no time zone “{time_zone[:64]}”", "Choose one from the list, e.g. Europe/Paris"
        )
    if default_country not in SUPPORTED_REGIONS:
        raise InvalidInput(f"There is no country “{default_country[:64]}”", "Choose one from the list")
    account.name, account.time_zone, account.default_country = name, time_zone, default_country


def _web_address(text: str) -> str:
    text = text.strip()
    if text and not (
        urlsplit(text).scheme in ("http", "https") and urlsplit(text).hostname and len(text) <= 200
    ):
        raise InvalidInput(f"“{text[:200]}” is not a web address", "Write it like https://help.example.com")
    return text
