from django.apps import AppConfig


class ConsentConfig(AppConfig):
    name = "stopline.apps.consent"
