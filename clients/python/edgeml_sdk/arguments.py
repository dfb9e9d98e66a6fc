"""Checks of arguments, with the wording of the SDK that this one takes the place of."""

import logging
import re
from typing import Any, Mapping, Sequence

NAME_PATTERN = '^[a-zA-Z0-9][a-zA-Z0-9-]{1,62}$'

_log = logging.getLogger('edgeml_sdk')


def check_required(method: str, required: Sequence[str], given: Mapping[str, Any]) -> None:
    for name in required:
        if name not in given:
            raise ValueError('{} argument of {} is a required argument but was not provided'.format(name, method))


def warn_unknown(method: str, known: Sequence[str], given: Mapping[str, Any]) -> None:
    """The old SDK passed over arguments that it did not know. So does this one, but says so."""
    for name in given:
        if name not in known:
            _log.warning('%s does not know the argument %s', method, name)


def is_name(value: Any) -> bool:
    return isinstance(value, str) and re.match(NAME_PATTERN, value) is not None and not value.endswith('\n')


def bytes_of(name: str, value: Any) -> bytes:
    """Bytes, or all that a file still has."""
    content = value.read() if hasattr(value, 'read') else value
    if isinstance(content, (bytes, bytearray, memoryview)):
        return bytes(content)
    raise ValueError('Argument {} must be of type bytes or a file opened in binary mode'.format(name))
