#!/bin/sh
# install.sh <unpacked runtime>: proves that the runtime works on this machine, then links it as "current".
set -eu
runtime=$1
node="$runtime/bin/node"
# Nuclei do not restore the executable bit of unpacked files; the recipe asks for it, this is for those that ignore it.
[ -x "$node" ] || chmod 755 "$node"
"$node" "$runtime/check.js" || {
  status=$?
  echo "edgeml.Runtime: $node ended with $status on $(uname -srm). It is made for $(cat "$runtime/PLATFORM") with glibc 2.28 or newer." >&2
  exit 1
}
sh "$runtime/link-current.sh" "$runtime"
# The Java nucleus makes it 0700 at each start of a script. Components that run as another user of the same group start Node.js through the link.
chmod g+x . || true
