"""The agent, asked by coroutines."""

import asyncio
import http.client
import io
from typing import Any, Awaitable, Callable, Dict, List, Mapping, Optional, Sequence

from ..absence import may_pass
from ..http_over_socket import Answer, headers_of
from ..socket_path import reachable
from ..socket_path import socket_path as path_of
from . import answers, requests
from .agent import lost, unreachable
from .answers import Model, ModelTensors, Result
from .deadline import DEADLINE_HEADER, DEFAULT_TIMEOUT_SECONDS, Deadline
from .errors import AgentError

_MAX_ANSWER_BYTES = 64 * 1024 * 1024


class AsyncAgent:
    """``Agent`` with coroutines. A call that is cancelled closes its connection, and the agent stops working for it."""

    def __init__(
        self,
        socket_path: Optional[str] = None,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ):
        Deadline(timeout_seconds)
        self._path = path_of(socket_path, 'EDGEML_AGENT_SOCKET', 'edgeml.InferenceAgent', 'agent.sock')
        self._timeout_seconds = timeout_seconds
        self._sleep = sleep

    async def __aenter__(self) -> 'AsyncAgent':
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def predict(self, service: str, picture: requests.Picture, timeout_seconds: Optional[float] = None) -> Result:
        """Runs the model of a service on a picture, see ``Agent.predict``."""
        return answers.result_of(await self._ask(requests.predict(service, picture), timeout_seconds))

    async def infer(
        self,
        model: str,
        inputs: Mapping[str, Any],
        *,
        outputs: Optional[Sequence[str]] = None,
        parameters: Optional[Mapping[str, Any]] = None,
        timeout_seconds: Optional[float] = None
    ) -> Dict[str, Any]:
        """Runs a model on arrays of numpy, see ``Agent.infer``."""
        request = requests.infer(model, inputs, outputs, parameters)
        return answers.arrays_of(await self._ask(request, timeout_seconds))

    async def tensors(self, model: str, timeout_seconds: Optional[float] = None) -> ModelTensors:
        """Names, types and shapes of a model's inputs and outputs."""
        return answers.tensors_of(await self._ask(requests.metadata(model), timeout_seconds))

    async def models(self, timeout_seconds: Optional[float] = None) -> List[Model]:
        """The models that serve."""
        return answers.models_of(await self._ask(requests.models(), timeout_seconds))

    async def _ask(self, request: requests.Request, timeout_seconds: Optional[float]) -> Answer:
        deadline = Deadline(self._timeout_seconds if timeout_seconds is None else timeout_seconds)
        while True:
            try:
                work = _exchange(self._path, request, deadline.header)
                return answers.checked(await asyncio.wait_for(work, deadline.socket_seconds))
            except asyncio.TimeoutError as error:
                raise deadline.passed() from error
            except AgentError as error:
                pause = deadline.pause_before_retry(error)
            await self._sleep(pause)


async def _exchange(path: str, request: requests.Request, deadline_ms: str) -> Answer:
    try:
        reader, writer = await asyncio.open_unix_connection(reachable(path))
    except OSError as error:
        raise unreachable(path, error, may_pass(error.errno)) from error
    try:
        writer.write(_head_of(request, deadline_ms) + (request.body or b''))
        try:
            await writer.drain()
        except (BrokenPipeError, ConnectionResetError):
            pass  # A refusal may be there before all of the body was taken.
        received = bytearray()
        while True:
            part = await reader.read(65536)
            if not part:
                break
            received += part
            if len(received) > _MAX_ANSWER_BYTES:
                raise http.client.HTTPException('the answer is larger than {} bytes'.format(_MAX_ANSWER_BYTES))
        return _answer_in(bytes(received))
    except (OSError, http.client.HTTPException) as error:
        raise lost(error) from error
    finally:
        writer.close()


def _head_of(request: requests.Request, deadline_ms: str) -> bytes:
    headers = dict(request.headers)
    headers.update({'Host': 'localhost', 'Connection': 'close', DEADLINE_HEADER: deadline_ms})
    if request.body is not None:
        headers['Content-Length'] = str(len(request.body))
    lines = ['{} {} HTTP/1.1'.format(request.method, request.target)]
    lines += ['{}: {}'.format(name, value) for name, value in headers.items()]
    return ('\r\n'.join(lines) + '\r\n\r\n').encode('latin-1')


class _Received:
    """Looks like a socket to http.client."""

    def __init__(self, data: bytes):
        self._data = data

    def makefile(self, *_: object) -> io.BytesIO:
        return io.BytesIO(self._data)


def _answer_in(data: bytes) -> Answer:
    response = http.client.HTTPResponse(_Received(data))  # type: ignore[arg-type]
    response.begin()
    content_type = response.headers.get('Content-Type', '').split(';')[0]
    return Answer(response.status, content_type, response.read(), headers_of(response))
