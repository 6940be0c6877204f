"""Sign-in rules handed to django-allauth."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ByInvitation(DefaultAccountAdapter):
    """Nobody signs up by themselves: members are invited, the first admin is made by the first-run page."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
