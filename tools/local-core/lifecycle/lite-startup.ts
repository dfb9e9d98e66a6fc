import type { LifecycleStep } from '../../recipe/lifecycle.ts';

/**
 * `startup` as nucleus lite makes a unit of it (Type=notify, RemainAfterExit): it has started when it said so with
 * `systemd-notify --ready`, and has failed if it ends without that. Lite goes on after the script with `systemd-notify
 * --stopping`, which systemd 252 refuses, so that a script has to exit by itself.
 */
export function liteStartup(step: LifecycleStep): LifecycleStep {
  return { ...step, script: `${PREPARE}sh -c ${quoted(`${step.script}\nsystemd-notify --stopping`)}\n${JUDGE}` };
}

const PREPARE = `unit=$(mktemp -d) || exit 1
trap 'rm -rf "$unit"' EXIT
trap 'exit 143' TERM
printf '#!/bin/sh\\n[ "$1" = --ready ] && : >"$NOTIFY_SOCKET"\\n' >"$unit/systemd-notify"
chmod 755 "$unit/systemd-notify"
NOTIFY_SOCKET="$unit/ready" PATH="$unit:$PATH" `;

const JUDGE = `code=$?
[ "$code" -ne 0 ] && exit "$code"
[ -e "$unit/ready" ] && exit 0
echo 'systemd: the unit ended without having said that it is ready (systemd-notify --ready)' >&2
exit 1`;

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
