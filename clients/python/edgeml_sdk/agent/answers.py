"""Answers of the agent, as objects."""

import json
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple, TypeVar

from ..http_over_socket import Answer
from . import tensors
from .errors import AgentError, AgentUnavailable


class Prediction(NamedTuple):
    class_id: int
    label: str
    score: float
    box: Optional[Tuple[float, float, float, float]]
    """Corners x0, y0, x1, y1 as fractions of the upright picture; None from a model that does not locate anything."""


class Model(NamedTuple):
    """A model that serves."""

    alias: str
    name: str
    version: str
    task: Optional[str]
    state: Optional[str]


class Result(NamedTuple):
    id: str
    model: Model
    predictions: List[Prediction]
    width: int
    """Of the upright picture, in pixels."""
    height: int
    timings: Mapping[str, float]
    """In milliseconds."""


class TensorInfo(NamedTuple):
    name: str
    datatype: str
    shape: Tuple[int, ...]
    """A free axis is -1."""


class ModelTensors(NamedTuple):
    inputs: List[TensorInfo]
    outputs: List[TensorInfo]


def checked(answer: Answer) -> Answer:
    """The answer if it is one of success.

    :raises AgentError:
    """
    if 200 <= answer.status < 300:
        return answer
    retry_after = _seconds(answer.headers.get('retry-after'))
    try:
        body = json.loads(answer.body.decode('utf-8'))
        error = body['error']
        if isinstance(error, str):  # The form of Open Inference Protocol.
            raise AgentError(error, body['code'], None, answer.status, retry_after)
        raise AgentError(error['message'], error['code'], error.get('todo'), answer.status, retry_after)
    except (ValueError, KeyError, TypeError) as problem:
        message = 'the agent answered with status {} and no error body'.format(answer.status)
        raise AgentUnavailable(message, 'agent.bad-answer', None, answer.status, retry_after) from problem


def result_of(answer: Answer) -> Result:
    return _read(answer, _result)


def models_of(answer: Answer) -> List[Model]:
    return _read(answer, lambda body: [_model(one) for one in body])


def tensors_of(answer: Answer) -> ModelTensors:
    return _read(answer, lambda body: ModelTensors(_infos(body['inputs']), _infos(body['outputs'])))


def arrays_of(answer: Answer) -> Dict[str, Any]:
    """Arrays by the names of the outputs."""
    try:
        length = int(answer.headers.get('inference-header-content-length', len(answer.body)))
        head = json.loads(answer.body[:length].decode('utf-8'))
        return tensors.unpacked(head['outputs'], answer.body[length:])
    except (ValueError, KeyError, TypeError) as problem:
        raise _unreadable(problem) from problem


_T = TypeVar('_T')


def _read(answer: Answer, by: Callable[[Any], _T]) -> _T:
    try:
        return by(json.loads(answer.body.decode('utf-8')))
    except (ValueError, KeyError, TypeError) as problem:
        raise _unreadable(problem) from problem


def _result(body: Dict[str, Any]) -> Result:
    image = body['image']
    predictions = [
        Prediction(one['classId'], one['label'], one['score'], tuple(one['box']) if 'box' in one else None)
        for one in body['predictions']
    ]
    return Result(body['id'], _model(body['model']), predictions, image['width'], image['height'], body['timings'])


def _model(body: Dict[str, Any]) -> Model:
    return Model(body['alias'], body['name'], body['version'], body.get('task'), body.get('state'))


def _infos(body: List[Dict[str, Any]]) -> List[TensorInfo]:
    return [TensorInfo(one['name'], one['datatype'], tuple(one['shape'])) for one in body]


def _seconds(text: Optional[str]) -> Optional[float]:
    try:
        return None if text is None else max(0.0, float(text))
    except ValueError:
        return None


def _unreadable(problem: Exception) -> AgentUnavailable:
    return AgentUnavailable('the answer of the agent cannot be read: {}'.format(problem), 'agent.bad-answer')
