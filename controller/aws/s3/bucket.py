"""A bucket: where objects are kept."""

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import ServiceTags
from controller.aws.declaration.wire import Item, overlay
from controller.aws.declaration.words import Attribute, Create, Detail, Listing, Setter, Single
from controller.aws.s3.bucket_fields import CLOSED, completed
from controller.aws.s3.bucket_spec import BucketSpec
from controller.aws.s3.places import names_of
from controller.core.model.call import Call
from controller.core.model.cloud import Cloud
from controller.core.model.live import Live
from controller.core.model.node import Node
from controller.core.model.reference import Address
from controller.core.model.shape import Tree

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def _unless(not_set: str, name: str, operation: str, path: str, *, guards: bool = False) -> Detail:
    """A part of a bucket that S3 either shows or says is not set.

    https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
    """
    return Detail(name, operation, path, not_set=not_set, always=True, guards=guards)


class Bucket(AwsKind):
    """A bucket. Only buckets in the stack's region are seen.

    AWS deletes no bucket that holds an object, and Holdfast never empties one: `Object` nodes are deleted before it;
    anything else in it blocks the deletion, and so do the noncurrent versions of a versioned bucket. It is created
    with its owner tags, so no bucket of exactly this name is ever untagged. S3 cannot set a single tag: all tags are
    written at once, together with those of others that were read just before.
    """

    spec, service, id_field, id_parameter = BucketSpec, "s3", "Name", "Bucket"
    id_from, natural_key = "bucketName", ("bucketName",)
    tagging = ServiceTags(
        "PutBucketTagging",
        "DeleteBucketTagging",
        "Bucket",
        of="id",
        parameter="CreateBucketConfiguration.Tags",
        value="Tagging",
        keys="",
        read_with="GetBucketTagging",
        tags="TagSet",
        untagged="NoSuchTagSet",
        search="s3",
    )
    listing = Listing("ListBuckets", "Buckets", page=1000, stamp="CreationDate")
    single = Single("HeadBucket")
    creation, deletion = Create("CreateBucket", ""), "DeleteBucket"
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html
    gives_initially = {
        "ownershipControls": {"objectOwnership": "BucketOwnerEnforced"},
        "publicAccessBlock": CLOSED,
        "acl": "private",
        "encryption": {"sseAlgorithm": "AES256", "bucketKeyEnabled": False},
    }
    reads = (
        Detail("versioning", "GetBucketVersioning", "Status"),
        _unless(
            "OwnershipControlsNotFoundError",
            "ownershipControls",
            "GetBucketOwnershipControls",
            "OwnershipControls.Rules[0]",
            guards=True,
        ),
        _unless(
            "NoSuchPublicAccessBlockConfiguration",
            "publicAccessBlock",
            "GetPublicAccessBlock",
            "PublicAccessBlockConfiguration",
            guards=True,
        ),
        Detail("acl", "GetBucketAcl", "", always=True, guards=True),
        _unless(
            "ServerSideEncryptionConfigurationNotFoundError",
            "encryption",
            "GetBucketEncryption",
            "ServerSideEncryptionConfiguration.Rules[0]",
            guards=True,
        ),
        _unless("NoSuchBucketPolicy", "policy", "GetBucketPolicy", "Policy", guards=True),
        _unless("NoSuchWebsiteConfiguration", "website", "GetBucketWebsite", ""),
        _unless("NoSuchCORSConfiguration", "corsRules", "GetBucketCors", "CORSRules"),
        _unless("NoSuchLifecycleConfiguration", "lifecycleRules", "GetBucketLifecycleConfiguration", "Rules"),
        Detail("logging", "GetBucketLogging", "LoggingEnabled"),
        Detail("accelerate", "GetBucketAccelerateConfiguration", "Status"),
    )
    # In the order in which they are made: a policy that makes public is refused while it is kept from the public.
    setters = (
        Setter("PutBucketVersioning", ("versioning",), whole=True),
        Setter("PutBucketOwnershipControls", ("ownershipControls",), whole=True),
        Setter("PutPublicAccessBlock", ("publicAccessBlock",), whole=True),
        Setter("PutBucketAcl", ("acl",)),
        Setter("PutBucketEncryption", ("encryption",), whole=True),
        Setter("PutBucketPolicy", ("policy",), whole=True, empty="DeleteBucketPolicy"),
        Setter("PutBucketWebsite", ("website",), whole=True, empty="DeleteBucketWebsite"),
        Setter("PutBucketCors", ("corsRules",), whole=True, empty="DeleteBucketCors"),
        Setter("PutBucketLifecycleConfiguration", ("lifecycleRules",), whole=True, empty="DeleteBucketLifecycle"),
        Setter(
            "PutBucketLogging",
            ("logging",),
            whole=True,
            constant={"BucketLoggingStatus": {}},
            empty="PutBucketLogging",
        ),
        Setter("PutBucketAccelerateConfiguration", ("accelerate",), whole=True),
    )
    attributes = {
        "arn": Attribute("Its ARN.", "Name"),
        "regionalDomainName": Attribute(
            "Its regional domain name, for example as the origin of a distribution.", "Name"
        ),
        "websiteEndpoint": Attribute("The host name of its static website.", "Name"),
        "websiteDomain": Attribute("The target of an alias record for its website.", "BucketRegion"),
        "websiteHostedZoneId": Attribute("The id of the hosted zone for such an alias record.", "BucketRegion"),
    }

    def desired(self, stack: str, address: Address, fields: Tree) -> Tree:
        """The name as S3 takes it; aspects with what AWS would put in the place of what they leave out."""
        fields = super().desired(stack, address, fields)
        name = fields["bucketName"]
        if isinstance(name, str) and not _NAME.fullmatch(name):
            raise ValueError(
                f"{name!r} is not a valid bucket name: 3 to 63 lowercase letters, digits, dots and hyphens"
            )
        return {name: completed(name, value) for name, value in fields.items()}

    def create(self, node: Node) -> tuple[Call, ...]:
        """Where it is made is said everywhere but in the region that AWS takes when nothing is."""
        (call,) = super().create(node)
        here = {} if node.region == "us-east-1" else {"LocationConstraint": node.region}
        return (replace(call, parameters=overlay(call.parameters, {"CreateBucketConfiguration": here})),)

    def confines(self, cloud: Cloud, parent: str) -> Item:
        """The stack's region: AWS lists the buckets of all regions."""
        return {"BucketRegion": cloud.region}

    def born(self, node: Node, sent: Mapping[str, Any], body: Mapping[str, Any]) -> Live:
        """The answer leaves out the region, from which its other names follow."""
        return super().born(node, sent, {**body, "BucketRegion": node.region})

    def shown(self, item: Item) -> dict[str, Any]:
        """Its other names."""
        return names_of(item[self.id_field], item["BucketRegion"])

    def answer(self, cloud: Cloud, operation: str, live: Live, parameters: Item = MappingProxyType({})) -> Item:
        """Rules of old with their prefix in a filter: one without a filter is for all objects."""
        body = super().answer(cloud, operation, live, parameters)
        rules = body.get("Rules") if operation == "GetBucketLifecycleConfiguration" else None
        return {**body, "Rules": [*map(_filtered, rules)]} if rules else body


def _filtered(rule: Item) -> Item:
    rest = {name: value for name, value in rule.items() if name != "Prefix"}
    return rule if "Filter" in rule or "Prefix" not in rule else {**rest, "Filter": {"Prefix": rule["Prefix"]}}
