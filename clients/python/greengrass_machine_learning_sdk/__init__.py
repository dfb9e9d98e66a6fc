"""The name by which programs of Greengrass V1 import the machine learning SDK: the whole of ``edgeml_sdk``."""

from edgeml_sdk import (
    GreengrassDependencyException,
    GreengrassFeedbackException,
    GreengrassInferenceException,
    StreamingBody,
    __version__,
    client,
)

__all__ = [
    'GreengrassDependencyException',
    'GreengrassFeedbackException',
    'GreengrassInferenceException',
    'StreamingBody',
    '__version__',
    'client',
]
