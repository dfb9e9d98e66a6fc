"""Arrays of numpy as tensors of Open Inference Protocol v2. Source: the protocol's "Tensor Data Types" and "Binary Tensor Data"."""

import struct
from typing import Any, Dict, List, Tuple

_TYPES = {
    'bool': 'BOOL',
    'uint8': 'UINT8',
    'uint16': 'UINT16',
    'uint32': 'UINT32',
    'uint64': 'UINT64',
    'int8': 'INT8',
    'int16': 'INT16',
    'int32': 'INT32',
    'int64': 'INT64',
    'float16': 'FP16',
    'float32': 'FP32',
    'float64': 'FP64',
}
_NAMES = {datatype: name for name, datatype in _TYPES.items()}
_LENGTH = struct.Struct('<I')


def packed(name: str, value: Any) -> Tuple[Dict[str, Any], bytes]:
    """The description of an input and its bytes.

    :param value: an array, or what numpy makes one of; texts and bytes become BYTES
    :raises ValueError: for an array of a type that no model takes
    """
    numpy = _numpy()
    array = numpy.asarray(value)
    if array.dtype.kind in 'OSU':
        datatype, data = 'BYTES', b''.join(_element(name, one) for one in array.ravel())
    else:
        known = _TYPES.get(array.dtype.name)
        if known is None:
            raise ValueError('the input {!r} is of {}; models take {}'.format(name, array.dtype, ', '.join(_TYPES)))
        datatype, data = known, numpy.ascontiguousarray(array, array.dtype.newbyteorder('<')).tobytes()
    parameters = {'binary_data_size': len(data)}
    return {'name': name, 'datatype': datatype, 'shape': list(array.shape), 'parameters': parameters}, data


def unpacked(outputs: List[Dict[str, Any]], binary: bytes) -> Dict[str, Any]:
    """Arrays by the names of the outputs.

    :raises ValueError: if the answer is not one of the protocol
    """
    numpy = _numpy()
    arrays: Dict[str, Any] = {}
    at = 0
    for output in outputs:
        name, datatype, shape = output['name'], output['datatype'], output['shape']
        size = output['parameters']['binary_data_size']
        part = binary[at : at + size]
        at += size
        if datatype == 'BYTES':
            array = numpy.array(_elements(part), dtype=object)
        else:
            array = numpy.frombuffer(part, numpy.dtype(_NAMES[datatype]).newbyteorder('<'))
        arrays[name] = array.reshape(shape)
    return arrays


def _element(name: str, value: Any) -> bytes:
    if not isinstance(value, (str, bytes)):
        raise ValueError('the input {!r} holds {!r}; texts, bytes and numbers are taken'.format(name, value))
    data = value.encode('utf-8') if isinstance(value, str) else value
    return _LENGTH.pack(len(data)) + data


def _elements(data: bytes) -> List[bytes]:
    elements = []
    at = 0
    while at < len(data):
        (length,) = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size
        elements.append(data[at : at + length])
        at += length
    return elements


def _numpy() -> Any:
    try:
        import numpy
    except ImportError as error:
        raise ImportError('tensors need numpy: pip install edgeml-sdk[tensors]') from error
    return numpy
