"""The base of both clients' exceptions, and the exception that both raise."""

from typing import Optional


class EdgeMLException(Exception):
    """Base of the three exceptions.

    ``code`` is stable and documented in docs/errors.md of EdgeML, e.g. ``admission.deadline``; ``todo`` says what to do.
    """

    def __init__(self, message: str, code: Optional[str] = None, todo: Optional[str] = None):
        super().__init__(message if code is None else '{} [{}]'.format(message, code))
        self.code = code
        self.todo = todo


class GreengrassDependencyException(EdgeMLException):
    """The service could not be asked: it is not deployed, is not running, or did not answer in time."""
