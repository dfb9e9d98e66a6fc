#!/bin/sh
# Tells the agent where the token exchange service gives credentials. The agent does not depend on that service, so that it
# runs without it and is not restarted with it; this component does, and is run again when the service has a new port.
# Usage: announce-token-endpoint.sh FOLDER, FOLDER being the work folder of edgeml.InferenceAgent.
set -eu
umask 077
folder=$1

if [ -n "${AWS_CONTAINER_CREDENTIALS_FULL_URI:-}" ]; then
  mkdir -p "$folder"
  fresh="$folder/.token-endpoint.$$"
  printf '{"uri":"%s","token":"%s"}\n' "$AWS_CONTAINER_CREDENTIALS_FULL_URI" "$AWS_CONTAINER_AUTHORIZATION_TOKEN" >"$fresh"
  mv -f "$fresh" "$folder/token-endpoint.json"
  echo 'The agent knows where to get credentials. Settings of this component hold for it.'
else
  rm -f "$folder/token-endpoint.json"
  echo 'The token exchange service gave no address: captured data cannot be uploaded. All else works.' >&2
fi
