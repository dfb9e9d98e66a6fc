#!/bin/sh
# on-gpu.sh [model.onnx ...]: what this release does on a machine with an NVIDIA GPU, beside Python's onnxruntime-gpu. Linux x86-64, NVIDIA's driver 580
# or newer, CUDA 13, cuDNN 9, libvulkan1, Python 3.11 or newer with venv. Downloads wheels of 500 MB. Goal: a ratio of Python to the C interface
# of at most 1 / 0.95. Without models it takes the sample detector and one of 66 MB with random weights.
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
node tools/edgeml.mjs build --component edgeml.accelerator.Cuda edgeml.accelerator.WebGPU --platform linux-x64 --output "$work/build"
for name in Cuda:edgeml-cuda WebGPU:edgeml-webgpu; do
  component="edgeml.accelerator.${name%%:*}"
  mkdir -p "$work/components/$component"
  python3 -m zipfile -e "$work/build/artifacts/$component"/*/"${name#*:}-linux-x64.zip" "$work/unpacked/$component"
  (cd "$work/components/$component" && sh "$work/unpacked/$component/link-current.sh" "$work/unpacked/$component")
done
export EDGEML_COMPONENTS="$work/components"
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet onnxruntime-gpu==1.30.0 numpy
node tools/edgeml.mjs doctor || true
[ $# -eq 0 ] || set -- --model "$@"
for provider in cuda webgpu; do
  for model in PartsDetector PartsClassifier; do
    echo "$model on $provider: golden test"
    node tools/edgeml.mjs predict --package "artifacts/models/$model" --image artifacts/samples/belt-03.jpg \
      --provider "$provider" --require-provider --golden
    node tools/edgeml.mjs inspect --onnx "artifacts/models/$model/model.onnx" --provider "$provider,cpu"
  done
  node tools/edgeml.mjs bench accelerators --provider "$provider" --python "$work/venv/bin/python" --images 200 --rounds 10 "$@"
done
