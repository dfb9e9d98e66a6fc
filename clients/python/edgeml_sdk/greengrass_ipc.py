"""Greengrass IPC, as far as programs of Greengrass V1 need it: publish and subscribe, local and with IoT Core.

Nothing but the standard library is needed. The AWS IoT Device SDK (``awsiotsdk``) has the rest of what the nucleus offers.
"""

import base64
import json
import os
import socket
import threading
from typing import Any, Callable, Dict, Optional

from . import event_stream
from .event_stream import Frame
from .exception import EdgeMLException
from .socket_path import reachable

_PATH = 'AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT'
_TOKEN = 'SVCUID'
_TIMEOUT_SECONDS = 30.0

# Called with the topic and the payload: bytes, or what a JSON message holds.
OnMessage = Callable[[str, Any], None]


class GreengrassIpcException(EdgeMLException):
    """The nucleus does not answer, or refuses: ``code`` is then the name of its error, e.g. ``UnauthorizedError``."""


class Connection:
    """One connection to the nucleus, for many threads.

    :raises GreengrassIpcException: if nobody listens, or the token is refused
    """

    def __init__(self, path: str, token: str, on_lost: Callable[[], None] = lambda: None):
        self._answers: Dict[int, '_Answer'] = {}
        self._lock = threading.Lock()
        self._last_id = 0
        self._on_lost = on_lost
        self.is_lost = False
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._stream = self._socket.makefile('rb')
        self._socket.settimeout(_TIMEOUT_SECONDS)
        try:
            self._socket.connect(reachable(path))
            hello = json.dumps({'authToken': token}).encode('utf-8')
            self._send(Frame(event_stream.CONNECT, 0, 0, {':version': '0.1.0'}, hello))
            answer = event_stream.read(self._stream)
        except (OSError, ValueError) as error:
            self._socket.close()
            raise GreengrassIpcException('the nucleus at {} cannot be reached: {}'.format(path, error)) from error
        if answer is None or answer.type != event_stream.CONNECT_ACK or not answer.flags & event_stream.ACCEPTED:
            self._socket.close()
            raise GreengrassIpcException('the nucleus at {} does not take the token of this component'.format(path))
        self._socket.settimeout(None)
        threading.Thread(target=self._read, name='greengrass-ipc', daemon=True).start()

    def publish_to_iot_core(self, topic: str, payload: bytes) -> None:
        request = {'topicName': topic, 'qos': '1', 'payload': _base64(payload)}
        self._call('PublishToIoTCore', request)

    def publish_to_topic(self, topic: str, payload: bytes) -> None:
        # Bytes, and never a JSON message: of that nucleus lite decodes 50 objects only.
        message = {'binaryMessage': {'message': _base64(payload)}}
        self._call('PublishToTopic', {'topic': topic, 'publishMessage': message})

    def subscribe_to_iot_core(self, topic_filter: str, on_message: OnMessage) -> None:
        def on_event(event: Dict[str, Any]) -> None:
            message = event.get('message') or {}
            on_message(message.get('topicName', ''), base64.b64decode(message.get('payload') or ''))

        self._call('SubscribeToIoTCore', {'topicName': topic_filter, 'qos': '1'}, on_event)

    def subscribe_to_topic(self, topic_filter: str, on_message: OnMessage) -> None:
        def on_event(event: Dict[str, Any]) -> None:
            message = event.get('jsonMessage') or event.get('binaryMessage') or {}
            topic = (message.get('context') or {}).get('topic', topic_filter)
            content = message.get('message')
            on_message(topic, content if 'jsonMessage' in event else base64.b64decode(content or ''))

        self._call('SubscribeToTopic', {'topic': topic_filter}, on_event)

    def _call(self, operation: str, request: Dict[str, Any], on_event: Optional[Callable[[Any], None]] = None) -> None:
        answer = _Answer(on_event)
        headers = {'operation': 'aws.greengrass#' + operation, ':content-type': 'application/json'}
        with self._lock:
            if self.is_lost:
                raise GreengrassIpcException('the connection to the nucleus is lost')
            self._last_id += 1
            stream_id = self._last_id
            self._answers[stream_id] = answer
        self._send(Frame(event_stream.MESSAGE, 0, stream_id, headers, json.dumps(request).encode('utf-8')))
        if not answer.came.wait(_TIMEOUT_SECONDS):
            self._answers.pop(stream_id, None)
            raise GreengrassIpcException('the nucleus did not answer {} within {} s'.format(operation, _TIMEOUT_SECONDS))
        if answer.error is not None:
            raise answer.error

    def _send(self, frame: Frame) -> None:
        encoded = event_stream.encode(frame)
        with self._lock:
            try:
                self._socket.sendall(encoded)
            except OSError as error:
                raise GreengrassIpcException('the connection to the nucleus is lost: {}'.format(error)) from error

    def _read(self) -> None:
        try:
            while True:
                frame = event_stream.read(self._stream)
                if frame is None:
                    break
                if frame.type == event_stream.PING:
                    self._send(Frame(event_stream.PING_RESPONSE, 0, 0, {}, frame.payload))
                else:
                    self._take(frame)
        except (OSError, ValueError, GreengrassIpcException):
            pass
        with self._lock:
            self.is_lost = True
            waiting, self._answers = list(self._answers.values()), {}
        self._socket.close()
        for answer in waiting:
            answer.refuse(GreengrassIpcException('the connection to the nucleus is lost'))
        self._on_lost()

    def _take(self, frame: Frame) -> None:
        answer = self._answers.get(frame.stream_id)
        if answer is None:
            return
        if answer.on_event is None or frame.type != event_stream.MESSAGE or frame.flags & event_stream.TERMINATE:
            self._answers.pop(frame.stream_id, None)
        if frame.type != event_stream.MESSAGE:
            answer.refuse(_refusal(frame))
        elif not answer.came.is_set():
            answer.came.set()
        elif answer.on_event is not None and frame.payload:
            answer.on_event(json.loads(frame.payload.decode('utf-8')))
        if answer.on_event is not None and frame.flags & event_stream.TERMINATE:
            raise GreengrassIpcException('the nucleus has ended a subscription')


