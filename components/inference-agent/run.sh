#!/bin/sh
# run.sh <root folder of the nucleus> <execution providers>: becomes the agent, on the Node.js and the native packages of edgeml.Runtime.
# In the artifact rather than in each manifest of the recipe, because nucleus lite decodes at most 255 objects of a recipe.
set -eu
runtime="$1/work/edgeml.Runtime/current"
export EDGEML_PROVIDERS="$2"
# Each thread of a model would otherwise keep freed memory of its own.
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"
# The young generation holds pieces of requests until it is full; measured, 1 MB saves 35 MB. One thread beside the program's own is
# enough for a heap of 20 MB, in this process and in those of the models; measured, that saves 2.5 MB with two models.
export NODE_OPTIONS="${NODE_OPTIONS:---max-semi-space-size=1 --v8-pool-size=1}"
# Code that Node.js compiled at the last start of this version saves 35 ms of the next one. Nothing else depends on it.
if [ "$(cat compile-cache/of 2>/dev/null)" != "$0" ]; then
  rm -rf compile-cache
  { mkdir -m 700 compile-cache && printf %s "$0" >compile-cache/of; } 2>/dev/null || true
fi
[ -f compile-cache/of ] && export NODE_COMPILE_CACHE="$PWD/compile-cache"
NODE_PATH="$runtime/node_modules" exec "$runtime/bin/node" "$(dirname "$0")/agent.js"
