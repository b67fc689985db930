"""What takes time in AWS, as data: which call starts it, what is shown meanwhile, and for how long."""

from collections.abc import Mapping

from tests.slow.words import Filtered, Kind, Listing, Phase

DURATIONS: Mapping[str, float] = {
    "NAT gateway": 100,
    "NAT gateway deletion": 60,
    "database": 600,
    "database change": 300,
    "maintenance window": 7 * 86400,
    "database stop": 120,
    "database deletion": 240,
    "database proxy": 300,
    "database proxy deletion": 120,
    "load balancer": 120,
    "target": 30,
    "instance": 30,
    "instance stop": 40,
    "instance termination": 40,
    "image": 180,
    "snapshot": 120,
    "volume": 10,
    "distribution": 300,
    "certificate": 120,
    "group instance": 45,
    "group deletion": 90,
    "refresh start": 15,
}
"""Seconds, as one sees them in AWS."""

STAGED = (
    "AllocatedStorage",
    "BackupRetentionPeriod",
    "CACertificateIdentifier",
    "DBInstanceClass",
    "EngineVersion",
    "Iops",
    "LicenseModel",
    "MultiAZ",
    "StorageThroughput",
    "StorageType",
)
"""What AWS stages of a change to a database instance."""


PENDING, STOPPING, SHUTTING_DOWN = (
    {"Code": 0, "Name": "pending"},
    {"Code": 64, "Name": "stopping"},
    {"Code": 32, "Name": "shutting-down"},
)
_INITIAL = {"State": "initial", "Reason": "Elb.RegistrationInProgress"}

