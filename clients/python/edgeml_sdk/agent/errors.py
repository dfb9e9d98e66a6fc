"""Errors of a request to the agent."""

from typing import Optional

from ..exception import EdgeMLException


class AgentError(EdgeMLException):
    """The agent refused the request, or could not answer it. ``code`` is one of docs/errors.md, ``todo`` says what helps."""

    def __init__(
        self,
        message: str,
        code: str,
        todo: Optional[str] = None,
        status: Optional[int] = None,
        retry_after_seconds: Optional[float] = None,
        may_pass: bool = False,
    ):
        super().__init__(message, code, todo)
        self.status = status
        self.retry_after_seconds = retry_after_seconds
        self.may_pass = may_pass
        """Nobody listened, and the agent may be starting."""


class AgentUnavailable(AgentError):
    """Nobody listens, or the connection broke off."""


class DeadlineExceeded(AgentError):
    """The time for the call is over."""
