from django.apps import AppConfig


class InboxConfig(AppConfig):
    name = "stopline.apps.inbox"
