#!/bin/sh
# run.sh <root folder of the nucleus>: becomes the agent, on the Node.js and the native packages of edgeml.Runtime.
# In the artifact rather than in each manifest of the recipe, because nucleus lite reads recipes of up to 8 kB.
set -eu
runtime="$1/work/edgeml.Runtime/current"
NODE_PATH="$runtime/node_modules" exec "$runtime/bin/node" "$(dirname "$0")/agent.js"
