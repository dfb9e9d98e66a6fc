"""Asks an agent with NVIDIA's client of the Open Inference Protocol, by both transports, and prints what came as one JSON document.

Arguments: transport (http or grpc), address, token ('' for none), image file, package folder to load ('' for none).
"""

import json
import sys

import numpy as np


def main():
    transport, address, token, image_file, package = sys.argv[1:]
    if transport == "http":
        import tritonclient.http as triton
    else:
        import tritonclient.grpc as triton
    headers = {"authorization": "Bearer " + token} if token else {}
    client = triton.InferenceServerClient(address)
    told = {}

    def ask(what, call):
        try:
            told[what] = call()
        except triton.InferenceServerException as error:
            told[what] = {"error": error.message(), "status": error.status()}

    as_json = {} if transport == "http" else {"as_json": True}
    ask("live", lambda: client.is_server_live(headers=headers))
    ask("ready", lambda: client.is_server_ready(headers=headers))
    ask("modelReady", lambda: client.is_model_ready("Sound", headers=headers))
    ask("otherReady", lambda: client.is_model_ready("Nobody", headers=headers))
    ask("server", lambda: client.get_server_metadata(headers=headers, **as_json))
    ask("model", lambda: client.get_model_metadata("Sound", headers=headers, **as_json))
    ask("index", lambda: client.get_model_repository_index(headers=headers, **as_json))

    samples = np.array([[1, 2, 3, 6]], dtype=np.float32)

    def infer(model, arrays, outputs, **more):
        inputs = []
        for name, (array, datatype) in arrays.items():
            given = triton.InferInput(name, list(array.shape), datatype)
            given.set_data_from_numpy(array)
            inputs.append(given)
        wanted = [triton.InferRequestedOutput(name) for name in outputs]
        answer = client.infer(model, inputs, outputs=wanted, headers=headers, **more)
        return {name: plain(answer.as_numpy(name)) for name in outputs}

    def plain(array):
        values = [one.decode() if isinstance(one, bytes) else one for one in array.reshape(-1).tolist()]
        return {"dtype": str(array.dtype), "shape": list(array.shape), "values": values}

    ask("level", lambda: infer("Sound", {"input": (samples, "FP32")}, ["level"], request_id="one"))
    for step, start in enumerate([True, False, False]):
        step_of = lambda start=start: infer(
            "Sound", {"input": (samples, "FP32")}, ["level"], sequence_id=7, sequence_start=start, sequence_end=False
        )
        ask("sequence%d" % step, step_of)
    echoed = {
        "int64_in": (np.array([-(2**62), 7], dtype=np.int64), "INT64"),
        "float16_in": (np.array([1.5, -2], dtype=np.float16), "FP16"),
        "string_in": (np.array(["gr\u00fcn", ""], dtype=object), "BYTES"),
        "bool_in": (np.array([True, False]), "BOOL"),
        "uint8_in": (np.array([255, 0], dtype=np.uint8), "UINT8"),
        "float32_in": (np.array([0.5, -1], dtype=np.float32), "FP32"),
    }
    ask("echo", lambda: infer("Echo", echoed, [name.replace("_in", "_out") for name in echoed]))
    with open(image_file, "rb") as file:
        image = np.array([file.read()], dtype=object)
    ask("image", lambda: infer("Colors", {"image": (image, "BYTES")}, ["predictions"]))
    ask("wrong", lambda: infer("Sound", {"x": (samples, "FP32")}, ["level"]))
    ask("unload", lambda: client.unload_model("Sound", headers=headers))
    if package:
        ask("load", lambda: load(client, package))
        ask("loadedReady", lambda: client.is_model_ready("Loaded", headers=headers))
    print(json.dumps(told))


def load(client, package):
    """load_model does not take parameters of its own: these go through the bare protocol."""
    from tritonclient.grpc import service_pb2

    request = service_pb2.RepositoryModelLoadRequest(model_name="Loaded")
    request.parameters["path"].string_param = package
    client._client_stub.RepositoryModelLoad(request)


main()
