"""Property tests here have no time limit per example: on a busy machine that would fail for no reason."""

from hypothesis import settings

settings.register_profile("rules", deadline=None)
settings.load_profile("rules")
