"""Asks the service objectDetection once a second what is where in an image.

The client of the object detection connector as the Greengrass V1 developer guide describes it. Not a
line was changed for EdgeML.
"""

import logging
import os
import sys
from threading import Timer

import greengrass_machine_learning_sdk as ml

logging.basicConfig(stream=sys.stdout, level=logging.INFO, format='%(message)s')

CONFIDENCE = 0.5

with open(os.environ['IMAGE'], 'rb') as file:
    content = file.read()

client = ml.client('inference')


def infer():
    try:
        response = client.invoke_inference_service(
            AlgoType='object-detection', ServiceName='objectDetection', ContentType='image/jpeg', Body=content
        )
    except ml.GreengrassInferenceException as error:
        logging.info('inference exception %s("%s")', type(error).__name__, error)
        return
    except ml.GreengrassDependencyException as error:
        logging.info('dependency exception %s("%s")', type(error).__name__, error)
        return

    # {"prediction":[[class,score,xmin,ymin,xmax,ymax],...]}: the programs of that time evaluated it.
    predictions = eval(response['Body'].read().decode('utf-8'))
    for number, score, xmin, ymin, xmax, ymax in predictions['prediction']:
        if score >= CONFIDENCE:
            logging.info('class %d with %.3f at %.3f %.3f %.3f %.3f', number, score, xmin, ymin, xmax, ymax)
    logging.info('%d boxes', len(predictions['prediction']))
    Timer(1, infer).start()


infer()


def function_handler(event, context):
    """Was called with each message to the function, which has none: it works by its timer."""
