"""The name by which Lambda functions of Greengrass V1 publish messages, over Greengrass IPC.

A function goes on unchanged::

    import greengrasssdk

    client = greengrasssdk.client('iot-data')
    client.publish(topic='hello/world', payload='a message')

The component that it runs in needs ``accessControl`` for its topics; ``edgeml migrate-v1`` writes it.
"""

from .iot_data import Client as _IotData
from .without_counterpart import Lambda as _Lambda
from .without_counterpart import SecretsManager as _SecretsManager

__all__ = ['client']

_CLIENTS = {'iot-data': _IotData, 'lambda': _Lambda, 'secretsmanager': _SecretsManager}


def client(name):
    """The client ``'iot-data'``. ``'lambda'`` and ``'secretsmanager'`` can be made, and say at each call what to do instead.

    :raises ValueError: if the name is another
    """
    if name not in _CLIENTS:
        raise ValueError('unknown client {!r}: there are iot-data, lambda and secretsmanager'.format(name))
    return _CLIENTS[name]()
