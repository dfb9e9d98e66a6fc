"""The client ``'iot-data'``."""

import logging
from typing import Any, Dict, Set

from edgeml_sdk.greengrass_ipc import nucleus
from edgeml_sdk.v1.routes import CLOUD, routes_from

from .without_counterpart import unavailable

_log = logging.getLogger('greengrasssdk')
_KNOWN = ('topic', 'payload', 'queueFullPolicy')
_POLICIES = ('AllOrException', 'BestEffort')
_SHADOWS = 'Deploy aws.greengrass.ShadowManager and use GetThingShadow and UpdateThingShadow of the AWS IoT Device SDK.'


class Client:
    def __init__(self) -> None:
        self._routes = routes_from('EDGEML_V1_ROUTES')
        self._without_route: Set[str] = set()

    def publish(self, **arguments: Any) -> Dict[str, Any]:
        """Publishes a message with QoS 1, where the subscriptions of the group sent it: to IoT Core, to other components, or both.

        Without subscriptions (``EDGEML_V1_ROUTES``) it goes to IoT Core. While the device is offline the nucleus keeps it.

        :param topic: text
        :param payload: text or bytes
        :param queueFullPolicy: taken, without effect
        :raises ValueError: if an argument is missing or not valid
        :raises edgeml_sdk.greengrass_ipc.GreengrassIpcException: if the nucleus does not take it, e.g. for want of a policy
        """
        unknown = [name for name in arguments if name not in _KNOWN]
        if unknown:
            raise ValueError('publish takes {}, not {}'.format(', '.join(_KNOWN), ', '.join(unknown)))
        topic, payload = arguments.get('topic'), arguments.get('payload')
        if not isinstance(topic, str) or topic == '':
            raise ValueError('topic must be a text that is not empty, got {!r}'.format(topic))
        if not isinstance(payload, (str, bytes, bytearray)):
            raise ValueError('payload must be text or bytes, got {}'.format(type(payload).__name__))
        if arguments.get('queueFullPolicy', 'BestEffort') not in _POLICIES:
            raise ValueError('queueFullPolicy must be one of {}'.format(', '.join(_POLICIES)))
        content = payload.encode('utf-8') if isinstance(payload, str) else bytes(payload)
        targets = {CLOUD} if self._routes is None else self._routes.targets(topic)
        for target in sorted(targets):
            if target == CLOUD:
                nucleus().publish_to_iot_core(topic, content)
            else:
                nucleus().publish_to_topic(topic, content)
        if not targets and topic not in self._without_route:
            self._without_route.add(topic)
            _log.warning('No subscription of the group has the topic %s: its messages go nowhere, as before.', topic)
        return {}

    def get_thing_shadow(self, **_arguments: Any) -> None:
        raise unavailable('get_thing_shadow', _SHADOWS)

    def update_thing_shadow(self, **_arguments: Any) -> None:
        raise unavailable('update_thing_shadow', _SHADOWS)

    def delete_thing_shadow(self, **_arguments: Any) -> None:
        raise unavailable('delete_thing_shadow', _SHADOWS)
