"""The body of an answer."""

import io
from typing import Optional


class StreamingBody:
    """Bytes that are read once, from the beginning to the end."""

    def __init__(self, content: bytes):
        self._stream = io.BytesIO(content)

    def read(self, amt: Optional[int] = None) -> bytes:
        """The next ``amt`` bytes, or all that are left; ``b''`` at the end.

        :raises ValueError: after ``close``
        """
        return self._stream.read(-1 if amt is None else amt)

    def close(self) -> None:
        self._stream.close()
