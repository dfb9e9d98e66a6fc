"""session_peer.py MODEL PROVIDER THREADS: opens MODEL with ONNX Runtime's Python package, then runs it as often as each line of stdin says.

Prints one JSON object a line: first {"ready": true} or {"error": text}, then {"times": [milliseconds, ...]} for each line.
"""

import json
import sys
import time

NAMES = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "webgpu": "WebGpuExecutionProvider",
}
TYPES = {"tensor(float)": "float32", "tensor(float16)": "float16", "tensor(uint8)": "uint8", "tensor(int64)": "int64"}


def say(message):
    print(json.dumps(message), flush=True)


def open_session(model, provider, threads):
    import numpy
    import onnxruntime

    name = NAMES[provider]
    if name not in onnxruntime.get_available_providers():
        raise RuntimeError(f"onnxruntime {onnxruntime.__version__} of this Python does not have {name}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(model, options, providers=[name])
    if session.get_providers()[0] != name:
        raise RuntimeError(f"{name} was left for {session.get_providers()[0]}")

    def side(value):
        return value if isinstance(value, int) and value > 0 else 1

    feeds = {
        given.name: numpy.zeros([side(value) for value in given.shape], TYPES[given.type])
        for given in session.get_inputs()
    }
    return session, feeds


def main():
    model, provider, threads = sys.argv[1:4]
    try:
        session, feeds = open_session(model, provider, int(threads))
    except Exception as error:  # whatever it is, the other side reports it
        say({"error": str(error)})
        return
    say({"ready": True})
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            started = time.perf_counter()
            session.run(None, feeds)
            times.append(1000 * (time.perf_counter() - started))
        say({"times": times})


main()