class _Answer:
    def __init__(self, on_event: Optional[Callable[[Any], None]]):
        self.on_event = on_event
        self.came = threading.Event()
        self.error: Optional[GreengrassIpcException] = None

    def refuse(self, error: GreengrassIpcException) -> None:
        if not self.came.is_set():
            self.error = error
            self.came.set()


_current: Optional[Connection] = None
_making = threading.Lock()


def nucleus() -> Connection:
    """The connection of this program, made at the first call, and again after it was lost.

    :raises GreengrassIpcException: outside a component, and if the nucleus does not answer
    """
    global _current
    with _making:
        if _current is None or _current.is_lost:
            _current = connect()
        return _current


def connect(on_lost: Callable[[], None] = lambda: None) -> Connection:
    """A connection of its own. :raises GreengrassIpcException: as ``nucleus``"""
    path, token = os.environ.get(_PATH), os.environ.get(_TOKEN)
    if not path or not token:
        what = 'only a component of Greengrass can speak to the nucleus: {} and {} are not set'
        raise GreengrassIpcException(what.format(_PATH, _TOKEN))
    return Connection(path, token, on_lost)


def _refusal(frame: Frame) -> GreengrassIpcException:
    text = frame.payload.decode('utf-8', 'replace')
    shape = frame.headers.get('service-model-type', '').rpartition('#')[2]
    try:
        body = json.loads(text)
        code, message = body.get('_errorCode') or shape, body.get('_message') or body.get('message') or text
    except (ValueError, AttributeError):
        code, message = shape, text
    return GreengrassIpcException('the nucleus refuses: {}'.format(message), code or None)


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode('ascii')
