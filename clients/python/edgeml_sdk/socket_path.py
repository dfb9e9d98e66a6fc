"""Where a service listens."""

import os
import sys
from typing import Optional

# sun_path without its closing NUL: 108 bytes on Linux (unix(7)), 104 on macOS (sys/un.h).
_MAX_PATH_BYTES = 103 if sys.platform == 'darwin' else 107


def socket_path(given: Optional[str], variable: str, component: str, name: str) -> str:
    """The path that was given, else the environment's, else the one in the work folder beside ours."""
    path = given or os.environ.get(variable, '').strip() or os.path.join('..', component, name)
    return os.path.abspath(path)


def reachable(path: str) -> str:
    """The form of the path that the system can connect to: relative to the working directory if it is too long.

    :raises OSError: if that is too long, too
    """
    for form in (path, os.path.relpath(path)):
        if len(os.fsencode(form)) <= _MAX_PATH_BYTES:
            return form
    raise OSError('the path is too long for a socket')
