#!/bin/sh
# starter.sh: on nucleus lite, leaves a shell in the unit of edgeml.Runtime that starts what edgeml.InferenceAgent asks for there.
# Lite ends every process of a unit before the next version starts. An agent in this unit answers until its successor has its models.
# The pipe is of this user alone, who may start processes anyway. Elsewhere there is nothing to do.
set -eu
if [ "${1:-}" != serve ]; then
  # As install.sh: the nucleus has closed the folder again.
  chmod g+x . || true
  [ -n "${NOTIFY_SOCKET:-}" ] || exit 0
  rm -f starter
  mkfifo -m 600 starter
  (exec sh "$0" serve </dev/null &)
  exit 0
fi
exec 9<>starter
echo "$$" >starter.pid
while IFS= read -r script <&9; do
  # The script brings its own environment: nothing of this unit's is of use there.
  if [ -f "$script" ]; then (exec env -i PATH="$PATH" sh "$script" 9>&- </dev/null &); fi
done
