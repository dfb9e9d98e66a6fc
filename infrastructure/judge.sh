#!/bin/sh
# Lets the instance of infrastructure/twin.yaml judge the model that its nucleus runs: judge.sh RUN MODEL. Ends with 1 if it is refused.
set -eu
command=$(aws ssm send-command --profile preproduction --document-name edgeml-twin --instance-ids "$TWIN_INSTANCE" \
  --parameters "Run=$1,ModelName=$2" --query Command.CommandId --output text)
tries=0
while :; do
  status=$(aws ssm get-command-invocation --profile preproduction --command-id "$command" --instance-id "$TWIN_INSTANCE" \
    --query Status --output text) || status=Pending
  case $status in
  Success) exit 0 ;;
  Failed | Cancelled | TimedOut | Cancelling)
    aws ssm get-command-invocation --profile preproduction --command-id "$command" --instance-id "$TWIN_INSTANCE" \
      --query '[StandardOutputContent,StandardErrorContent]' --output text
    exit 1
    ;;
  esac
  tries=$((tries + 1))
  # An hour and a little more: the time limit of the document.
  [ "$tries" -lt 400 ] || { echo "the twin has not answered for an hour: $command" >&2; exit 1; }
  sleep 10
done
