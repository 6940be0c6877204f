from django.apps import AppConfig


class BroadcastsConfig(AppConfig):
    name = "stopline.apps.broadcasts"
