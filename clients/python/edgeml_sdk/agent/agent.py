"""The agent, asked by a thread that waits."""

import time
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence

from ..http_over_socket import Answer, ConnectionLost, TimedOut, Unreachable, ask
from ..socket_path import socket_path as path_of
from . import answers, requests
from .answers import Model, ModelTensors, Result
from .deadline import DEADLINE_HEADER, DEFAULT_TIMEOUT_SECONDS, Deadline
from .errors import AgentError, AgentUnavailable


class Agent:
    """Asks the inference agent of this device. Threads may share it; it connects with each call.

    A request that the agent turns away for now (overload, a model that is loading) is sent again when the agent says, and while
    nobody listens because the agent restarts, until the time of the call is over.

    :param socket_path: Default: the environment's ``EDGEML_AGENT_SOCKET``, else the socket beside the working directory,
        which for a component of Greengrass is its work folder.
    :param timeout_seconds: longest time for a call with all its attempts. Default 10.
    """

    def __init__(
        self,
        socket_path: Optional[str] = None,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
        *,
        sleep: Callable[[float], None] = time.sleep
    ):
        Deadline(timeout_seconds)
        self._path = path_of(socket_path, 'EDGEML_AGENT_SOCKET', 'edgeml.InferenceAgent', 'agent.sock')
        self._timeout_seconds = timeout_seconds
        self._sleep = sleep

    def __enter__(self) -> 'Agent':
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def predict(self, service: str, picture: requests.Picture, timeout_seconds: Optional[float] = None) -> Result:
        """Runs the model of a service on a picture.

        :param picture: the bytes of a JPEG, PNG or WebP file, or the path of one
        :raises AgentError, AgentUnavailable, DeadlineExceeded, OSError:
        """
        return answers.result_of(self._ask(requests.predict(service, picture), timeout_seconds))

    def infer(
        self,
        model: str,
        inputs: Mapping[str, Any],
        *,
        outputs: Optional[Sequence[str]] = None,
        parameters: Optional[Mapping[str, Any]] = None,
        timeout_seconds: Optional[float] = None
    ) -> Dict[str, Any]:
        """Runs a model on arrays of numpy, and gives arrays by the names of the outputs.

        :param outputs: names of those that are wanted. Default: all.
        :param parameters: of Open Inference Protocol, e.g. ``{'sequence_id': 7, 'sequence_start': True}``
        :raises AgentError, AgentUnavailable, DeadlineExceeded, ValueError:
        """
        return answers.arrays_of(self._ask(requests.infer(model, inputs, outputs, parameters), timeout_seconds))

    def tensors(self, model: str, timeout_seconds: Optional[float] = None) -> ModelTensors:
        """Names, types and shapes of a model's inputs and outputs."""
        return answers.tensors_of(self._ask(requests.metadata(model), timeout_seconds))

    def models(self, timeout_seconds: Optional[float] = None) -> List[Model]:
        """The models that serve."""
        return answers.models_of(self._ask(requests.models(), timeout_seconds))

    def _ask(self, request: requests.Request, timeout_seconds: Optional[float]) -> Answer:
        deadline = Deadline(self._timeout_seconds if timeout_seconds is None else timeout_seconds)
        while True:
            try:
                return answers.checked(self._attempt(request, deadline))
            except AgentError as error:
                pause = deadline.pause_before_retry(error)
            self._sleep(pause)

    def _attempt(self, request: requests.Request, deadline: Deadline) -> Answer:
        method, target, headers, body = request
        sent = dict(headers, **{DEADLINE_HEADER: deadline.header})
        try:
            return ask(self._path, method, target, body, sent, deadline.socket_seconds)
        except Unreachable as error:
            raise unreachable(self._path, error, error.may_pass) from error
        except ConnectionLost as error:
            raise lost(error) from error
        except TimedOut as error:
            raise deadline.passed() from error


def unreachable(path: str, error: Exception, may_pass: bool) -> AgentUnavailable:
    message = 'the agent cannot be reached at {}: {}'.format(path, error)
    todo = 'Check that edgeml.InferenceAgent is deployed and RUNNING, or set EDGEML_AGENT_SOCKET.'
    return AgentUnavailable(message, 'agent.unreachable', todo, may_pass=may_pass)


def lost(error: Exception) -> AgentUnavailable:
    return AgentUnavailable('the agent broke the connection off: {}'.format(error), 'agent.connection-lost')
