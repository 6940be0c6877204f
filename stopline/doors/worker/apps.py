from django.apps import AppConfig


class WorkerConfig(AppConfig):
    """Makes the worker's tasks known to Procrastinate, which looks for a module named `tasks` in every app."""

    name = "stopline.doors.worker"
