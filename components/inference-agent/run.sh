#!/bin/sh
# run.sh <root folder of the nucleus> <execution providers>: keeps the agent running, on the Node.js and the native packages of edgeml.Runtime.
# In the artifact rather than in each manifest of the recipe, because nucleus lite decodes at most 255 objects of a recipe.
#
# It does two things that no nucleus does.
# - It starts an agent that crashed again, ever more slowly, so that no third crash within an hour ends it for good. A version that has never
#   served is left to the nucleus, which rolls back.
# - It starts the agent as nobody's child. The Java nucleus ends the descendants of a script, so that the agent outlives this shell, as it
#   sees by the end of its standard input, and answers until its successor does. Nucleus lite ends what is in the unit's control group;
#   there the starter of edgeml.Runtime starts the agent in its own unit, unless this one was given rights that the agent needs.
set -eu
# run.sh agent: becomes the agent, started by the starter with this shell's environment.
if [ "$1" = agent ]; then
  if [ -n "${JOURNAL_STREAM:-}" ]; then
    set -- systemd-cat -t edgeml.InferenceAgent
  else
    exec >run.output 2>&1
    shift
  fi
  exec "$@" "$EDGEML_NODE" "$(dirname "$0")/agent.js" <run.alive
fi
# The nucleus has just made it 0700. Models of other users come through it, and their scripts start when this one does.
[ ! -e group-enters ] || chmod g+x . || true
runtime="$1/work/edgeml.Runtime/current"
node="$runtime/bin/node"
starter="$1/work/edgeml.Runtime/starter"
export EDGEML_PROVIDERS="$2"
# Each thread of a model would otherwise keep freed memory of its own.
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"
# The young generation holds pieces of requests until it is full; measured, 1 MB saves 35 MB. One thread beside the program's own is
# enough for a heap of 20 MB, in this process and in those of the models; measured, that saves 2.5 MB with two models.
export NODE_OPTIONS="${NODE_OPTIONS:---max-semi-space-size=1 --v8-pool-size=1}"
export NODE_PATH="$runtime/node_modules"
# Accelerators are components of their own; the agent looks for their links here.
export EDGEML_COMPONENTS="$1/work"
# The agent writes this version into the file "proven" once it serves.
export EDGEML_SUPERVISED="$0"
# Code that Node.js compiled at the last start of this version saves 35 ms of the next one. Nothing else depends on it.
if [ "$(cat compile-cache/of 2>/dev/null)" != "$0" ]; then
  rm -rf compile-cache
  { mkdir -m 700 compile-cache && printf %s "$0" >compile-cache/of; } 2>/dev/null || true
fi
[ -f compile-cache/of ] && export NODE_COMPILE_CACHE="$PWD/compile-cache"

# Whether the starter of edgeml.Runtime runs, and the agent needs nothing of this unit: a delegated control group, a priority.
is_hosted() {
  [ -z "${AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH:-}" ] && [ -p "$starter" ] || return 1
  kill -0 "$(cat "$starter.pid" 2>/dev/null)" 2>/dev/null || return 1
  [ ! -w "/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)/cgroup.procs" ] || return 1
  grep -q '^Max nice priority *0 ' /proc/self/limits
}

start() {
  if ! is_hosted; then
    (exec "$node" "$(dirname "$0")/agent.js" <run.alive 3>run.ended 9>&- &)
    return
  fi
  export EDGEML_NODE="$node"
  rm -f run.start run.output
  # The journal takes what the agent writes. Without one it goes this way, as long as somebody reads.
  if [ -z "${JOURNAL_STREAM:-}" ]; then
    mkfifo -m 600 run.output
    cat <run.output 9>&- &
  fi
  # It holds the token.
  (
    umask 077
    { export -p; echo 'cd "${0%/*}" && rm -f run.start && exec 3>run.ended sh "$EDGEML_SUPERVISED" agent'; } >run.start
  )
  echo "$PWD/run.start" 1<>"$starter"
}

# Exit code of an agent that only a new start by the nucleus helps: its token is void.
NEEDS_NUCLEUS=75
# Nucleus lite's own runner asks for a token in the name of this unit. Becoming the runner keeps the unit active. If it ended, systemd would stop
# the units of all models (HARD is BindsTo), and would not start them again with it.
renew() {
  if [ -z "${AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH:-}" ] && runner=$(command -v recipe-runner); then
    sleep 1
    version=$(cd "$(dirname "$0")/.." && pwd)
    exec "$runner" -n edgeml.InferenceAgent -v "${version##*/}" -p run
  fi
  exit 1
}
# A crash longer after the start than this is the first of a new count.
QUIET_SECONDS=3600
LONGEST_WAIT_SECONDS=60
crashes=0
pause=0
while :; do
  [ -x "$node" ] || { echo "edgeml.InferenceAgent: $node is missing; deploy edgeml.Runtime again" >&2; exit 1; }
  rm -f run.alive run.ended
  mkfifo -m 600 run.alive run.ended
  # Open as long as this shell lives, and held by nobody else.
  exec 9<>run.alive
  begun=$(date +%s)
  export EDGEML_CRASHES="$crashes"
  start
  # Ends with the agent, after the exit code if the agent could tell it.
  code=
  read -r code <run.ended || true
  exec 9>&-
  if [ "$code" = 0 ]; then
    # Somebody ended the agent alone. If it is the whole component that ends, this shell does so within the second.
    sleep 1
    continue
  fi
  [ "$code" != "$NEEDS_NUCLEUS" ] || renew
  [ "$(cat proven 2>/dev/null)" = "$0" ] || exit "${code:-1}"
  if [ $(($(date +%s) - begun)) -ge "$QUIET_SECONDS" ]; then
    crashes=0
    pause=0
  fi
  crashes=$((crashes + 1))
  printf '{"level":"error","component":"edgeml.InferenceAgent","code":"%s","crashes":%d,"waitSeconds":%d,"event":"agent.crashed"}\n' \
    "${code:-unknown}" "$crashes" "$pause"
  sleep "$pause"
  pause=$((pause * 2 + 1))
  [ "$pause" -le "$LONGEST_WAIT_SECONDS" ] || pause=$LONGEST_WAIT_SECONDS
done
