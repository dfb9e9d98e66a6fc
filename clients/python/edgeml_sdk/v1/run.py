"""``python3 -m edgeml_sdk.v1.run <folder> <module.function>``: a Lambda function of Greengrass V1 as a component.

``edgeml migrate-v1`` writes the recipe that starts it. The environment says the rest:

- ``EDGEML_V1_FUNCTION``: name of the function
- ``EDGEML_V1_PINNED``: ``true`` for a long-lived function, which is loaded at once and stays; else it is loaded with its first message
- ``EDGEML_V1_EVENTS``: topics whose messages it is called with, e.g. ``[["pictures/ask", "local"]]``
- ``EDGEML_V1_ENCODING``: ``json`` (the event is what the message holds) or ``binary`` (bytes)
- ``EDGEML_V1_TIMEOUT_SECONDS``: a call that takes longer is named in the log

It is called with one message after the other. An exception is logged, and the next message comes. The process ends with 1 where the
function cannot be loaded or the nucleus is gone, so that the nucleus starts it again.
"""

import importlib
import json
import logging
import os
import queue
import sys
import time
import traceback
from typing import Any, Callable, List, Tuple

from ..exception import EdgeMLException
from ..greengrass_ipc import connect
from .context import Context
from .routes import CLOUD, Routes, routes_from

# Greengrass V1 kept 2.5 MB by default; a function that is slower than its messages loses the newest.
_MAX_WAITING = 1000

Handler = Callable[[Any, Context], Any]
Message = Tuple[str, Any]


def main(words: List[str]) -> int:
    if len(words) != 2 or '.' not in words[1]:
        return _fail('usage: python3 -m edgeml_sdk.v1.run <folder> <module.function>')
    folder, name = words
    # Functions open files beside their code by relative paths; a copy of the old SDK beside it is passed over.
    own = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    work_folder = os.getcwd()
    os.chdir(folder)
    sys.path[:] = [own, os.getcwd()] + [path for path in sys.path if path not in ('', own, work_folder)]
    events = routes_from('EDGEML_V1_EVENTS') or Routes([])
    handler: List[Handler] = []
    if os.environ.get('EDGEML_V1_PINNED') == 'true':
        handler.append(_load(name))
    elif not list(events):
        return _fail('no subscription of the group leads to {}: nothing would ever call it'.format(name))
    waiting: 'queue.Queue[Message]' = queue.Queue(_MAX_WAITING)
    try:
        _subscribe(events, waiting)
    except EdgeMLException as error:
        return _fail(str(error))
    while True:
        topic, payload = waiting.get()
        if not handler:
            handler.append(_load(name))
        _call(handler[0], topic, payload)


def _load(name: str) -> Handler:
    module, _, function = name.rpartition('.')
    # As module path or, as in Lambda, as path of a file.
    handler = getattr(importlib.import_module(module.replace('/', '.')), function)
    if not logging.getLogger().handlers:
        logging.basicConfig(stream=sys.stdout, level=logging.INFO, format='%(message)s')
    return handler


def _subscribe(events: Routes, waiting: 'queue.Queue[Message]') -> None:
    routes = list(events)
    if not routes:
        return
    nucleus = connect(on_lost=lambda: os._exit(_fail('the connection to the nucleus is lost')))

    def on_message(topic: str, payload: Any) -> None:
        try:
            waiting.put_nowait((topic, payload))
        except queue.Full:
            print('{} messages wait already: one of {} is lost'.format(_MAX_WAITING, topic), flush=True)

    for pattern, way in routes:
        subscribe = nucleus.subscribe_to_iot_core if way == CLOUD else nucleus.subscribe_to_topic
        subscribe(pattern, on_message)
    print('Called with messages of {}.'.format(', '.join(pattern for pattern, _ in routes)), flush=True)


def _call(handler: Handler, topic: str, payload: Any) -> None:
    timeout_seconds = float(os.environ.get('EDGEML_V1_TIMEOUT_SECONDS') or 3)
    started_at = time.monotonic()
    try:
        handler(_event(payload), Context(topic, timeout_seconds))
    except Exception:
        traceback.print_exc()
    seconds = time.monotonic() - started_at
    if seconds > timeout_seconds:
        print('A message of {} took {:.1f} s, more than the time-out of {} s.'.format(topic, seconds, timeout_seconds), flush=True)


def _event(payload: Any) -> Any:
    """:raises ValueError: if it is not JSON"""
    if os.environ.get('EDGEML_V1_ENCODING') == 'binary':
        return payload if isinstance(payload, bytes) else json.dumps(payload).encode('utf-8')
    return json.loads(payload.decode('utf-8')) if isinstance(payload, bytes) else payload


def _fail(message: str) -> int:
    print(message, file=sys.stderr, flush=True)
    return 1


if __name__ == '__main__':
    # Functions without messages live on in their timers and threads, as long-lived ones did.
    sys.exit(main(sys.argv[1:]))
