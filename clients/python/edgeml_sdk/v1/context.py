"""The second argument of a handler."""

import os
import time
import uuid


class ClientContext:
    def __init__(self, subject: str):
        self.client = None
        self.custom = {'subject': subject}
        self.env = {}


class Context:
    """Of a call: ``client_context.custom['subject']`` is the topic of its message."""

    def __init__(self, subject: str, timeout_seconds: float):
        self.function_name = os.environ.get('EDGEML_V1_FUNCTION', '')
        self.function_version = os.environ.get('EDGEML_V1_FUNCTION_VERSION', '')
        self.invoked_function_arn = os.environ.get('EDGEML_V1_FUNCTION_ARN', '')
        self.aws_request_id = str(uuid.uuid4())
        self.client_context = ClientContext(subject)
        self._ends_at = time.monotonic() + timeout_seconds

    def get_remaining_time_in_millis(self) -> int:
        return max(0, round(1000 * (self._ends_at - time.monotonic())))
