"""What Greengrass V1 had and a component does not have: each call says what to use instead."""

from typing import Any


def unavailable(call: str, instead: str) -> NotImplementedError:
    return NotImplementedError('{} of Greengrass V1 is not there for components. {}'.format(call, instead))


class Lambda:
    def invoke(self, **arguments: Any) -> None:
        name = arguments.get('FunctionName', 'the function')
        raise unavailable(
            'lambda.invoke',
            'Publish a message on a topic that {} has a subscription to; edgeml migrate-v1 makes a component of it.'.format(name),
        )


class SecretsManager:
    def get_secret_value(self, **_arguments: Any) -> None:
        raise unavailable(
            'secretsmanager.get_secret_value',
            'Deploy aws.greengrass.SecretManager and use GetSecretValue of the AWS IoT Device SDK.',
        )
