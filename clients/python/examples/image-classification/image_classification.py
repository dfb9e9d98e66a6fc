"""Asks the service imageClassification once a second what is in an image.

The client of the image classification connector as the Greengrass V1 developer guide describes it. Not a
line was changed for EdgeML.
"""

import logging
import os
import sys
from array import array
from threading import Timer

import greengrass_machine_learning_sdk as ml

logging.basicConfig(stream=sys.stdout, level=logging.INFO, format='%(message)s')

with open(os.environ['IMAGE'], 'rb') as file:
    content = file.read()

client = ml.client('inference')


def infer():
    try:
        response = client.invoke_inference_service(
            AlgoType='image-classification', ServiceName='imageClassification', ContentType='image/jpeg', Body=content
        )
    except ml.GreengrassInferenceException as error:
        logging.info('inference exception %s("%s")', type(error).__name__, error)
        return
    except ml.GreengrassDependencyException as error:
        logging.info('dependency exception %s("%s")', type(error).__name__, error)
        return

    text = response['Body'].read().decode('utf-8')
    # One probability per class, as in [0.3,0.1,0.04,...].
    probabilities = array('d', map(float, text[1:-1].split(',')))
    best = max(range(len(probabilities)), key=probabilities.__getitem__)
    logging.info('%d classes, best is %d with %.3f', len(probabilities), best, probabilities[best])
    Timer(1, infer).start()


infer()


def function_handler(event, context):
    """Was called with each message to the function, which has none: it works by its timer."""
