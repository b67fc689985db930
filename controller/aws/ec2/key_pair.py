"""Whose private key opens the door of an instance."""

from collections.abc import Hashable
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import Ec2Tags
from controller.aws.declaration.words import Attribute, Create, Listing
from controller.core.model.equality import Equality
from controller.core.model.spec import Aws, Immutable, Named, Tagged


class PublicKey(Equality):
    """A public key in OpenSSH's form; the comment behind it is no part of it, and AWS shows its own."""

    def normal(self, value: Any) -> Hashable:
        """Type and key."""
        return tuple(str(value).split()[:2])

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    @staticmethod
    def _check(value: str) -> str:
        kind, *rest = value.split() or [""]
        if kind not in ("ssh-rsa", "ssh-ed25519") or not rest:
            raise PydanticCustomError(
                "public_key", "a public key must be a single line: ssh-ed25519 AAAA…, or ssh-rsa AAAA…"
            )
        return value


class KeyPairSpec(Tagged):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportKeyPair.html"""

    key_name: Annotated[str | None, Immutable(), Named(limit=255)] = None
    """Its name, unique in the region. Unset: `<stack>-<name>`."""
    public_key_material: Annotated[str, PublicKey(), Immutable(), Aws("PublicKey", write="PublicKeyMaterial")]
    """The public key, in the format of `ssh-keygen`. The private key stays with you. AWS takes RSA and ED25519."""


class KeyPair(AwsKind):
    """An imported public key. Its listing is not paginated; instances refer to it by its name."""

    spec, service, id_field, tagging = KeyPairSpec, "ec2", "KeyPairId", Ec2Tags("key-pair")
    natural_key = ("keyName",)
    listing = Listing("DescribeKeyPairs", "KeyPairs", parameters={"IncludePublicKey": True})
    creation, deletion = Create("ImportKeyPair", ""), "DeleteKeyPair"
    attributes = {"keyName": Attribute("Its name, with which instances refer to it.", "KeyName")}
