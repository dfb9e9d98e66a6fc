#!/bin/sh
# Makes the profiles "preproduction" and "production" of the roles that the build may take. With one account there are none.
set -eu
mkdir -p "$HOME/.aws"
: >"$HOME/.aws/config"
profile() {
  [ -n "$2" ] || return 0
  printf '[profile %s]\nrole_arn = %s\ncredential_source = EcsContainer\nrole_session_name = edgeml-pipeline\nregion = %s\n' \
    "$1" "$2" "$AWS_REGION" >>"$HOME/.aws/config"
}
profile preproduction "${PREPRODUCTION_ROLE_ARN:-}"
profile production "${PRODUCTION_ROLE_ARN:-}"
