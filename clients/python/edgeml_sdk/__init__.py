"""Inference and feedback for applications on the device, with the surface of the AWS IoT Greengrass Machine Learning SDK.

An application that was written for Greengrass V1 changes its import and nothing else::

    import edgeml_sdk as ml

    answer = ml.client('inference').invoke_inference_service(
        AlgoType='image-classification',
        ServiceName='PartsClassifier',
        ContentType='image/jpeg',
        Body=image_bytes,
    )
    probabilities = answer['Body'].read().decode('utf-8')
"""

from . import feedback, inference
from .exception import GreengrassDependencyException
from .feedback import GreengrassFeedbackException
from .inference import GreengrassInferenceException
from .streaming_body import StreamingBody

__version__ = '1.0.0'
__all__ = [
    'GreengrassDependencyException',
    'GreengrassFeedbackException',
    'GreengrassInferenceException',
    'StreamingBody',
    'client',
]

_CLIENTS = {'inference': inference.Client, 'feedback': feedback.Client}


def client(name, **options):
    """A client of the service ``'inference'`` or ``'feedback'``.

    It connects with each call, so that it may be made before the service runs, and may be used by many threads.

    :param socket_path: where the service listens. Default: the environment's ``EDGEML_AGENT_SOCKET`` or
        ``EDGEML_FEEDBACK_SOCKET``, else the socket beside the working directory, which for a component of Greengrass is
        its work folder.
    :param timeout_seconds: longest time from a call to its end. Default 60.
    :raises ValueError: if the name is another, or an option is not valid
    """
    if name not in _CLIENTS:
        raise ValueError('unknown client {!r}: there are inference and feedback'.format(name))
    return _CLIENTS[name](**options)
