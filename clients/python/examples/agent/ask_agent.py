"""Prints what a service finds in pictures, all of them asked at once, and which models serve.

In a checkout with `npm start` running::

    EDGEML_AGENT_SOCKET=.edgeml/core/work/edgeml.InferenceAgent/agent.sock PYTHONPATH=clients/python \\
      python3 clients/python/examples/agent/ask_agent.py PartsDetector artifacts/samples/*.jpg
"""

import asyncio
import sys

from edgeml_sdk.agent import AgentError, AsyncAgent


async def main(service, pictures):
    async with AsyncAgent() as agent:
        results = await asyncio.gather(*(agent.predict(service, picture) for picture in pictures))
        for picture, result in zip(pictures, results):
            found = ', '.join('{} {:.2f}'.format(one.label, one.score) for one in result.predictions)
            print('{}: {}'.format(picture, found or 'nothing'))
        print('Serving: {}'.format(', '.join('{} {}'.format(one.alias, one.version) for one in await agent.models())))


try:
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
except AgentError as error:
    sys.exit('{} {}'.format(error, error.todo or ''))
