from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "stopline.doors.web"
