"""What AWS keeps, as data: what makes a thing, where its id and tags stand, which listing shows it.

This is the bed's own knowledge, so that what the program believes is never asked to judge the program.
"""

from typing import NamedTuple

from emulators.ec2 import store


class Kept(NamedTuple):
    """One kind of thing."""

    kind: str
    service: str
    maker: str
    """The operation that makes one."""
    id: str
    """The member that identifies it, in the answer of its maker and in its listing."""
    listing: str
    member: str
    """The path to the list in the listing's answer."""
    missing: str
    """The error for an id that is not there; empty where an id is a name, which other things may have too."""
    status: int = 400


_MADE_BY = {
    "vpc": ("Vpc", "CreateVpc"),
    "subnet": ("Subnet", "CreateSubnet"),
    "igw": ("InternetGateway", "CreateInternetGateway"),
    "eipalloc": ("ElasticIp", "AllocateAddress"),
    "nat": ("NatGateway", "CreateNatGateway"),
    "rtb": ("RouteTable", "CreateRouteTable"),
    "sg": ("SecurityGroup", "CreateSecurityGroup"),
}
KEPT = [
    Kept(kind, "ec2", maker, each.id_member, each.operation, each.listing, each.not_found)
    for prefix, (kind, maker) in _MADE_BY.items()
    for each in [store.BY_PREFIX[prefix]]
]
KEPT += [
    Kept("KeyPair", "ec2", "ImportKeyPair", "KeyPairId", "DescribeKeyPairs", "KeyPairs", "InvalidKeyPair.NotFound"),
    Kept(
        "Instance",
        "ec2",
        "RunInstances",
        "InstanceId",
        "DescribeInstances",
        "Reservations.Instances",
        "InvalidInstanceID.NotFound",
    ),
    Kept("Volume", "ec2", "CreateVolume", "VolumeId", "DescribeVolumes", "Volumes", "InvalidVolume.NotFound"),
    Kept(
        "LaunchTemplate",
        "ec2",
        "CreateLaunchTemplate",
        "LaunchTemplateId",
        "DescribeLaunchTemplates",
        "LaunchTemplates",
        "InvalidLaunchTemplateId.NotFound",
    ),
    Kept(
        "DbSubnetGroup",
        "rds",
        "CreateDBSubnetGroup",
        "DBSubnetGroupName",
        "DescribeDBSubnetGroups",
        "DBSubnetGroups",
        "",
    ),
    Kept(
        "DbParameterGroup",
        "rds",
        "CreateDBParameterGroup",
        "DBParameterGroupName",
        "DescribeDBParameterGroups",
        "DBParameterGroups",
        "",
    ),
    Kept("DbInstance", "rds", "CreateDBInstance", "DBInstanceIdentifier", "DescribeDBInstances", "DBInstances", ""),
    Kept("DbProxy", "rds", "CreateDBProxy", "DBProxyName", "DescribeDBProxies", "DBProxies", ""),
    Kept("Role", "iam", "CreateRole", "RoleName", "ListRoles", "Roles", ""),
    Kept(
        "InstanceProfile",
        "iam",
        "CreateInstanceProfile",
        "InstanceProfileName",
        "ListInstanceProfiles",
        "InstanceProfiles",
        "",
    ),
    Kept(
        "AutoScalingGroup",
        "autoscaling",
        "CreateAutoScalingGroup",
        "AutoScalingGroupName",
        "DescribeAutoScalingGroups",
        "AutoScalingGroups",
        "",
    ),
    Kept(
        "Certificate",
        "acm",
        "RequestCertificate",
        "CertificateArn",
        "ListCertificates",
        "CertificateSummaryList",
        "ResourceNotFoundException",
    ),
    Kept(
        "TargetGroup",
        "elbv2",
        "CreateTargetGroup",
        "TargetGroupArn",
        "DescribeTargetGroups",
        "TargetGroups",
        "TargetGroupNotFound",
    ),
    Kept(
        "LoadBalancer",
        "elbv2",
        "CreateLoadBalancer",
        "LoadBalancerArn",
        "DescribeLoadBalancers",
        "LoadBalancers",
        "LoadBalancerNotFound",
    ),
    Kept("Listener", "elbv2", "CreateListener", "ListenerArn", "DescribeListeners", "Listeners", "ListenerNotFound"),
    Kept(
        "Distribution",
        "cloudfront",
        "CreateDistributionWithTags",
        "Id",
        "ListDistributions",
        "DistributionList.Items",
        "NoSuchDistribution",
        404,
    ),
    Kept(
        "OriginAccessControl",
        "cloudfront",
        "CreateOriginAccessControl",
        "Id",
        "ListOriginAccessControls",
        "OriginAccessControlList.Items",
        "NoSuchOriginAccessControl",
        404,
    ),
]
BY_MAKER = {(each.service, each.maker): each for each in KEPT}
BY_LISTING = {(each.service, each.listing): each for each in KEPT}
BY_KIND = {each.kind: each for each in KEPT}
PREFIXES = {kind: prefix for prefix, (kind, _) in _MADE_BY.items()}
"""Of the ids of each kind of EC2."""
