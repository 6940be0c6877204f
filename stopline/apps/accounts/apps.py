from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "stopline.apps.accounts"
