"""`python -m commands`: the same as `tellonce`, for a process that starts another of its own kind."""

from commands.main import tellonce

tellonce()
