"""A pool of connections in front of a database, so that many clients do not use up its connections."""

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.words import (
    Attribute,
    Collection,
    Create,
    Detail,
    HealthSource,
    Listing,
    Op,
    Setter,
    States,
)
from controller.aws.rds.db_proxy_spec import DbProxySpec
from controller.aws.rds.tags import tags_of


class DbProxy(AwsKind):
    """An RDS Proxy with its default target group, the only one that AWS supports."""

    spec, service, id_field, id_from = DbProxySpec, "rds", "DBProxyName", "dbProxyName"
    natural_key = ("dbProxyName",)
    tagging = tags_of("db-proxy")
    listing = Listing("DescribeDBProxies", "DBProxies", page=100, stamp="UpdatedDate")
    reads = (
        Detail("connectionPoolConfig", "DescribeDBProxyTargetGroups", "TargetGroups[0].ConnectionPoolConfig"),
        Detail("targets", "DescribeDBProxyTargets", "Targets[Type=RDS_INSTANCE].RdsResourceId"),
    )
    states = States(
        "Status",
        pending=frozenset(
            {
                "creating",
                "reactivating",
                "suspended",
                "suspending",
            }
        ),
        usable=frozenset({"modifying"}),
        leaving=frozenset({"deleting"}),
        awaits={
            "incompatible-network": "free IP addresses in its subnets, then delete the proxy, which is created again",
            "insufficient-resource-limits": "have the quota raised, then delete the proxy, which is created again",
        },
    )
    health_source = HealthSource(
        "Targets[].TargetHealth.State",
        frozenset({"available"}),
        why="Targets[].TargetHealth.Description",
        operation="DescribeDBProxyTargets",
    )
    creation, deletion = Create("CreateDBProxy", "DBProxy"), "DeleteDBProxy"
    attributes = {
        "arn": Attribute("Its ARN.", "DBProxyArn"),
        "endpoint": Attribute("The endpoint that clients connect to instead of the database.", "Endpoint"),
        "vpcId": Attribute("The VPC it is in.", "VpcId"),
    }
    gives_initially = {"targets": []}
    setters = (
        Setter("ModifyDBProxy", renamed={"securityGroups": "SecurityGroups"}),
        Setter(
            "ModifyDBProxyTargetGroup",
            ("connectionPoolConfig",),
            merges=True,
            constant={"TargetGroupName": "default"},
        ),
    )
    members = (
        Collection(
            "targets",
            add=Op("RegisterDBProxyTargets", "DBInstanceIdentifiers", {"TargetGroupName": "default"}),
            remove=Op("DeregisterDBProxyTargets", "DBInstanceIdentifiers", {"TargetGroupName": "default"}),
            first_out=True,  # AWS takes one database
        ),
    )
