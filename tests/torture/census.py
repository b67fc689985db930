"""What there is in an account of each kind, asked of AWS's own listings; what AWS makes by itself is left out."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import jmespath  # type: ignore[import-untyped]


class Row(NamedTuple):
    """Where the ids of one kind stand."""

    service: str
    operation: str
    ids: str
    """In each page."""


ROWS = {
    "Vpc": Row("ec2", "describe_vpcs", "Vpcs[?!IsDefault].VpcId"),
    "Subnet": Row("ec2", "describe_subnets", "Subnets[?!DefaultForAz].SubnetId"),
    "InternetGateway": Row("ec2", "describe_internet_gateways", "InternetGateways[].InternetGatewayId"),
    "ElasticIp": Row("ec2", "describe_addresses", "Addresses[].AllocationId"),
    "NatGateway": Row("ec2", "describe_nat_gateways", "NatGateways[?State!='deleted'].NatGatewayId"),
    "RouteTable": Row("ec2", "describe_route_tables", "RouteTables[?!(Associations[?Main])].RouteTableId"),
    "SecurityGroup": Row("ec2", "describe_security_groups", "SecurityGroups[?GroupName!='default'].GroupId"),
    "LaunchTemplate": Row("ec2", "describe_launch_templates", "LaunchTemplates[].LaunchTemplateId"),
    "KeyPair": Row("ec2", "describe_key_pairs", "KeyPairs[].KeyPairId"),
    "Instance": Row(
        "ec2",
        "describe_instances",
        "Reservations[].Instances[?State.Name!='terminated' && !(Tags[?Key=='aws:autoscaling:groupName'])][]"
        ".InstanceId",
    ),
    "Volume": Row(
        "ec2", "describe_volumes", "Volumes[?!(Attachments[?Device=='/dev/sda1' || Device=='/dev/xvda'])].VolumeId"
    ),
    "DbSubnetGroup": Row("rds", "describe_db_subnet_groups", "DBSubnetGroups[].DBSubnetGroupName"),
    "DbParameterGroup": Row("rds", "describe_db_parameter_groups", "DBParameterGroups[].DBParameterGroupName"),
    "DbInstance": Row("rds", "describe_db_instances", "DBInstances[].DBInstanceIdentifier"),
    "DbProxy": Row("rds", "describe_db_proxies", "DBProxies[].DBProxyName"),
    "Role": Row("iam", "list_roles", "Roles[?!starts_with(Path, '/aws-service-role/')].RoleName"),
    "InstanceProfile": Row("iam", "list_instance_profiles", "InstanceProfiles[].InstanceProfileName"),
    "AutoScalingGroup": Row(
        "autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups[].AutoScalingGroupName"
    ),
    "ScalingPolicy": Row("autoscaling", "describe_policies", "ScalingPolicies[].PolicyName"),
    "Certificate": Row("acm", "list_certificates", "CertificateSummaryList[].CertificateArn"),
    "TargetGroup": Row("elbv2", "describe_target_groups", "TargetGroups[].TargetGroupArn"),
    "LoadBalancer": Row("elbv2", "describe_load_balancers", "LoadBalancers[].LoadBalancerArn"),
    "Bucket": Row("s3", "list_buckets", "Buckets[].Name"),
    "Distribution": Row("cloudfront", "list_distributions", "DistributionList.Items[].Id"),
    "OriginAccessControl": Row("cloudfront", "list_origin_access_controls", "OriginAccessControlList.Items[].Id"),
}
"""Listeners and attachments are not here: AWS itself has but one of each on a port, and on a device."""

Client = Callable[[str], Any]
Census = Mapping[str, frozenset[str]]


def census(client: Client, kinds: Iterable[str]) -> Census:
    """The ids of all things of these kinds."""
    return {kind: frozenset(_ids(client(ROWS[kind].service), ROWS[kind])) for kind in kinds if kind in ROWS}


def _ids(client: Any, row: Row) -> Iterable[str]:
    pages = client.get_paginator(row.operation).paginate() if client.can_paginate(row.operation) else None
    for page in pages or [getattr(client, row.operation)()]:
        yield from jmespath.search(row.ids, page) or ()