NAT_GATEWAY = Kind(
    "NAT gateway",
    "ec2",
    {"NatGateway": "State"},
    "NatGatewayId",
    (
        Phase(("CreateNatGateway",), "NAT gateway", "pending"),
        Phase(("DeleteNatGateway",), "NAT gateway deletion", "deleting"),
    ),
    filtered=Filtered("DescribeNatGateways", "Filter", "state", "State"),
)
STARTING = Phase(("RunInstances", "StartInstances"), "instance", PENDING)
TERMINATING = Phase(("TerminateInstances",), "instance termination", SHUTTING_DOWN)
INSTANCE = Kind(
    "instance",
    "ec2",
    {"Instance": "State", "InstanceStateChange": "CurrentState", "InstanceStatus": "InstanceState"},
    "InstanceId",
    (STARTING, Phase(("StopInstances",), "instance stop", STOPPING), TERMINATING),
    filtered=Filtered("DescribeInstances", "Filters", "instance-state-name", "State.Name"),
)
IMAGE = Kind(
    "image",
    "ec2",
    {"Image": "State"},
    "ImageId",
    (Phase(("CreateImage", "CopyImage", "RegisterImage"), "image", "pending"),),
    filtered=Filtered("DescribeImages", "Filters", "state", "State"),
)
SNAPSHOT = Kind(
    "snapshot",
    "ec2",
    {"Snapshot": "State"},
    "SnapshotId",
    (Phase(("CreateSnapshot", "CopySnapshot"), "snapshot", "pending"),),
    filtered=Filtered("DescribeSnapshots", "Filters", "status", "State"),
)
VOLUME = Kind(
    "volume",
    "ec2",
    {"Volume": "State"},
    "VolumeId",
    (Phase(("CreateVolume",), "volume", "creating"),),
    filtered=Filtered("DescribeVolumes", "Filters", "status", "State"),
)
_DATABASE_MAKERS = ("CreateDBInstance", "CreateDBInstanceReadReplica", "RestoreDBInstanceFromDBSnapshot")
DATABASE = Kind(
    "database",
    "rds",
    {"DBInstance": "DBInstanceStatus"},
    "DBInstanceIdentifier",
    (
        Phase(
            _DATABASE_MAKERS,
            "database",
            "creating",
            hides=("Endpoint",),
        ),
        Phase(
            ("ModifyDBInstance",),
            "database change",
            "modifying",
            staged="PendingModifiedValues",
            when={"ApplyImmediately": True},
        ),
        Phase(
            ("ModifyDBInstance",),
            "maintenance window",
            "available",
            staged="PendingModifiedValues",
            when={"ApplyImmediately": False},
        ),
        Phase(("StopDBInstance",), "database stop", "stopping"),
        Phase(("DeleteDBInstance",), "database deletion", "deleting", lasting=True),
    ),
    listing=Listing(
        "DescribeDBInstances",
        "DBInstances",
        "DBInstanceIdentifier",
        _DATABASE_MAKERS,
        "DBInstanceAlreadyExists",
    ),
)
DATABASE_PROXY = Kind(
    "database proxy",
    "rds",
    {"DBProxy": "Status"},
    "DBProxyName",
    (
        Phase(("CreateDBProxy",), "database proxy", "creating"),
        Phase(("DeleteDBProxy",), "database proxy deletion", "deleting", lasting=True),
    ),
    listing=Listing("DescribeDBProxies", "DBProxies", "DBProxyName", ("CreateDBProxy",), "DBProxyAlreadyExistsFault"),
)
LOAD_BALANCER = Kind(
    "load balancer",
    "elbv2",
    {"LoadBalancer": "State.Code"},
    "LoadBalancerArn",
    (Phase(("CreateLoadBalancer",), "load balancer", "provisioning"),),
)
REGISTERING = Phase(("RegisterTargets",), "target", _INITIAL, named="Targets[].Id")
TARGET = Kind(
    "target",
    "elbv2",
    {"TargetHealthDescription": "TargetHealth"},
    "Target.Id",
    (REGISTERING,),
    within="TargetGroupArn",
)
DISTRIBUTION = Kind(
    "distribution",
    "cloudfront",
    {"Distribution": "Status", "DistributionSummary": "Status"},
    "Id",
    (
        Phase(
            ("CreateDistribution", "CreateDistributionWithTags", "UpdateDistribution"),
            "distribution",
            "InProgress",
            then="Deployed",
        ),
    ),
)
CERTIFICATE = Kind(
    "certificate",
    "acm",
    {"CertificateDetail": "Status", "CertificateSummary": "Status"},
    "CertificateArn",
    (
        Phase(
            ("RequestCertificate",),
            "certificate",
            "PENDING_VALIDATION",
            then="ISSUED",
            shows={"DomainValidationOptions[].ValidationStatus": "PENDING_VALIDATION"},
            shows_then={"DomainValidationOptions[].ValidationStatus": "SUCCESS"},
            hides=("IssuedAt", "NotBefore", "NotAfter"),
        ),
    ),
)
LAUNCHING = Phase((), "group instance", "Pending")
LEAVING = Phase((), "instance termination", "Terminating")
GROUP_INSTANCE = Kind(
    "group instance",
    "autoscaling",
    {"Instance": "LifecycleState", "AutoScalingInstanceDetails": "LifecycleState"},
    "InstanceId",
    (LAUNCHING, LEAVING),
)
GROUP = Kind(
    "group",
    "autoscaling",
    {"AutoScalingGroup": "Status"},
    "AutoScalingGroupName",
    (
        Phase(
            ("DeleteAutoScalingGroup",),
            "group deletion",
            "Delete in progress",
            shows={"DesiredCapacity": 0, "Instances[].LifecycleState": "Terminating"},
            lasting=True,
        ),
    ),
    listing=Listing(
        "DescribeAutoScalingGroups",
        "AutoScalingGroups",
        "AutoScalingGroupNames",
        ("CreateAutoScalingGroup",),
        "AlreadyExists",
    ),
)
KINDS = (
    NAT_GATEWAY,
    INSTANCE,
    IMAGE,
    SNAPSHOT,
    VOLUME,
    DATABASE,
    DATABASE_PROXY,
    LOAD_BALANCER,
    TARGET,
    DISTRIBUTION,
    CERTIFICATE,
    GROUP_INSTANCE,
    GROUP,
)
SERVICES = frozenset(kind.service for kind in KINDS)
