"""Properties have no time limit: a busy machine is no failure."""

from hypothesis import settings

settings.register_profile("patient", settings(), deadline=None)
settings.load_profile("patient")
