"""What a document says of a bucket; each aspect of it has its structure in `bucket_fields.py`."""

from typing import Annotated, Any, Literal

from controller.aws.s3.acl import CANNED, PAGE
from controller.aws.s3.bucket_fields import (
    CorsRule,
    Encryption,
    LifecycleRule,
    Logging,
    OwnershipControls,
    PublicAccessBlock,
    Website,
)
from controller.core.model.conditions import Is
from controller.core.model.equality import Default
from controller.core.model.limits import Count, Legal
from controller.core.model.policy import Policy
from controller.core.model.rules import Check
from controller.core.model.spec import Aws, Immutable, Keyed, Named, Removable, Span, Tagged

_OPEN = Legal(
    r"(?!xn--|sthree-|amzn-s3-demo-).*(?<!-s3alias)(?<!--ol-s3)(?<!--x-s3)(?<!--table-s3)",
    "its prefix or suffix is reserved by S3",
)
BUCKET_NAME = Legal(
    r"(?![0-9]+(\.[0-9]+){3}$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
    "it must have 3 to 63 lowercase letters, digits, dots and hyphens, begin and end with a letter or digit, and be "
    "no IP address",
)
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"""


class BucketSpec(Tagged):
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html"""

    constraints = (
        Check(
            "acl is private",
            lambda acl: acl == "private",
            "acl",
            when=(Is("ownershipControls.objectOwnership", "BucketOwnerEnforced"),),
            page=PAGE,
        ),
    )

    bucket_name: Annotated[
        str | None,
        Immutable(),
        Named(limit=63, legal=_OPEN, span=Span.WORLD),
        _OPEN,
        BUCKET_NAME,
        Aws("Name", write="Bucket"),
    ] = None
    """Its name, globally unique. Unset: `<stack>-<name>`, which may already be taken."""
    versioning: Annotated[
        Literal["Enabled", "Suspended"] | None, Aws("Status", write="VersioningConfiguration.Status")
    ] = None
    """Whether object versions are kept; once enabled, it can only be suspended."""
    ownership_controls: Annotated[
        OwnershipControls | None, Aws("OwnershipControls.Rules[0]", write="OwnershipControls.Rules")
    ] = None
    """Object ownership, and whether ACLs are enabled. AWS's default: `BucketOwnerEnforced`, ACLs disabled."""
    public_access_block: Annotated[PublicAccessBlock | None, Aws("PublicAccessBlockConfiguration")] = None
    """Block Public Access. AWS's default: all four on; fields left out are true."""
    acl: Annotated[
        Literal["private", "public-read", "public-read-write", "authenticated-read", "log-delivery-write"] | None,
        CANNED,
        Aws("ACL"),
    ] = None
    """The canned ACL; grants that none makes are shown as `custom`. AWS's default: `private`."""
    encryption: Annotated[
        Encryption | None,
        Aws("ServerSideEncryptionConfiguration.Rules[0]", write="ServerSideEncryptionConfiguration.Rules"),
    ] = None
    """The default encryption. AWS's default: `AES256`."""
    policy: Annotated[dict[str, Any] | None, Policy()] = None
    """The bucket policy. `{}`: none."""
    website: Annotated[Website | None, Removable(), Aws("Website", write="WebsiteConfiguration")] = None
    """Static website hosting at `websiteEndpoint`. `{}`: none."""
    cors_rules: Annotated[
        list[CorsRule] | None, Count(1, 100), Aws("CORSRules", write="CORSConfiguration.CORSRules")
    ] = None
    """The CORS rules; the first match applies. `[]`: none."""
    lifecycle_rules: Annotated[
        list[LifecycleRule] | None, Count(1, 1000), Keyed("id"), Aws("Rules", write="LifecycleConfiguration.Rules")
    ] = None
    """The lifecycle rules. If set, the list is authoritative; `[]`: none."""
    logging: Annotated[
        Logging | None, Removable(), Aws("LoggingEnabled", write="BucketLoggingStatus.LoggingEnabled")
    ] = None
    """Where server access logs are delivered. `{}`: nowhere."""
    accelerate: Annotated[
        Literal["Enabled", "Suspended"] | None,
        Default("Suspended"),
        Aws("Status", write="AccelerateConfiguration.Status"),
    ] = None
    """Transfer Acceleration; once enabled, it can only be suspended."""
