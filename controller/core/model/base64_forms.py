"""How a secret looks inside what is sent as base64, such as user data."""

import base64
from collections.abc import Iterator


def within(secret: bytes) -> Iterator[str]:
    """Its base64 at each of the three places that it can have within a longer text, without the neighbours' bits."""
    for before in range(3):
        whole = base64.b64encode(bytes(before) + secret).decode()
        yield whole[-(-before * 8 // 6) : (before + len(secret)) * 8 // 6]
