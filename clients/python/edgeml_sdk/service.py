"""Base of both clients: asks a service of EdgeML, and raises the exception that fits."""

import json
import math
import time
from typing import Any, Callable, FrozenSet, Mapping, Optional, Type

from .absence import PATIENCE_SECONDS, pauses
from .exception import EdgeMLException, GreengrassDependencyException
from .http_over_socket import Answer, ConnectionLost, TimedOut, Unreachable, post
from .socket_path import socket_path

DEFAULT_TIMEOUT_SECONDS = 60.0


class Service:
    """A component of EdgeML with an HTTP socket.

    While nobody listens, because the component restarts, it is asked again: for 10 s, or for the time-out if that is shorter.

    :param codes: begin of the codes of errors that are made here, e.g. ``agent`` for ``agent.timeout``
    :param absent: codes that mean that there is nobody to ask, though the component runs
    """

    def __init__(
        self,
        component: str,
        socket_name: str,
        variable: str,
        codes: str,
        failure: Type[EdgeMLException],
        absent: FrozenSet[str],
        given_path: Optional[str],
        timeout_seconds: float,
        sleep: Callable[[float], None] = time.sleep,
    ):
        if not isinstance(timeout_seconds, (int, float)) or not 0 < timeout_seconds < math.inf:
            raise ValueError('timeout_seconds must be a positive number, got {!r}'.format(timeout_seconds))
        self.path = socket_path(given_path, variable, component, socket_name)
        self.timeout_seconds = timeout_seconds
        self._component = component
        self._variable = variable
        self._codes = codes
        self._failure = failure
        self._absent = absent
        self._sleep = sleep

    def post(self, target: str, body: bytes, headers: Mapping[str, str], margin_seconds: float = 0.0) -> Answer:
        """The answer, where its status is 2xx.

        :param margin_seconds: time on top of the time-out, for the service to say itself that it has passed
        """
        start = time.monotonic()
        waits = pauses()
        while True:
            waited = time.monotonic() - start
            try:
                return self._attempt(target, body, headers, max(0.001, self.timeout_seconds - waited) + margin_seconds)
            except Unreachable as error:
                pause = next(waits)
                if not error.may_pass or waited + pause >= min(self.timeout_seconds, PATIENCE_SECONDS):
                    hint = 'check that {} is deployed and RUNNING, or set {}'.format(self._component, self._variable)
                    raise self._absence('unreachable', 'cannot be reached: {}; {}'.format(error, hint)) from error
            self._sleep(pause)

    def _attempt(self, target: str, body: bytes, headers: Mapping[str, str], timeout_seconds: float) -> Answer:
        try:
            answer = post(self.path, target, body, headers, timeout_seconds)
        except TimedOut as error:
            raise self._absence('timeout', 'did not answer within {} s'.format(self.timeout_seconds)) from error
        except ConnectionLost as error:
            raise self._absence('connection-lost', 'broke the connection off: {}'.format(error)) from error
        if 200 <= answer.status < 300:
            return answer
        raise self._refusal(answer)

    def _refusal(self, answer: Answer) -> EdgeMLException:
        try:
            error = json.loads(answer.body.decode('utf-8'))['error']
            code, message, todo = error['code'], error['message'], error.get('todo')
        except (ValueError, KeyError, TypeError, AttributeError):
            return self._absence('bad-answer', 'answered with status {} and no error body'.format(answer.status))
        kind: Callable[..., EdgeMLException] = self._failure
        if code in self._absent:
            kind = GreengrassDependencyException
        return kind(message, code, todo)

    def _absence(self, what: str, message: str) -> GreengrassDependencyException:
        text = '{} at {} {}'.format(self._component, self.path, message)
        return GreengrassDependencyException(text, '{}.{}'.format(self._codes, what))


def ascii_json(name: str, value: Any) -> str:
    """JSON for a header.

    :raises ValueError: for what JSON does not have, e.g. NaN
    """
    try:
        return json.dumps(value, allow_nan=False, separators=(',', ':'))
    except (TypeError, ValueError) as error:
        raise ValueError('Argument {} cannot be written as JSON: {}'.format(name, error)) from error
