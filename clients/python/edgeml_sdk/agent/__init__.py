"""Predictions and tensors from the inference agent of this device, for programs that are written today.

::

    from edgeml_sdk.agent import Agent

    with Agent() as agent:
        for prediction in agent.predict('PartsDetector', 'photo.jpg').predictions:
            print(prediction.label, prediction.score, prediction.box)
        outputs = agent.infer('Sound', {'input': samples})

``AsyncAgent`` has the same methods as coroutines.
"""

from .agent import Agent
from .answers import Model, ModelTensors, Prediction, Result, TensorInfo
from .async_agent import AsyncAgent
from .errors import AgentError, AgentUnavailable, DeadlineExceeded
from .requests import Picture

__all__ = [
    'Agent',
    'AgentError',
    'AgentUnavailable',
    'AsyncAgent',
    'DeadlineExceeded',
    'Model',
    'ModelTensors',
    'Picture',
    'Prediction',
    'Result',
    'TensorInfo',
]
