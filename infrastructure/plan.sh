#!/bin/sh
# Writes plan.yaml: infrastructure/plan.yaml with the names of this run in it.
set -eu
sed -e "s/MODEL_NAME/$MODEL_NAME/g" -e "s/MODEL_VERSION/$MODEL_VERSION/g" -e "s/FLEET_BUCKET/${HEARTBEATS_BUCKET:-$FLEET_BUCKET}/g" \
  infrastructure/plan.yaml >plan.yaml
