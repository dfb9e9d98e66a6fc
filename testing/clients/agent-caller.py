"""Asks an agent, in both forms of the Python client, and prints what came back as one object of JSON."""

import asyncio
import http.server
import json
import os
import socket
import socketserver
import sys
import threading

import numpy

import edgeml_sdk
from edgeml_sdk.agent import Agent, AgentError, AsyncAgent

SOCKET, BUSY_SOCKET, PICTURE = sys.argv[1:]

ECHOED = {
    'int64_in': numpy.array([2**53 + 1], 'int64'),
    'float16_in': numpy.array([0.5], 'float16'),
    'string_in': ['größe'],
    'bool_in': numpy.array([True]),
    'uint8_in': numpy.array([255], 'uint8'),
    'float32_in': numpy.array([1.5], '>f4'),
}
SAMPLES = numpy.array([[1, 2, 3, 6]], 'float32')


def shown(outputs):
    return {name: [array.dtype.name, str(array.tolist())] for name, array in sorted(outputs.items())}


def best(result):
    return [result.predictions[0].label, result.predictions[0].score, result.model.version, result.width]


def error_of(error):
    return [type(error).__name__, error.code, error.status, error.retry_after_seconds]


def step(first, last):
    return {'sequence_id': 7, 'sequence_start': first, 'sequence_end': last}


class Restarting:
    """An agent that has left its socket behind, then is gone, and listens after the second pause of who asks."""

    def __init__(self, name):
        self.path = '{}.{}'.format(SOCKET, name)
        self.paused = []
        left = socket.socket(socket.AF_UNIX)
        left.bind(self.path)
        left.close()

    def pause(self, seconds):
        self.paused.append(seconds)
        if len(self.paused) == 1:
            os.unlink(self.path)
        else:
            server = socketserver.UnixStreamServer(self.path, Empty)
            threading.Thread(target=server.serve_forever, daemon=True).start()

    async def coroutine(self, seconds):
        self.pause(seconds)


class Empty(http.server.BaseHTTPRequestHandler):
    """Answers with an empty list."""

    def do_GET(self):
        self.rfile.read(int(self.headers.get('Content-Length', 0)))
        self.send_response(200)
        self.send_header('Content-Length', '2')
        self.end_headers()
        self.wfile.write(b'[]')

    do_POST = do_GET

    def log_message(self, *_):
        pass


def with_threads():
    paused = []
    with open(PICTURE, 'rb') as file:
        content = file.read()
    with Agent(SOCKET) as agent:
        told = {
            'path': best(agent.predict('Colors', PICTURE)),
            'bytes': best(agent.predict('Colors', content)),
            'echo': shown(agent.infer('Echo', ECHOED)),
            'sound': shown(agent.infer('Sound', {'input': SAMPLES}, outputs=['level'])),
            'state': [
                shown(agent.infer('Sound', {'input': SAMPLES}, outputs=['level'], parameters=step(n == 0, n == 1)))
                for n in range(2)
            ],
            'tensors': agent.tensors('Sound'),
            'models': sorted(model.alias for model in agent.models()),
            'errors': [],
        }
        for ask in (lambda: agent.predict('Nothing', PICTURE), lambda: agent.infer('Sound', {'input': [[1.0]]})):
            try:
                ask()
            except AgentError as error:
                told['errors'].append(error_of(error))
    busy = Agent(BUSY_SOCKET, sleep=paused.append)
    told['retried'] = [busy.models(), paused]
    try:
        busy.predict('Late', content)
    except AgentError as error:
        told['later'] = error_of(error)
    back, back_v1 = Restarting('back'), Restarting('back-v1')
    client = edgeml_sdk.client('inference', socket_path=back_v1.path, sleep=back_v1.pause)
    answer = client.invoke_inference_service(AlgoType='object-detection', ServiceName='Colors', Body=content)
    told['back'] = [Agent(back.path, sleep=back.pause).models(), back.paused]
    told['back v1'] = [answer['Body'].read().decode(), back_v1.paused]
    try:
        Agent(SOCKET + '.none', 1.4).models()
    except AgentError as error:
        told['absent'] = error_of(error)
    return told


async def with_coroutines():
    paused = []

    async def pause(seconds):
        paused.append(seconds)

    async with AsyncAgent(SOCKET) as agent:
        pictures, echo, sound = await asyncio.gather(
            agent.predict('Colors', PICTURE), agent.infer('Echo', ECHOED), agent.infer('Sound', {'input': SAMPLES})
        )
        told = {'path': best(pictures), 'echo': shown(echo), 'sound': shown({'level': sound['level']})}
        told['models'] = sorted(model.alias for model in await agent.models())
        try:
            await agent.predict('Nothing', PICTURE)
        except AgentError as error:
            told['error'] = error_of(error)
    busy = AsyncAgent(BUSY_SOCKET, sleep=pause)
    told['retried'] = [await busy.models(), paused]
    back = Restarting('back-async')
    told['back'] = [await AsyncAgent(back.path, sleep=back.coroutine).models(), back.paused]
    try:
        await AsyncAgent(SOCKET + '.none', 1.4).models()
    except AgentError as error:
        told['absent'] = error_of(error)
    return told


print(json.dumps({'from': edgeml_sdk.__file__, 'threads': with_threads(), 'coroutines': asyncio.run(with_coroutines())}))
