"""Requests to the agent, whichever way they travel."""

import json
import os
import urllib.parse
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Union

from . import tensors

Picture = Union[bytes, bytearray, memoryview, str, 'os.PathLike[str]']
"""The bytes of a JPEG, PNG or WebP file, or the path of one."""


class Request(NamedTuple):
    method: str
    target: str
    headers: Mapping[str, str]
    body: Optional[bytes]


def predict(service: str, picture: Picture) -> Request:
    """:raises OSError: if the file cannot be read"""
    target = '/v1/services/{}/invoke'.format(_segment(service))
    return Request('POST', target, {}, _bytes_of(picture))


def infer(
    model: str, inputs: Mapping[str, Any], outputs: Optional[Sequence[str]], parameters: Optional[Mapping[str, Any]]
) -> Request:
    """Open Inference Protocol v2 with its extension for binary data."""
    described: List[Dict[str, Any]] = []
    parts: List[bytes] = []
    for name, value in inputs.items():
        tensor, data = tensors.packed(name, value)
        described.append(tensor)
        parts.append(data)
    head: Dict[str, Any] = {'inputs': described, 'parameters': dict(parameters or {}, binary_data_output=True)}
    if outputs is not None:
        head['outputs'] = [{'name': name} for name in outputs]
    text = json.dumps(head, allow_nan=False).encode('utf-8')
    headers = {'Content-Type': 'application/octet-stream', 'Inference-Header-Content-Length': str(len(text))}
    return Request('POST', '/v2/models/{}/infer'.format(_segment(model)), headers, b''.join([text] + parts))


def metadata(model: str) -> Request:
    return Request('GET', '/v2/models/{}'.format(_segment(model)), {}, None)


def models() -> Request:
    return Request('GET', '/v1/models', {}, None)


def _segment(name: str) -> str:
    return urllib.parse.quote(name, safe='')


def _bytes_of(picture: Picture) -> bytes:
    if isinstance(picture, (bytes, bytearray, memoryview)):
        return bytes(picture)
    with open(picture, 'rb') as file:
        return file.read()
