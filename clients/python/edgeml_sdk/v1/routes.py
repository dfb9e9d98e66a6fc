"""Subscriptions of a Greengrass V1 group, as far as they concern one function."""

import json
import os
from typing import Iterator, List, Optional, Set, Tuple

CLOUD = 'cloud'
LOCAL = 'local'


class Routes:
    """Pairs of a topic filter and ``cloud`` or ``local``."""

    def __init__(self, pairs: List[Tuple[str, str]]):
        self._pairs = pairs

    def __iter__(self) -> Iterator[Tuple[str, str]]:
        return iter(self._pairs)

    def targets(self, topic: str) -> Set[str]:
        return {way for pattern, way in self._pairs if matches(pattern, topic)}


def routes_from(variable: str) -> Optional[Routes]:
    """The environment's routes, e.g. ``[["hello/+", "cloud"]]``; None if it does not name any.

    :raises ValueError: if it is something else
    """
    text = os.environ.get(variable, '').strip()
    if text == '':
        return None
    try:
        pairs = [(str(pattern), str(way)) for pattern, way in json.loads(text)]
    except (ValueError, TypeError) as error:
        raise ValueError('{} must be a JSON list like [["hello/+", "cloud"]], got {!r}'.format(variable, text)) from error
    wrong = [way for _, way in pairs if way not in (CLOUD, LOCAL)]
    if wrong:
        raise ValueError('{} names {!r}; there are cloud and local'.format(variable, wrong[0]))
    return Routes(pairs)


def matches(pattern: str, topic: str) -> bool:
    """MQTT 3.1.1, section 4.7."""
    wanted, levels = pattern.split('/'), topic.split('/')
    for index, level in enumerate(wanted):
        if level == '#':
            return True
        if index >= len(levels) or level not in ('+', levels[index]):
            return False
    return len(wanted) == len(levels)
