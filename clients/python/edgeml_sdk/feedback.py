"""The client ``'feedback'``."""

import time
from typing import Any, Callable, Optional
from urllib.parse import quote

from .arguments import NAME_PATTERN, bytes_of, check_required, is_name, warn_unknown
from .exception import EdgeMLException
from .service import DEFAULT_TIMEOUT_SECONDS, Service, ascii_json

_METHOD = 'Feedback.Client.publish'
_REQUIRED = ('ConfigId', 'ModelInput', 'ModelPrediction')
_KNOWN = _REQUIRED + ('Metadata',)

_ABSENT = frozenset(['feedback.not-ready', 'feedback.no-route'])

# Headers that the uploader reads; some of them are meant for other clients than ours.
_MAX_HEADER_BYTES = 524288 - 4096


class GreengrassFeedbackException(EdgeMLException):
    """The uploader was asked and refused the sample: an unknown configuration, too large, too many at once, disk full."""


class Client:
    def __init__(
        self,
        socket_path: Optional[str] = None,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
        *,
        sleep: Callable[[float], None] = time.sleep
    ):
        self._service = Service(
            component='edgeml.FeedbackUploader',
            socket_name='feedback.sock',
            variable='EDGEML_FEEDBACK_SOCKET',
            codes='feedback',
            failure=GreengrassFeedbackException,
            absent=_ABSENT,
            given_path=socket_path,
            timeout_seconds=timeout_seconds,
            sleep=sleep,
        )

    def publish(self, **arguments: Any) -> None:
        """Offers a sample. Returns when it is on the disk to stay and to be uploaded, or was not wanted by the strategy.

        :param ConfigId: a key of ``FeedbackConfigurationMap`` in the configuration of edgeml.FeedbackUploader
        :param ModelInput: what the model was given, as bytes
        :param ModelPrediction: what the model said: a list of probabilities, or ``{'prediction': [[...], ...]}``
        :param Metadata: becomes metadata of the object and of the prediction message: a dict of texts, numbers, booleans
        :raises ValueError: if an argument is missing or not valid
        :raises GreengrassFeedbackException: if the sample is refused
        :raises GreengrassDependencyException: if the uploader is not running, or does not answer in time
        """
        check_required(_METHOD, _REQUIRED, arguments)
        warn_unknown(_METHOD, _KNOWN, arguments)
        if not is_name(arguments['ConfigId']):
            raise ValueError('Parameter ConfigId must match: {}'.format(NAME_PATTERN))
        prediction = arguments['ModelPrediction']
        if not isinstance(prediction, (dict, list)):
            raise ValueError('Argument ModelPrediction must be of type dict or list')
        metadata = arguments.get('Metadata', {})
        if not isinstance(metadata, dict):
            raise ValueError('Argument Metadata must be of type dict')
        headers = {
            'content-type': 'application/octet-stream',
            'x-edgeml-prediction': ascii_json('ModelPrediction', prediction),
        }
        if metadata:
            headers['x-edgeml-metadata'] = ascii_json('Metadata', metadata)
        size = sum(map(len, headers.values()))
        if size > _MAX_HEADER_BYTES:
            message = 'ModelPrediction and Metadata have {} bytes as JSON, {} are allowed'
            raise ValueError(message.format(size, _MAX_HEADER_BYTES))
        body = bytes_of('ModelInput', arguments['ModelInput'])
        self._service.post('/v1/feedback/{}'.format(quote(arguments['ConfigId'], safe='')), body, headers)
