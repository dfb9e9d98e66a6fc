"""Offers the first file of a folder, and what a model said of it, as a sample for the next model.

The client of the feedback connector as the Greengrass V1 developer guide describes it. Not a
line was changed for EdgeML.
"""

import json
import logging
import os
import sys

import greengrass_machine_learning_sdk as ml

logging.basicConfig(stream=sys.stdout, level=logging.INFO, format='%(message)s')

client = ml.client('feedback')

try:
    config_id = os.environ['FEEDBACK_CONFIG_ID']
    folder = os.environ['MODEL_INPUT_DIR']
    prediction = json.loads(os.environ['MODEL_PREDICTIONS'])
    with open(os.path.join(folder, sorted(os.listdir(folder))[0]), 'rb') as file:
        content = file.read()
except (KeyError, ValueError, IndexError, OSError) as error:
    logging.info('FEEDBACK_CONFIG_ID, MODEL_INPUT_DIR and MODEL_PREDICTIONS must be set: %r', error)
    sys.exit(1)


def publish():
    try:
        client.publish(
            ConfigId=config_id, ModelInput=content, ModelPrediction=prediction, Metadata={'camera': 'line-3'}
        )
    except ml.GreengrassFeedbackException as error:
        logging.info('feedback exception %s("%s")', type(error).__name__, error)
    except ml.GreengrassDependencyException as error:
        logging.info('dependency exception %s("%s")', type(error).__name__, error)
    else:
        logging.info('the sample was offered')


publish()


def function_handler(event, context):
    """Was called with each message to the function, which has none: it works when it starts."""
