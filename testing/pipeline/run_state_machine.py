"""Runs a state machine in moto's interpreter, with moto's SNS and task tokens. Builds and functions are not moto's: whoever started
this script runs them.

A conversation in lines of JSON. The first line of standard input is {"definition", "topic", "name", "input"}. Then each line of standard
output is one of
  {"build": {…}}      parameters of StartBuild   answered by {"ok": true} or {"ok": false}
  {"function": {…}}   event of a function        answered by {"output": …}
  {"mail": "…"}       a message on the topic     answered by {"command": ["send-task-success", "--task-token", …]} or {}
  {"end": {…}}        status, error, and the states in the order in which they were entered
"""
import json
import logging
import os
import sys
import threading
import time

os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="us-east-1")

import boto3
from moto import mock_aws
from moto.sns.models import sns_backends
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_unsupported as codebuild,
)

ACCOUNT = "123456789012"
LIMIT_S = 500
one_at_a_time = threading.Lock()
# It logs each failure that a state machine catches.
logging.disable(logging.CRITICAL)


def ask(question):
    with one_at_a_time:
        print(json.dumps(question), flush=True)
        return json.loads(sys.stdin.readline())


def build(self, env, resource_runtime_part, normalised_parameters, state_credentials):
    if not ask({"build": normalised_parameters})["ok"]:
        raise RuntimeError("the build failed")
    env.stack.append({"Build": {"BuildStatus": "SUCCEEDED"}})


def function(env, parameters, region, state_credentials):
    payload = parameters["Payload"]
    event = json.loads(payload) if isinstance(payload, (str, bytes)) else payload
    env.stack.append({"Payload": ask({"function": event})["output"]})


codebuild.StateTaskServiceUnsupported._eval_service_task = build
codebuild.StateTaskServiceUnsupported._log_unsupported_warning = lambda self: None
lambda_eval_utils.execute_lambda_function_integration = function


def paste(client, words):
    """The arguments that the AWS CLI reads behind `aws stepfunctions`."""
    name, *options = words
    given = dict(zip(options[::2], options[1::2]))
    members = {"--task-token": "taskToken", "--task-output": "output", "--error": "error", "--cause": "cause"}
    call = {"send-task-success": client.send_task_success, "send-task-failure": client.send_task_failure}[name]
    call(**{members[option]: value for option, value in given.items() if option != "--region"})


def main():
    asked = json.loads(sys.stdin.readline())
    client = boto3.client("stepfunctions")
    topic = boto3.client("sns").create_topic(Name=asked["topic"].split(":")[-1])["TopicArn"]
    # moto cannot wait for builds; here a task of the kind ends when its build has ended.
    definition = json.dumps(asked["definition"]).replace("codebuild:startBuild.sync", "codebuild:startBuild")
    machine = client.create_state_machine(
        name="pipeline", definition=definition, roleArn=f"arn:aws:iam::{ACCOUNT}:role/pipeline"
    )["stateMachineArn"]
    arn = client.start_execution(stateMachineArn=machine, name=asked["name"], input=json.dumps(asked["input"]))
    arn = arn["executionArn"]
    mails = 0
    deadline = time.monotonic() + LIMIT_S
    is_running = True
    while is_running:
        # Asked first, so that the last mail of an execution that ends meanwhile is delivered, too.
        found = client.describe_execution(executionArn=arn)
        is_running = found["status"] == "RUNNING"
        sent = sns_backends[ACCOUNT]["us-east-1"].topics[topic].sent_notifications
        for _, message, *_ in sent[mails:]:
            mails += 1
            words = ask({"mail": message}).get("command")
            if words:
                paste(client, words)
        if time.monotonic() > deadline:
            raise TimeoutError("the execution does not end")
        time.sleep(0.02)
    events = client.get_execution_history(executionArn=arn, maxResults=1000)["events"]
    states = [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]
    print(json.dumps({"end": {"status": found["status"], "error": found.get("error"), "states": states}}), flush=True)


with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
    main()
