"""The client ``'inference'``."""

import time
from typing import Any, Callable, Dict, Optional
from urllib.parse import quote

from .arguments import NAME_PATTERN, bytes_of, check_required, is_name, warn_unknown
from .exception import EdgeMLException
from .service import DEFAULT_TIMEOUT_SECONDS, Service
from .streaming_body import StreamingBody

_METHOD = 'Inference.Client.invoke_inference_service'
_REQUIRED = ('ServiceName', 'Body', 'AlgoType')
_KNOWN = _REQUIRED + ('ContentType', 'Accept')

# The agent runs, and has nothing that answers: what was "not deployed" in Greengrass V1.
_ABSENT = frozenset(['model.not-found', 'admission.stopping', 'http.algo-type', 'http.no-route'])
_MARGIN_SECONDS = 1.0


class GreengrassInferenceException(EdgeMLException):
    """The service was asked and could not answer: no image, another type of content, overload, past its time-out."""


class Client:
    def __init__(
        self,
        socket_path: Optional[str] = None,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
        *,
        sleep: Callable[[float], None] = time.sleep
    ):
        self._service = Service(
            component='edgeml.InferenceAgent',
            socket_name='agent.sock',
            variable='EDGEML_AGENT_SOCKET',
            codes='agent',
            failure=GreengrassInferenceException,
            absent=_ABSENT,
            given_path=socket_path,
            timeout_seconds=timeout_seconds,
            sleep=sleep,
        )

    def invoke_inference_service(self, **arguments: Any) -> Dict[str, Any]:
        """Runs a model on one image.

        :param AlgoType: ``image-classification`` or ``object-detection``
        :param ServiceName: name of the service: the alias of a model, or a name in the agent's ``Services``
        :param Body: the image, as bytes or as a file opened in binary mode
        :param ContentType: ``image/jpeg`` or ``image/png``; if it is left out, the bytes decide
        :param Accept: passed on; the answer is ``application/json`` in any case
        :returns: ``{'Body': StreamingBody, 'ContentType': str}``. The body is a list with one probability per class, or
            ``{"prediction":[[class,score,xmin,ymin,xmax,ymax],...]}`` with the best first and corners in 0..1.
        :raises ValueError: if an argument is missing or not valid
        :raises GreengrassInferenceException: where the service answers with an error
        :raises GreengrassDependencyException: if there is no such service, or it does not answer in time
        """
        check_required(_METHOD, _REQUIRED, arguments)
        warn_unknown(_METHOD, _KNOWN, arguments)
        for name, field in (('AlgoType', 'algo_type'), ('ServiceName', 'service_name')):
            if not is_name(arguments[name]):
                raise ValueError('field {} must match the regex {}'.format(field, NAME_PATTERN))
        body = bytes_of('Body', arguments['Body'])
        headers = {'x-edgeml-deadline-ms': str(max(1, round(1000 * self._service.timeout_seconds)))}
        for name, header in (('ContentType', 'content-type'), ('Accept', 'accept')):
            if arguments.get(name) is not None:
                headers[header] = _header(name, arguments[name])
        target = '/v1/services/{}/invoke?format=v1&algoType={}'.format(
            quote(arguments['ServiceName'], safe=''), quote(arguments['AlgoType'], safe='')
        )
        answer = self._service.post(target, body, headers, _MARGIN_SECONDS)
        return {'Body': StreamingBody(answer.body), 'ContentType': answer.content_type}


def _header(name: str, value: Any) -> str:
    if isinstance(value, str) and value.isprintable() and value.isascii():
        return value
    raise ValueError('Argument {} must be a media type, e.g. image/jpeg'.format(name))
