"""Every kind that Holdfast knows, listed one by one. A new kind is registered here and nowhere else."""

from controller.aws.acm.certificate import Certificate
from controller.aws.autoscaling.auto_scaling_group import AutoScalingGroup
from controller.aws.autoscaling.launch_configuration import LaunchConfiguration
from controller.aws.autoscaling.lifecycle_hook import LifecycleHook
from controller.aws.autoscaling.scaling_policy import ScalingPolicy
from controller.aws.autoscaling.scheduled_action import ScheduledAction
from controller.aws.cloudfront.distribution import Distribution
from controller.aws.cloudfront.origin_access_control import OriginAccessControl
from controller.aws.cloudwatch.alarm import Alarm
from controller.aws.dynamodb.table import DynamoDbTable
from controller.aws.ec2.egress_only_internet_gateway import EgressOnlyInternetGateway
from controller.aws.ec2.elastic_ip import ElasticIp
from controller.aws.ec2.image import Image
from controller.aws.ec2.instance import Instance
from controller.aws.ec2.internet_gateway import InternetGateway
from controller.aws.ec2.key_pair import KeyPair
from controller.aws.ec2.launch_template import LaunchTemplate
from controller.aws.ec2.nat_gateway import NatGateway
from controller.aws.ec2.network_acl import NetworkAcl
from controller.aws.ec2.route_table import RouteTable
from controller.aws.ec2.security_group import SecurityGroup
from controller.aws.ec2.snapshot import Snapshot
from controller.aws.ec2.subnet import Subnet
from controller.aws.ec2.volume import Volume
from controller.aws.ec2.volume_attachment import VolumeAttachment
from controller.aws.ec2.vpc import Vpc
from controller.aws.ec2.vpc_endpoint import VpcEndpoint
from controller.aws.elb.load_balancer import ClassicLoadBalancer
from controller.aws.elbv2.listener import Listener
from controller.aws.elbv2.listener_rule import ListenerRule
from controller.aws.elbv2.load_balancer import LoadBalancer
from controller.aws.elbv2.target_group import TargetGroup
from controller.aws.iam.instance_profile import InstanceProfile
from controller.aws.iam.role import Role
from controller.aws.logs.log_group import LogGroup
from controller.aws.rds.db_instance import DbInstance
from controller.aws.rds.db_parameter_group import DbParameterGroup
from controller.aws.rds.db_proxy import DbProxy
from controller.aws.rds.db_subnet_group import DbSubnetGroup
from controller.aws.s3.bucket import Bucket
from controller.aws.s3.object import Object
from controller.aws.secretsmanager.secret import Secret
from controller.aws.sns.subscription import Subscription
from controller.aws.sns.topic import Topic
from controller.aws.sqs.queue import Queue
from controller.aws.ssm.parameter import Parameter
from controller.core.model.kind import Catalog, Kind

KINDS: tuple[type[Kind], ...] = (
    Vpc,
    Subnet,
    InternetGateway,
    EgressOnlyInternetGateway,
    ElasticIp,
    NatGateway,
    RouteTable,
    SecurityGroup,
    NetworkAcl,
    VpcEndpoint,
    KeyPair,
    Volume,
    VolumeAttachment,
    Snapshot,
    Instance,
    Image,
    LaunchTemplate,
    AutoScalingGroup,
    ScalingPolicy,
    ScheduledAction,
    LifecycleHook,
    LaunchConfiguration,
    Role,
    InstanceProfile,
    Certificate,
    LoadBalancer,
    TargetGroup,
    Listener,
    ListenerRule,
    ClassicLoadBalancer,
    DbSubnetGroup,
    DbParameterGroup,
    DbInstance,
    DbProxy,
    DynamoDbTable,
    Bucket,
    Object,
    OriginAccessControl,
    Distribution,
    Parameter,
    Secret,
    LogGroup,
    Queue,
    Topic,
    Subscription,
    Alarm,
)


def catalog() -> Catalog:
    """One of each kind, by name."""
    return {kind.__name__: kind() for kind in KINDS}
