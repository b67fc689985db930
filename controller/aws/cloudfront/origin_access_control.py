"""What lets a CDN, and nobody else, into a bucket."""

from typing import Annotated, Literal

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import WITHOUT_OWNER_TAGS, Described
from controller.aws.declaration.words import Create, Listing, ReadModifyWrite, Setter, Single
from controller.core.model.equality import Blank
from controller.core.model.reference import Address
from controller.core.model.shape import Tree
from controller.core.model.spec import Immutable, Named, Span, Spec


class OriginAccessControlSpec(Spec):
    """https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateOriginAccessControl.html"""

    name: Annotated[str | None, Immutable(), Named(limit=64, span=Span.ACCOUNT)] = None
    """Its name, unique in the account. Unset: `<stack>-<name>`."""
    description: Annotated[str | None, Blank(), WITHOUT_OWNER_TAGS] = None
    """What it is for, in about a hundred characters: it takes no tags, so the owner tags are appended here."""
    origin_access_control_origin_type: Literal["s3", "lambda", "mediastore", "mediapackagev2"] | None = None
    """The origin type. Unset: `s3`."""
    signing_behavior: Literal["always", "never", "no-override"] | None = None
    """Which requests are signed. Unset: `always`."""
    signing_protocol: Literal["sigv4", "sigv4a"] | None = None
    """How they are signed. Unset: `sigv4`."""


class OriginAccessControl(AwsKind):
    """An origin access control. A distribution's origin refers to it, and the bucket policy allows the distribution.

    It takes no tags: the owner tags are kept in its description, and count as its tags.
    """

    spec, service, id_field, natural_key = OriginAccessControlSpec, "cloudfront", "Id", ("name",)
    tagging = Described(within="description", shown="Description", limit=256)
    listing = Listing("ListOriginAccessControls", "OriginAccessControlList.Items")
    single = Single("GetOriginAccessControl", "OriginAccessControl")
    creation = Create("CreateOriginAccessControl", "OriginAccessControl", within="OriginAccessControlConfig")
    deletion = "DeleteOriginAccessControl"
    read_modify_write = ReadModifyWrite(
        "GetOriginAccessControl",
        "OriginAccessControl.OriginAccessControlConfig",
        "OriginAccessControlConfig",
        guards=True,
    )
    setters = (Setter("UpdateOriginAccessControl"),)

    def desired(self, stack: str, address: Address, fields: Tree) -> Tree:
        """What AWS has no default for."""
        said = {"originAccessControlOriginType": "s3", "signingBehavior": "always", "signingProtocol": "sigv4"}
        return {**said, **super().desired(stack, address, fields)}
