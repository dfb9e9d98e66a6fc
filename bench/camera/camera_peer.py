"""The program that a user would write without EdgeML: OpenCV decodes the video, makes the model's input, ONNX Runtime runs, both on one thread.

camera_peer.py MODEL SIZE VIDEO WARM_UP FRAMES [FOLDER]

Measures so many frames behind those of the warm-up and prints {"frames", "cpuMsPerFrame", "seconds"}. With a folder, each frame
gets a rectangle and is written there as JPEG. Both sample models take (pixel - 127.5) / 127.5.
"""
import json
import os
import sys
import time

import cv2
import onnxruntime

model, size, video, warm_up, frames, folder = sys.argv[1], *sys.argv[2:6], (sys.argv[6:] or [None])[0]
size, warm_up, frames = int(size), int(warm_up), int(frames)
cv2.setNumThreads(1)
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
name = session.get_inputs()[0].name
capture = cv2.VideoCapture(video)
started = None
for number in range(warm_up + frames):
    if number == warm_up:
        started = time.process_time(), time.perf_counter()
    there, picture = capture.read()
    if not there:
        sys.exit(f"{video} has only {number} frames")
    session.run(None, {name: cv2.dnn.blobFromImage(picture, 1 / 127.5, (size, size), (127.5,) * 3, swapRB=True)})
    if folder:
        cv2.rectangle(picture, (100, 100), (300, 300), (0, 255, 0), 2)
        cv2.imwrite(os.path.join(folder, f"{number:06}.jpg"), picture)
cpu, wall = time.process_time() - started[0], time.perf_counter() - started[1]
print(json.dumps({"frames": frames, "cpuMsPerFrame": cpu * 1e3 / frames, "seconds": wall}))
