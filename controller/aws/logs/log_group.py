"""Where programs write what they do."""

from typing import Annotated, Literal

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.kms import KmsKey
from controller.aws.declaration.tags import ServiceTags
from controller.aws.declaration.words import Attribute, Create, Listing, Setter, Single
from controller.core.model.equality import Blank
from controller.core.model.limits import Among
from controller.core.model.spec import Aws, Immutable, Named, Tagged

_DAYS = Among(
    0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
)
"""https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html"""


class LogGroupSpec(Tagged):
    """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html"""

    log_group_name: Annotated[str | None, Immutable(), Named(limit=512), Aws("logGroupName")] = None
    """Its name, unique in the account and region, such as `/ha-web/nginx`. Unset: `<stack>-<name>`."""
    log_group_class: Annotated[
        Literal["STANDARD", "INFREQUENT_ACCESS", "DELIVERY"] | None, Immutable(), Aws("logGroupClass")
    ] = None
    """The log class, which determines features and price. AWS's default: `STANDARD`."""
    retention_in_days: Annotated[int | None, Blank(), _DAYS, Aws("retentionInDays")] = None
    """The retention of log events in days; 0 to never expire. AWS's default: never expire; a log
    group of the class `DELIVERY` always keeps two days."""
    kms_key: Annotated[str | None, KmsKey(), Aws("kmsKeyId")] = None
    """The ARN of the KMS key that encrypts newly ingested data; `""` removes it."""
    deletion_protection_enabled: Annotated[bool | None, Blank(), Aws("deletionProtectionEnabled")] = None
    """Deletion protection. AWS's default: false."""


class LogGroup(AwsKind):
    """A CloudWatch Logs log group. Its log events are deleted with it."""

    spec, service, id_field, id_from = LogGroupSpec, "logs", "logGroupName", "logGroupName"
    natural_key, id_parameter, protected_by = ("logGroupName",), "logGroupIdentifier", "deletionProtectionEnabled"
    tagging = ServiceTags(
        "TagResource",
        "UntagResource",
        "resourceArn",
        parameter="tags",
        value="tags",
        keys="tagKeys",
        read_with="ListTagsForResource",
        tags="tags",
        search="logs:log-group",
    )
    listing = Listing("DescribeLogGroups", "logGroups", page=50)
    single = Single("DescribeLogGroups", "logGroups[]", ("logGroupNamePrefix",))
    creation, deletion = Create("CreateLogGroup", ""), "DeleteLogGroup"
    setters = (
        Setter("PutRetentionPolicy", ("retentionInDays",), empty="DeleteRetentionPolicy"),
        Setter("AssociateKmsKey", ("kmsKey",), empty="DisassociateKmsKey"),
        Setter("PutLogGroupDeletionProtection", ("deletionProtectionEnabled",)),
    )
    # Of the two ARNs that AWS shows, the one without `:*` at its end names the group itself.
    attributes = {"arn": Attribute("Its ARN, without `:*` at its end.", "logGroupArn")}
