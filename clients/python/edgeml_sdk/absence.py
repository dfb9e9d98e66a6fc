"""A service that starts again: for some seconds nobody listens on its socket."""

import errno
from typing import Iterator, Optional

PATIENCE_SECONDS = 10.0
"""How long clients without a time-out of their own wait for a service that may be starting."""

_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 1.0

_PASSING = frozenset([errno.ENOENT, errno.ECONNREFUSED, errno.EAGAIN])


def may_pass(number: Optional[int]) -> bool:
    """Whether a connection that failed with this errno may succeed a moment later: nobody has been asked yet."""
    return number in _PASSING


def pauses() -> Iterator[float]:
    """Seconds between attempts, without an end."""
    pause = _FIRST_PAUSE_SECONDS
    while True:
        yield pause
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
