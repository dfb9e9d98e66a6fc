#!/bin/sh
# Has the agent look at the settings of this component, and waits until it serves clients of Edge Manager: this component has
# started then, and applications that depend on it find the socket.
# Usage: await-socket.sh FOLDER COMPONENT [SECONDS], FOLDER being the work folder of edgeml.InferenceAgent, COMPONENT the name of this one.
set -eu
umask 077
folder=$1
component=$2
left=${3:-100}
id="$(date +%s).$$"

mkdir -p "$folder"
printf '%s %s\n' "$id" "$component" >"$folder/stand-in.request.new"
mv -f "$folder/stand-in.request.new" "$folder/stand-in.request"
while [ "$left" -gt 0 ]; do
  for _ in 1 2 3 4 5; do
    if [ -r "$folder/stand-in.answer" ] && read -r answered socket <"$folder/stand-in.answer" && [ "$answered" = "$id" ]; then
      if [ "$socket" = off ]; then
        echo 'The agent serves no clients of Edge Manager: UnixSocketName is empty, or EdgeManager of edgeml.InferenceAgent is off.' >&2
      else
        echo "Clients of Edge Manager are served at unix://$socket."
      fi
      exit 0
    fi
    sleep 0.2 2>/dev/null || { sleep 1; break; }
  done
  left=$((left - 1))
done
echo 'edgeml.InferenceAgent does not serve clients of Edge Manager yet. Its log tells why: look for edge-manager.not-served.' >&2
exit 1
