"""What a document says of a parameter."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.aws.declaration.forms import not_beginning
from controller.core.model.conditions import Is, IsNot
from controller.core.model.equality import Blank, Equality, Json
from controller.core.model.limits import Bytes, Legal
from controller.core.model.reference import json_text
from controller.core.model.rules import Check, Only
from controller.core.model.spec import Aws, Form, Immutable, Named, OneWay, Sensitive, Tagged, Unordered, WriteOnly


class Tier(Equality):
    """A tier; `Intelligent-Tiering` lets AWS choose between the other two, and AWS shows the one that it chose."""

    def equal(self, desired: Any, observed: Any) -> bool:
        """Whether AWS's tier is the document's, or one that it may choose."""
        return desired in (observed, "Intelligent-Tiering")


def _policies(shown: list[Mapping[str, Any]]) -> list[Any]:
    return [json.loads(policy["PolicyText"]) for policy in shown]


_UNRESERVED = Legal(r"(?i:(?!(aws|ssm))(?!/(aws|ssm)(/|$))).*", "it must not begin with aws or ssm")
_NAME = Legal(r"[a-zA-Z0-9_.\-/]+", "it must consist of letters, digits and _.-/")
_PATH = Legal(r"(/[^/]+){1,15}|[^/]*", "a path must begin with a slash, and have at most 15 levels")


class ParameterSpec(Tagged):
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html"""

    constraints = (
        Only("policies", when=IsNot("tier", "Standard")),
        Check(
            "value has at most 4096 bytes",
            lambda value: len(value.encode()) <= 4096,
            "value",
            when=(Is("tier", "Standard"),),
        ),
    )

    name: Annotated[
        str | None, Immutable(), Named(limit=900, legal=not_beginning("aws", "ssm")), _UNRESERVED, _NAME, _PATH
    ] = None
    """Its name, unique in the account and region, or its path with a leading slash: `/ha-web/db-endpoint`. Unset:
    `<stack>-<name>`."""
    type: Annotated[Literal["String", "StringList", "SecureString"], Immutable()]
    """The type: text, a comma-separated list, or encrypted text."""
    value: Annotated[str | None, Bytes(8192)] = None
    """The value; `{from: DbInstance/db, attribute: endpoint.address}` takes it from another node. Not for a
    `SecureString`."""
    secure_value: Annotated[
        str | None, Sensitive(), WriteOnly("AWS returns it only to those who may decrypt it"), Aws(write="Value")
    ] = None
    """The value of a `SecureString`, by where it is kept: `{secret: {env: NAME}}`. It is never read back, and sent
    again with every other change."""
    description: Annotated[str | None, Blank()] = None
    """What it is for; `""` removes it."""
    tier: Annotated[
        Literal["Standard", "Advanced", "Intelligent-Tiering"] | None,
        Tier(),
        OneWay(lambda desired, _: desired == "Standard", "AWS cannot change an advanced parameter to a standard one"),
    ] = None
    """The tier, which determines size and price; policies need `Advanced`, which AWS never downgrades. Unset: the
    account's default for new parameters."""
    allowed_pattern: Annotated[str | None, Blank()] = None
    """The regular expression that its values must match."""
    data_type: Annotated[Literal["text", "aws:ec2:image", "aws:ssm:integration"] | None, Immutable()] = None
    """The data type that AWS validates; an image is validated only after the value is accepted. AWS's default:
    `text`."""
    key_id: str | None = None
    """The KMS key that encrypts a `SecureString`, by id, ARN or alias. AWS's default: `alias/aws/ssm`."""
    policies: Annotated[
        list[Annotated[dict[str, Any], Json()]] | None, Unordered(), Form(read=_policies, write=json_text)
    ] = None
    """The parameter policies, as JSON: expiration, expiration notification and no-change notification."""

    @model_validator(mode="after")
    def _value_of_its_type(self) -> "ParameterSpec":
        secure = self.type == "SecureString"
        right, wrong = ("secureValue", "value") if secure else ("value", "secureValue")
        given = {"value": self.value, "secureValue": self.secure_value}
        if given[right] is None or given[wrong] is not None:
            message = "a parameter of type {type} has its value in {right}, not in {wrong}"
            raise PydanticCustomError("parameter", message, {"type": self.type, "right": right, "wrong": wrong})
        if self.key_id is not None and not secure:
            message = "only a SecureString is encrypted; omit keyId, or change the type to SecureString"
            raise PydanticCustomError("parameter", message)
        return self
