"""One HTTP request over a Unix socket, within a time-out for all of it."""

import errno
import http.client
import socket
import time
from typing import Any, Mapping, NamedTuple, Optional

from .absence import may_pass
from .socket_path import reachable

_CHUNK_BYTES = 65536
_MAX_ANSWER_BYTES = 64 * 1024 * 1024


class Answer(NamedTuple):
    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] = {}
    """By their names in lower case."""


class Unreachable(Exception):
    """Nobody was asked."""

    def __init__(self, why: str, may_pass: bool = False):
        super().__init__(why)
        self.may_pass = may_pass
        """The service may be starting, so that another attempt may reach it."""


class ConnectionLost(Exception):
    """Somebody was asked, and hung up or answered something that is not HTTP."""


class TimedOut(Exception):
    """The time-out passed."""


def post(socket_path: str, target: str, body: bytes, headers: Mapping[str, str], timeout_seconds: float) -> Answer:
    """Sends the body and waits for the answer, whatever its status.

    :raises Unreachable, ConnectionLost, TimedOut:
    """
    return ask(socket_path, 'POST', target, body, headers, timeout_seconds)


def ask(
    socket_path: str, method: str, target: str, body: Optional[bytes], headers: Mapping[str, str], timeout_seconds: float
) -> Answer:
    """The same with any method."""
    connection = _Connection(socket_path, timeout_seconds)
    try:
        connection.connect()
        try:
            connection.request(method, target, body=body, headers=dict(headers))
        except (BrokenPipeError, ConnectionResetError):
            pass  # A refusal may be there before all of the body was taken.
        response = connection.answer()
        content_type = response.headers.get('Content-Type', '').split(';')[0]
        return Answer(response.status, content_type, connection.rest(response), headers_of(response))
    except socket.timeout as error:
        raise TimedOut() from error
    except (OSError, http.client.HTTPException) as error:
        raise ConnectionLost('{}: {}'.format(type(error).__name__, error)) from error
    finally:
        connection.close()


def headers_of(response: http.client.HTTPResponse) -> Mapping[str, str]:
    return {name.lower(): value for name, value in response.getheaders()}


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout_seconds: float):
        super().__init__('localhost', timeout=timeout_seconds)
        self._path = path
        # http.client lets go of the socket once the server has said that it will close it.
        self._stream: Optional[socket.socket] = None
        self._end = time.monotonic() + timeout_seconds

    def connect(self) -> None:
        if not hasattr(socket, 'AF_UNIX'):
            raise Unreachable('Python has no Unix sockets on this system')
        self.sock = self._stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._keep_to_the_time()
        try:
            self.sock.connect(reachable(self._path))
        except socket.timeout:
            raise
        except OSError as error:
            raise Unreachable(_why(error), may_pass(error.errno)) from error

    def send(self, data: Any) -> None:
        self._keep_to_the_time()
        super().send(data)

    def answer(self) -> http.client.HTTPResponse:
        self._keep_to_the_time()
        return self.getresponse()

    def rest(self, response: http.client.HTTPResponse) -> bytes:
        parts = []
        size = 0
        while not response.isclosed():
            self._keep_to_the_time()
            part = response.read1(_CHUNK_BYTES)
            size += len(part)
            if size > _MAX_ANSWER_BYTES:
                raise ConnectionLost('the answer is larger than {} bytes'.format(_MAX_ANSWER_BYTES))
            if not part:
                break
            parts.append(part)
        announced = response.headers.get('Content-Length', '')
        if announced.isdigit() and size < int(announced):
            raise ConnectionLost('the answer ended after {} of {} bytes'.format(size, announced))
        return b''.join(parts)

    def _keep_to_the_time(self) -> None:
        left = self._end - time.monotonic()
        if left <= 0:
            raise socket.timeout()
        if self._stream is not None:
            self._stream.settimeout(left)


_REASONS = {
    errno.ENOENT: 'there is no such socket',
    errno.ECONNREFUSED: 'nobody listens on the socket',
    errno.EACCES: 'this user may not open the socket',
    errno.EPERM: 'this user may not open the socket',
    errno.ENOTSOCK: 'the file is not a socket',
    errno.EAGAIN: 'too many connections wait on the socket',
}


def _why(error: OSError) -> str:
    known: Optional[str] = _REASONS.get(error.errno) if error.errno is not None else None
    return known or str(error)
