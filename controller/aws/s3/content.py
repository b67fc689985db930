"""The content of objects: compared and shown by its checksum, and sent as it is."""

from base64 import b64decode
from binascii import Error
from hashlib import sha256
from io import BytesIO
from typing import Any

from pydantic_core import PydanticCustomError

from controller.core.model.equality import Equality
from controller.core.model.reference import Encoded
from controller.core.model.spec import Form


class Content(str):
    """A content as it is compared and shown, by checksum and size. The bytes come along and are never printed."""

    __slots__ = ("body",)
    body: bytes

    @classmethod
    def of(cls, body: bytes) -> "Content":
        """The content of these bytes."""
        content = cls(f"sha256:{sha256(body).hexdigest()} ({len(body)} bytes)")
        content.body = body
        return content

    @property
    def checksum(self) -> str:
        """The checksum alone."""
        return self.partition(" ")[0]


class Body(BytesIO):
    """A content on its way to S3; whoever prints the call sees its checksum and its size."""

    def __str__(self) -> str:
        return str(Content.of(self.getvalue()))


class Checksum(Equality):
    """A content is what has its checksum; one that was put together from other values is text."""

    def equal(self, desired: Any, observed: Any) -> bool:
        """Whether S3 shows the checksum of the content."""
        content = desired if isinstance(desired, Content) else Content.of(str(desired).encode())
        return content.checksum == (observed.checksum if isinstance(observed, Content) else observed)


def decoded(text: str) -> bytes:
    """The bytes that a document writes in base64. Raises `PydanticCustomError` when it is none."""
    try:
        return b64decode("".join(text.split()), validate=True)
    except (Error, ValueError):
        raise PydanticCustomError("base64", "this is not base64; use `content` for text") from None


def _shown(checksum: str) -> str:
    return f"sha256:{b64decode(checksum).hex()}"


def _sent(content: str) -> Any:
    return (
        Encoded(str(content), lambda _: Body(content.body))
        if isinstance(content, Content)
        else Body(content.encode())
    )


CONTENT = Form(read=_shown, write=_sent)
"""Bytes that S3 takes as they are and shows by their checksum in base64."""
