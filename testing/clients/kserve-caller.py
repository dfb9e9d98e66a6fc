"""Asks an agent with KServe's own client of the Open Inference Protocol and prints what came as one JSON document.

Arguments: transport (http or grpc), address, token.
"""

import asyncio
import json
import sys

import numpy as np
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig


async def main():
    transport, address, token = sys.argv[1:]
    headers = {"authorization": "Bearer " + token}
    samples = np.array([[1, 2, 3, 6]], dtype=np.float32)
    given = InferInput("input", [1, 4], "FP32")
    given.set_data_from_numpy(samples, binary_data=transport == "http")
    request = InferRequest(model_name="Sound", infer_inputs=[given])
    told = {}
    if transport == "http":
        client = InferenceRESTClient(config=RESTConfig(protocol="v2"))
        url = "http://" + address
        told["live"] = await client.is_server_live(url, headers=headers)
        told["ready"] = await client.is_server_ready(url, headers=headers)
        told["modelReady"] = await client.is_model_ready(url, "Sound", headers=headers)
        answer = await client.infer(url, request, headers=headers, model_name="Sound")
        await client.close()
    else:
        client = InferenceGRPCClient(address)
        metadata = list(headers.items())
        told["live"] = await client.is_server_live(headers=metadata)
        told["ready"] = await client.is_server_ready(headers=metadata)
        told["modelReady"] = await client.is_model_ready("Sound", headers=metadata)
        answer = await client.infer(request, headers=metadata)
        await client.close()
    told["outputs"] = {output.name: output.as_numpy().reshape(-1).tolist() for output in answer.outputs}
    print(json.dumps(told))


asyncio.run(main())
