#!/bin/sh
# load-under-emulation.sh [folder]: loads the accelerators for 64-bit ARM on this machine, whatever its processor: the built zips, installed as a nucleus
# does, in a Debian 12 for ARM that QEMU runs. Each provider is tried as `edgeml doctor` tries it: ONNX Runtime loads the plug-in and asks it for devices.
# There is none, so that a plug-in has done all it can when it says so. Takes some minutes and 1 GB. Not part of the tests: it needs
# root for debootstrap, and `apt-get install qemu-user-static debootstrap` with QEMU 10 (Debian 13): under QEMU 7.2 ONNX Runtime ends while it
# counts processors. Files that are already in the folder are used again.
set -eu
cd "$(dirname "$0")/../.."
project=$PWD
work=${1:-$(mktemp -d)}
qemu=${QEMU:-qemu-aarch64-static}
mkdir -p "$work"
if [ ! -d "$work/debian/var/cache/apt/archives" ]; then
  debootstrap --foreign --variant=minbase --include=libatomic1 --arch=arm64 bookworm "$work/debian"
  # Its second stage, which unpacks what is not essential, would need a kernel that starts programs for ARM.
  for package in "$work"/debian/var/cache/apt/archives/libatomic1_*.deb; do dpkg -x "$package" "$work/debian"; done
fi
[ -d "$work/build" ] || node "$project/tools/edgeml.mjs" build --platform linux-arm64 --output "$work/build" --component edgeml.Runtime \
  edgeml.InferenceAgent edgeml.accelerator.WebGPU edgeml.accelerator.Qnn edgeml.accelerator.Cuda

# install <component> <zip>: unpacks it and links work/<component>/current.
install() {
  unpacked="$work/unpacked/$1"
  [ -d "$unpacked" ] || python3 -m zipfile -e "$work/build/artifacts/$1"/*/"$2.zip" "$unpacked"
  mkdir -p "$work/components/$1"
  ln -sfn "$unpacked" "$work/components/$1/current"
}
install edgeml.Runtime edgeml-runtime-linux-arm64
chmod +x "$work/unpacked/edgeml.Runtime/bin/node"
install edgeml.InferenceAgent edgeml-agent
install edgeml.accelerator.WebGPU edgeml-webgpu-linux-arm64
install edgeml.accelerator.Qnn edgeml-qnn-linux-arm64
install edgeml.accelerator.Cuda edgeml-cuda-linux-arm64

export EDGEML_COMPONENTS="$work/components"
export NODE_PATH="$work/components/edgeml.Runtime/current/node_modules"
for provider in cpu webgpu qnn cuda; do
  "$qemu" -L "$work/debian" "$work/components/edgeml.Runtime/current/bin/node" \
    "$work/components/edgeml.InferenceAgent/current/doctor.js" --probe-provider "$provider" 2>&1 || echo "$provider ended by $?"
done
