"""How long a call may take, and when it is tried again."""

import math
import time
from typing import Callable

from ..absence import pauses
from .errors import AgentError, DeadlineExceeded

DEADLINE_HEADER = 'X-EdgeML-Deadline-Ms'
DEFAULT_TIMEOUT_SECONDS = 10.0

_MARGIN_SECONDS = 1.0
"""Time for the agent to say itself that the deadline has passed."""


class Deadline:
    """The end of one call, with all its attempts.

    :raises ValueError: if the time is not a positive number
    """

    def __init__(self, seconds: float, monotonic: Callable[[], float] = time.monotonic):
        if not isinstance(seconds, (int, float)) or not 0 < seconds < math.inf:
            raise ValueError('timeout_seconds must be a positive number, got {!r}'.format(seconds))
        self._seconds = seconds
        self._monotonic = monotonic
        self._end = monotonic() + seconds
        self._pauses = pauses()

    @property
    def socket_seconds(self) -> float:
        return self._left() + _MARGIN_SECONDS

    @property
    def header(self) -> str:
        return str(max(1, int(self._left() * 1000)))

    def pause_before_retry(self, error: AgentError) -> float:
        """Seconds until the agent wants to be asked again, or may have started.

        :raises AgentError: the error itself, if another attempt does not help, or comes after the end
        """
        pause = next(self._pauses) if error.may_pass else error.retry_after_seconds
        if pause is None or pause >= self._end - self._monotonic():
            raise error
        return pause

    def passed(self) -> DeadlineExceeded:
        return DeadlineExceeded('the agent did not answer within {} s'.format(self._seconds), 'agent.timeout')

    def _left(self) -> float:
        left = self._end - self._monotonic()
        if left <= 0:
            raise self.passed()
        return left
