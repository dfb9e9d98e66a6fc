"""Runs calls of the Python client for the tests: one JSON object per line in, one out."""

import base64
import json
import sys

import edgeml_sdk as ml

METHODS = {'inference': 'invoke_inference_service', 'feedback': 'publish'}


def value(given):
    if isinstance(given, dict) and set(given) == {'$bytes'}:
        return base64.b64decode(given['$bytes'])
    if isinstance(given, dict) and set(given) == {'$number'}:
        return float(given['$number'])
    if isinstance(given, dict):
        return {name: value(part) for name, part in given.items()}
    return [value(part) for part in given] if isinstance(given, list) else given


def options(call):
    names = {'socketPath': 'socket_path'}
    given = {names[name]: part for name, part in call.get('options', {}).items() if name in names}
    if 'timeoutMs' in call.get('options', {}):
        given['timeout_seconds'] = call['options']['timeoutMs'] / 1000
    return given


def run(call):
    client = ml.client(call['client'], **options(call))
    answer = getattr(client, METHODS.get(call['client'], ''))(**value(call['arguments']))
    if answer is None:
        return {'nothing': True}
    body = answer['Body']
    reads = [body.read(amount).decode('utf-8') for amount in call.get('reads', [None])]
    body.close()
    try:
        body.read()
        closed = False
    except ValueError:
        closed = True
    return {'contentType': answer['ContentType'], 'reads': reads, 'closed': closed}


for line in sys.stdin:
    try:
        outcome = run(json.loads(line))
    except Exception as error:  # pylint: disable=broad-except
        outcome = {'error': type(error).__name__, 'message': str(error), 'code': getattr(error, 'code', None)}
    print(json.dumps(outcome), flush=True)
