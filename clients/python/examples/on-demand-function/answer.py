"""An on-demand Lambda function of Greengrass V1: it is called with each message of ``parts/ask/+``, and answers on IoT Core.

Not a line was changed for EdgeML.
"""

import base64
import json

import greengrass_machine_learning_sdk as ml
import greengrasssdk

messages = greengrasssdk.client('iot-data')
models = ml.client('inference')


def function_handler(event, context):
    asked = context.client_context.custom['subject']
    try:
        response = models.invoke_inference_service(
            AlgoType='object-detection',
            ServiceName='objectDetection',
            ContentType='image/jpeg',
            Body=base64.b64decode(event['image']),
        )
    except ml.GreengrassInferenceException as error:
        return messages.publish(topic='parts/answer', payload=str(error))
    rows = json.loads(response['Body'].read())['prediction']
    messages.publish(topic='parts/answer', payload=json.dumps({'asked': asked, 'parts': len(rows)}))
