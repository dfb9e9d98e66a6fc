"""A client of SageMaker Edge Manager as applications are written in Python: generated stubs, a plaintext channel on the
socket, numbers in and out as bytes. Prints one JSON object with what it saw.

Usage: client.py SOCKET PROTO_FOLDER MODEL_URL NAME TENSOR_FILE [CAPTURE_ID]
PROTO_FOLDER holds agent.proto of the client's generation; the stubs are written beside it.
"""

import array
import json
import os
import sys
import time

import grpc
from grpc_tools import protoc

PATIENCE_SECONDS = 60


def main(socket, proto_folder, url, name, tensor_file, capture_id=None):
    pb2, pb2_grpc = stubs(proto_folder)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not os.path.exists(socket) and time.monotonic() < deadline:
        time.sleep(0.05)
    # Applications switch proxies off: their channel is a file.
    channel = grpc.insecure_channel("unix://" + socket, options=(("grpc.enable_http_proxy", 0),))
    agent = pb2_grpc.AgentStub(channel)
    try:
        agent.UnLoadModel(pb2.UnLoadModelRequest(name=name), timeout=PATIENCE_SECONDS)
    except grpc.RpcError:
        pass  # it was not loaded
    agent.LoadModel(pb2.LoadModelRequest(url=url, name=name), timeout=PATIENCE_SECONDS)
    seen = {"second_load": code_of(lambda: agent.LoadModel(pb2.LoadModelRequest(url=url, name=name), timeout=PATIENCE_SECONDS))}

    models = agent.ListModels(pb2.ListModelsRequest(), timeout=PATIENCE_SECONDS).models
    model = next(each for each in models if each.name == name)
    wanted = model.input_tensor_metadatas[0]
    seen["input"] = [text_of(wanted.name), wanted.data_type, list(wanted.shape)]

    with open(tensor_file, "rb") as file:
        pixels = file.read()
    metadata = pb2.TensorMetadata(name=wanted.name, data_type=wanted.data_type, shape=wanted.shape)
    tensor = pb2.Tensor(tensor_metadata=metadata, byte_data=pixels)
    request = pb2.PredictRequest(name=name, tensors=[tensor])
    answer = agent.Predict(request, timeout=PATIENCE_SECONDS)
    output = answer.tensors[0]
    scores = array.array("f")
    scores.frombytes(output.byte_data)
    best = max(range(len(scores)), key=scores.__getitem__)
    seen["output"] = [output.tensor_metadata.data_type, list(output.tensor_metadata.shape)]
    seen["best"] = [best, scores[best]]

    if capture_id is not None:
        seen["capture"] = capture(agent, pb2, name, capture_id, tensor, output)
    seen["unknown"] = code_of(lambda: agent.DescribeModel(pb2.DescribeModelRequest(name="nobody"), timeout=PATIENCE_SECONDS))
    agent.UnLoadModel(pb2.UnLoadModelRequest(name=name), timeout=PATIENCE_SECONDS)
    seen["left"] = [each.name for each in agent.ListModels(pb2.ListModelsRequest(), timeout=PATIENCE_SECONDS).models]
    print(json.dumps(seen))


def capture(agent, pb2, name, capture_id, tensor, output):
    """Captures what was predicted and asks until it has arrived."""
    Auxiliary = getattr(pb2, "AuxiliaryData", None) or pb2.AuxilaryData
    note = Auxiliary(name="json", encoding=pb2.JSON, byte_data=b'{"line":3}')
    agent.CaptureData(
        pb2.CaptureDataRequest(
            model_name=name, capture_id=capture_id, input_tensors=[tensor], output_tensors=[output], inputs=[note]
        ),
        timeout=PATIENCE_SECONDS,
    )
    request = pb2.GetCaptureDataStatusRequest(capture_id=capture_id)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        status = pb2.CaptureDataStatus.Name(agent.GetCaptureDataStatus(request, timeout=PATIENCE_SECONDS).status)
        if status != "IN_PROGRESS" or time.monotonic() > deadline:
            return status
        time.sleep(0.1)


def code_of(call):
    try:
        call()
        return "OK"
    except grpc.RpcError as error:
        return error.code().name


def text_of(name):
    return name if isinstance(name, str) else name.decode()


def stubs(folder):
    arguments = ["protoc", "-I" + folder, "--python_out=" + folder, "--grpc_python_out=" + folder]
    if protoc.main(arguments + [os.path.join(folder, "agent.proto")]) != 0:
        sys.exit("protoc failed")
    sys.path.insert(0, folder)
    import agent_pb2
    import agent_pb2_grpc

    return agent_pb2, agent_pb2_grpc


if __name__ == "__main__":
    main(*sys.argv[1:])
