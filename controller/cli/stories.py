"""What goes wrong in the demo: somebody else's calls, behind Holdfast's back. One story for each document."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from controller.core.model.cloud import Cloud
from controller.core.model.ownership import OWNER_NAME, OWNER_STACK
from controller.core.model.reference import Address

Move = tuple[str, str, dict[str, Any]]
"""One call of somebody else: service, operation and parameters."""


@dataclass(frozen=True)
class Stage:
    """The emulator as somebody else sees it, with the stack's live ids by address."""

    cloud: Cloud
    ids: dict[Address, str]

    def id(self, address: str) -> str:
        """The live id of a node, written `Kind/name`."""
        return self.ids[Address.parse(address)]

    def read(self, service: str, operation: str, **parameters: Any) -> Any:
        """The answer to a read, which no story tells."""
        return self.cloud.call(service, operation, parameters).body


@dataclass(frozen=True)
class Outsider:
    """One thing that goes wrong behind Holdfast's back: a title, and the calls that somebody else makes."""

    title: str
    calls: Callable[[Stage], Iterator[Move]]


@dataclass(frozen=True)
class Story:
    """What goes wrong with one document, and what anybody may break by hand where the demo goes on."""

    mishaps: tuple[Outsider, ...]
    by_hand: tuple[str, ...]


# --- the network, in both documents that have one ---


def _delete_route(stage: Stage) -> Iterator[Move]:
    table = stage.id("RouteTable/private-a")
    yield "ec2", "DeleteRoute", {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}


def _open_database(stage: Stage) -> Iterator[Move]:
    world = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    group = stage.id("SecurityGroup/db")
    yield "ec2", "AuthorizeSecurityGroupIngress", {"GroupId": group, "IpPermissions": [world]}


def _change_subnet(stage: Stage) -> Iterator[Move]:
    subnet = stage.id("Subnet/private-b")
    yield "ec2", "ModifySubnetAttribute", {"SubnetId": subnet, "MapPublicIpOnLaunch": {"Value": True}}


def _delete_nat(stage: Stage) -> Iterator[Move]:
    yield "ec2", "DeleteNatGateway", {"NatGatewayId": stage.id("NatGateway/b")}


def _misroute(stage: Stage) -> Iterator[Move]:
    route = {"RouteTableId": stage.id("RouteTable/private-a"), "DestinationCidrBlock": "0.0.0.0/0"}
    yield "ec2", "ReplaceRoute", {**route, "GatewayId": stage.id("InternetGateway/main")}


def _strip_tags(stage: Stage, address: str) -> Iterator[Move]:
    tags = [{"Key": key} for key in (OWNER_STACK, OWNER_NAME, "Name")]
    yield "ec2", "DeleteTags", {"Resources": [stage.id(address)], "Tags": tags}


_ROUTE = Outsider("A NAT route is deleted: zone a loses its internet access", _delete_route)
_PORT = Outsider("The database port is opened to the world", _open_database)
_GATEWAY = Outsider("A NAT gateway is deleted: one node is missing, the route to it is a consequence", _delete_nat)
_OWNER_TAGS = Outsider(
    "The owner tags of the VPC are stripped: nothing is replaced, the tags come back",
    lambda stage: _strip_tags(stage, "Vpc/main"),
)


# --- the web tier ---


def _stop_redirecting(stage: Stage) -> Iterator[Move]:
    forward = {"Type": "forward", "TargetGroupArn": stage.id("TargetGroup/app")}
    yield "elbv2", "ModifyListener", {"ListenerArn": stage.id("Listener/http"), "DefaultActions": [forward]}


def _enlarge(stage: Stage) -> Iterator[Move]:
    template = {"LaunchTemplateId": stage.id("LaunchTemplate/app")}
    shown = stage.read("ec2", "DescribeLaunchTemplates", LaunchTemplateIds=[template["LaunchTemplateId"]])
    latest = shown["LaunchTemplates"][0]["LatestVersionNumber"]
    larger = {"SourceVersion": str(latest), "LaunchTemplateData": {"InstanceType": "m5.4xlarge"}}
    yield "ec2", "CreateLaunchTemplateVersion", {**template, **larger}
    yield "ec2", "ModifyLaunchTemplate", {**template, "DefaultVersion": str(latest + 1)}


