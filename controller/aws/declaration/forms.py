"""Forms in which AWS keeps what a document writes plainly."""

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticCustomError

from controller.aws.declaration.tags import key_value_list
from controller.core.model.limits import Bytes, Legal
from controller.core.model.reference import Secret, expressions_in
from controller.core.model.shape import shape_of
from controller.core.model.spec import Aws, Form, Spec

_RAW = "base64:"


def _text(encoded: str) -> str:
    """The text in base64; what is no text, such as a compressed script, is shown as it is kept."""
    try:
        return b64decode(encoded).decode()
    except ValueError:
        return f"{_RAW}{encoded}"


def _base64(text: str) -> str:
    return text.removeprefix(_RAW) if text.startswith(_RAW) else b64encode(text.encode()).decode()


def _size(text: str) -> int:
    """The bytes of a text in base64, or as it is where that is none."""
    try:
        return len(b64decode(_base64(text)))
    except ValueError:
        return len(text)


def _tags(listed: list[Mapping[str, Any]]) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in listed}


BASE64 = Form(read=_text, write=_base64)
"""A text that AWS keeps in base64. What is no text is written as `base64:` and its base64."""
USER_DATA = Form(read=_text, write=lambda text: text)
"""The same where the client encodes what a call takes as user data by itself, and decodes nothing."""
USER_DATA_SIZE = Bytes(16_384, _size)
"""https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html"""
TAG_LIST = Form(read=_tags, write=key_value_list)
"""A map of tags that AWS keeps as a list of keys and values."""
TRUTH = Form(read=lambda text: text == "true", write=lambda truth: str(truth).lower())
"""Truth that AWS keeps as the text `true` or `false`."""
COMMA_LIST = Form(read=lambda text: [part for part in text.split(",") if part], write=",".join)
"""A list that AWS keeps as one text with commas."""


LETTER_FIRST = Legal(r"[a-z](-?[a-z0-9])*", "it must begin with a letter and must not contain two hyphens in a row")
"""How RDS wants the names of databases and of what belongs to them."""


def not_beginning(*words: str) -> Legal:
    """Names that do not begin with what AWS keeps for itself."""
    kept = "|".join(map(re.escape, words))
    return Legal(rf"(?!{kept}).*", f"it must not begin with {' or '.join(words)}")


def attribute(name: str) -> Aws:
    """What AWS keeps as a text under a name of its own, among all `Attributes` of a thing."""
    return Aws(name, write=f"Attributes.{name}")


def attributes_of(spec: type[Spec]) -> tuple[str, ...]:
    """The fields of a spec that AWS keeps so."""
    return tuple(name for name, part in shape_of(spec).fields.items() if part.aws.write.startswith("Attributes."))


def check_fifo_name(thing: str, fifo: object, name: object) -> None:
    """Raises `PydanticCustomError` where one of two says FIFO: the field, or the end of the name.

    Nothing is said of a name that is an expression. SNS and SQS want both:
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
    """
    name = name or ""
    if isinstance(name, str) and bool(fifo) is not name.endswith(".fifo"):
        message = "a FIFO {thing} requires both {field}: true and a name that ends in .fifo; set both, or neither"
        raise PydanticCustomError("fifo_name", message, {"thing": thing, "field": f"fifo{thing.capitalize()}"})


def refuse_secrets(user_data: object) -> None:
    """Raises `PydanticCustomError` where user data has a secret in it.

    AWS shows user data to whoever may look at what has it, and a secret is never compared: a script with one inside
    would never be changed. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html
    """
    if any(isinstance(part, Secret) for part in expressions_in(user_data)):
        message = (
            "userData must not contain a secret, because AWS shows it to anyone who may describe it; "
            "let the script read the secret from Secrets Manager or a SecureString, with the instance's role"
        )
        raise PydanticCustomError("user_data", message)
