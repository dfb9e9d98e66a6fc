"""Frames of Greengrass IPC: the event-stream format (Smithy specification, "Amazon Event Stream"), with what event-stream RPC adds."""

import struct
import zlib
from typing import Any, BinaryIO, Dict, NamedTuple, Optional

# Message types and flags of event-stream RPC.
MESSAGE = 0
PING = 2
PING_RESPONSE = 3
CONNECT = 4
CONNECT_ACK = 5
ACCEPTED = 1
TERMINATE = 2

_PRELUDE_BYTES = 12
_CHECKSUM_BYTES = 4
MAX_FRAME_BYTES = 24 * 1024 * 1024
# Bytes of a header's value by its type; None: a length of two bytes comes first.
_SIZES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 6: None, 7: None, 8: 8, 9: 16}
_INT32, _TEXT = 4, 7


class Frame(NamedTuple):
    type: int
    flags: int
    stream_id: int
    # Text headers without the three that the fields above hold.
    headers: Dict[str, str]
    payload: bytes


def encode(frame: Frame) -> bytes:
    """:raises ValueError: if the frame is larger than the nucleus takes"""
    common = {':message-type': frame.type, ':message-flags': frame.flags, ':stream-id': frame.stream_id}
    headers = b''.join(_header(name, value) for name, value in {**common, **frame.headers}.items())
    total = _PRELUDE_BYTES + len(headers) + len(frame.payload) + _CHECKSUM_BYTES
    if total > MAX_FRAME_BYTES:
        raise ValueError('a message of {} bytes is too large, {} are allowed'.format(total, MAX_FRAME_BYTES))
    lengths = struct.pack('>II', total, len(headers))
    whole = lengths + struct.pack('>I', zlib.crc32(lengths)) + headers + frame.payload
    return whole + struct.pack('>I', zlib.crc32(whole))


def read(stream: BinaryIO) -> Optional[Frame]:
    """The next frame; None at the end of the stream.

    :raises ValueError: where what comes is not a frame
    """
    prelude = stream.read(_PRELUDE_BYTES)
    if len(prelude) < _PRELUDE_BYTES:
        return None
    total, header_bytes, checksum = struct.unpack('>III', prelude)
    rest_bytes = total - _PRELUDE_BYTES
    if checksum != zlib.crc32(prelude[:8]) or total > MAX_FRAME_BYTES or rest_bytes < header_bytes + _CHECKSUM_BYTES:
        raise ValueError('the nucleus sent something that is not a frame')
    rest = stream.read(rest_bytes)
    if len(rest) < rest_bytes:
        return None
    if struct.unpack('>I', rest[-_CHECKSUM_BYTES:])[0] != zlib.crc32(prelude + rest[:-_CHECKSUM_BYTES]):
        raise ValueError('a frame of the nucleus is damaged')
    headers = _headers(rest[:header_bytes])
    kind, flags, stream_id = (headers.pop(name, 0) for name in (':message-type', ':message-flags', ':stream-id'))
    texts = {name: value for name, value in headers.items() if isinstance(value, str)}
    return Frame(kind, flags, stream_id, texts, rest[header_bytes:-_CHECKSUM_BYTES])


def _header(name: str, value: Any) -> bytes:
    start = bytes([len(name)]) + name.encode('utf-8')
    if isinstance(value, int):
        return start + struct.pack('>Bi', _INT32, value)
    text = value.encode('utf-8')
    return start + struct.pack('>BH', _TEXT, len(text)) + text


def _headers(content: bytes) -> Dict[str, Any]:
    headers: Dict[str, Any] = {}
    at = 0
    while at < len(content):
        end = at + 1 + content[at]
        name, kind = content[at + 1 : end].decode('utf-8'), content[end]
        at, size = end + 1, _SIZES.get(kind, 0)
        if size is None:
            size = struct.unpack_from('>H', content, at)[0]
            at += 2
        value = content[at : at + size]
        at += size
        if kind == _INT32:
            headers[name] = struct.unpack('>i', value)[0]
        elif kind == _TEXT:
            headers[name] = value.decode('utf-8')
    return headers
