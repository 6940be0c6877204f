"""The Twilio account of a connection, and how it signs in."""

from __future__ import annotations

import re

import aiohttp

from stopline.providers.base import Way
from stopline.providers.errors import Misconfigured

API = "https://api.twilio.com"
ACCOUNTS = "https://accounts.twilio.com"
CONTENT = "https://content.twilio.com"
ACCOUNT_SID = re.compile(r"AC[0-9a-fA-F]{32}", re.ASCII)


def url(way: Way, resource: str) -> str:
    """Of one of the account's resources. Raises Misconfigured where the Account SID is none."""
    sid = setting(way, "account_sid")
    if not ACCOUNT_SID.fullmatch(sid):
        raise Misconfigured(
            "The Account SID is not one of Twilio's: AC and 32 letters and digits. Copy it from the Twilio Console."
        )
    return f"{API}/2010-04-01/Accounts/{sid}/{resource}"


def sign_in(way: Way) -> dict[str, str]:
    """With the API key where there is one (it can be revoked alone), else with the Auth token."""
    user, password = setting(way, "api_key_sid"), way.credentials.get("api_key_secret", "")
    if not (user and password):
        user, password = setting(way, "account_sid"), way.credentials.get("auth_token", "")
    if not password:
        raise Misconfigured("The Auth token is missing. Enter it under Settings, Channels.")
    return {"Authorization": aiohttp.encode_basic_auth(user, password)}


def setting(way: Way, name: str) -> str:
    found = way.settings.get(name)
    return found.strip() if isinstance(found, str) else ""