def _detach_policy(stage: Stage) -> Iterator[Move]:
    policy = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
    yield "iam", "DetachRolePolicy", {"RoleName": stage.id("Role/app"), "PolicyArn": policy}


def _stop_backups(stage: Stage) -> Iterator[Move]:
    careless = {"BackupRetentionPeriod": 0, "DeletionProtection": False, "ApplyImmediately": True}
    yield "rds", "ModifyDBInstance", {"DBInstanceIdentifier": stage.id("DbInstance/db"), **careless}


# --- the static edge ---


def _publish(stage: Stage) -> Iterator[Move]:
    bucket = stage.id("Bucket/static")
    reading = {"Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    everybody = {"Effect": "Allow", "Principal": "*", **reading}
    yield "s3", "DeletePublicAccessBlock", {"Bucket": bucket}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [everybody]})
    yield "s3", "PutBucketPolicy", {"Bucket": bucket, "Policy": policy}


def _overwrite(stage: Stage) -> Iterator[Move]:
    image = {"Bucket": stage.id("Bucket/static"), "Key": "images/edge.svg"}
    yield "s3", "PutObject", {**image, "Body": b"<svg/>", "ContentType": "image/svg+xml"}
    yield "s3", "PutObject", {**image, "Key": "images/advert.svg", "Body": b"<svg/>", "ContentType": "image/svg+xml"}


def _lift_restriction(stage: Stage) -> Iterator[Move]:
    distribution = stage.id("Distribution/edge")
    shown = stage.read("cloudfront", "GetDistributionConfig", Id=distribution)
    lifted = {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}}
    config = {**_without_nothing(shown["DistributionConfig"]), "Restrictions": lifted}
    parameters = {"Id": distribution, "IfMatch": shown["ETag"], "DistributionConfig": config}
    yield "cloudfront", "UpdateDistribution", parameters


def _without_nothing(config: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in config.items() if value is not None}


def _detach_volume(stage: Stage) -> Iterator[Move]:
    volume = {"VolumeId": stage.id("Volume/document-root"), "InstanceId": stage.id("Instance/web")}
    yield "ec2", "DetachVolume", volume


def _stop_instance(stage: Stage) -> Iterator[Move]:
    yield "ec2", "StopInstances", {"InstanceIds": [stage.id("Instance/web")]}


_NAT_BY_HAND = (
    "aws ec2 describe-nat-gateways --filter Name=state,Values=available --query 'NatGateways[].NatGatewayId'",
    "aws ec2 delete-nat-gateway --nat-gateway-id nat-…",
)

STORIES: Mapping[str, Story] = {
    "ha-web-tier": Story(
        (
            _ROUTE,
            _PORT,
            Outsider("The HTTP listener no longer redirects to HTTPS", _stop_redirecting),
            Outsider("The launch template's default version now asks for huge instances", _enlarge),
            Outsider("A policy is detached from the role of the instances", _detach_policy),
            Outsider("The backups and the deletion protection of the database are switched off", _stop_backups),
            _GATEWAY,
            _OWNER_TAGS,
        ),
        _NAT_BY_HAND,
    ),
    "static-edge": Story(
        (
            Outsider("The bucket is opened to the world", _publish),
            Outsider("An image is overwritten, and another one appears beside it", _overwrite),
            Outsider("The geo restriction of the CloudFront distribution is lifted", _lift_restriction),
            Outsider("The volume is detached from its instance", _detach_volume),
            Outsider("The instance is stopped", _stop_instance),
            Outsider(
                "The owner tags of the security group are stripped: the instance that uses it identifies it",
                lambda stage: _strip_tags(stage, "SecurityGroup/web"),
            ),
        ),
        ("aws s3 rm s3://static-edge-123456789012/index.html",),
    ),
    "network": Story(
        (
            _ROUTE,
            _PORT,
            Outsider("A private subnet starts to assign public IP addresses", _change_subnet),
            _GATEWAY,
            Outsider("A private route is pointed at the internet gateway", _misroute),
            _OWNER_TAGS,
        ),
        _NAT_BY_HAND,
    ),
}
"""The story of each document of `desired`, by its name; the first is told unless another is asked for."""
