"""Errors a person can meet: what happened, why, and what to do next. The same words at every door."""

import inspect


class StoplineError(Exception):
    """Something went wrong"""

    status = 500

    def __init__(self, detail: str = "", next_step: str = "", *, title: str = "") -> None:
        """`title` says what happened (default: the docstring), `detail` why, `next_step` what to do."""
        super().__init__(detail)
        self.title = title or inspect.getdoc(type(self)) or type(self).__name__
        self.detail = detail
        self.next_step = next_step

    def __str__(self) -> str:
        parts = (self.title, self.detail, self.next_step)
        return ". ".join(part.rstrip(".") for part in parts if part) + "."


class NotAllowed(StoplineError):
    """You aren't allowed to do this"""

    status = 403


class NotFound(StoplineError):
    """This doesn't exist"""

    status = 404


class Conflict(StoplineError):
    """This clashes with something that already exists"""

    status = 409


class InvalidInput(StoplineError):
    """This can't be used"""

    status = 422
