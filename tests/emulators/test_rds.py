"""RDS answers as AWS does: see `emulators.patched_moto.patches.rds` and `…rds_missing`."""

from typing import Any

import pytest

from tests.emulators.conftest import Client
from tests.emulators.refusals import refusal

ASKED = {
    "DBInstanceIdentifier": "db",
    "DBInstanceClass": "db.t4g.micro",
    "Engine": "postgres",
    "EngineVersion": "16",
    "AllocatedStorage": 20,
    "MasterUsername": "holdfast",
    "MasterUserPassword": "not-a-secret",
}
Arns = dict[str, str]


@pytest.fixture
def rds(client: Client, subnets: list[str]) -> Any:
    """The client of RDS, of an account with the subnet group `private`."""
    rds = client("rds")
    rds.create_db_subnet_group(DBSubnetGroupName="private", DBSubnetGroupDescription="p", SubnetIds=subnets)
    return rds


def make(rds: Any, **asked: Any) -> dict[str, Any]:
    """A database in the subnet group."""
    return dict(rds.create_db_instance(**{**ASKED, "DBSubnetGroupName": "private", **asked})["DBInstance"])


def shown(rds: Any, name: str = "db") -> dict[str, Any]:
    """The database as it is listed."""
    [found] = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    return dict(found)


SETTINGS = {
    "StorageType": "io1",
    "Iops": 2000,
    "MultiAZ": True,
    "BackupRetentionPeriod": 7,
    "PreferredBackupWindow": "03:00-04:00",
    "PreferredMaintenanceWindow": "sun:05:00-sun:06:00",
    "MonitoringInterval": 60,
    "MonitoringRoleArn": "arn:aws:iam::123456789012:role/monitoring",
    "CACertificateIdentifier": "rds-ca-rsa4096-g1",
    "CopyTagsToSnapshot": True,
    "AutoMinorVersionUpgrade": False,
    "DeletionProtection": True,
    "PerformanceInsightsRetentionPeriod": 31,
    "NetworkType": "DUAL",
    "PubliclyAccessible": True,
    "MaxAllocatedStorage": 200,
}
ASKED_OTHERWISE = {"EnablePerformanceInsights": True, "EnableIAMDatabaseAuthentication": True}
SHOWN_OTHERWISE = {"PerformanceInsightsEnabled": True, "IAMDatabaseAuthenticationEnabled": True}


def test_settings_of_the_creation_are_shown(rds: Any) -> None:
    """Every setting that the creation takes is shown."""
    make(rds, **SETTINGS, **ASKED_OTHERWISE, Port=5433, EnableCloudwatchLogsExports=["postgresql"])
    found = shown(rds)
    expected = {**SETTINGS, **SHOWN_OTHERWISE, "EnabledCloudwatchLogsExports": ["postgresql"]}
    assert expected == {name: found[name] for name in expected}
    assert 5433 == found["Endpoint"]["Port"]


def test_settings_are_changed(rds: Any) -> None:
    """Every setting can be changed."""
    make(rds, EnableCloudwatchLogsExports=["upgrade"])
    logs = {"EnableLogTypes": ["postgresql"], "DisableLogTypes": ["upgrade"]}
    rds.modify_db_instance(
        DBInstanceIdentifier="db",
        ApplyImmediately=True,
        **SETTINGS,
        **ASKED_OTHERWISE,
        DBPortNumber=5433,
        CloudwatchLogsExportConfiguration=logs,
    )
    found = shown(rds)
    expected = {**SETTINGS, **SHOWN_OTHERWISE, "EnabledCloudwatchLogsExports": ["postgresql"]}
    assert expected == {name: found[name] for name in expected}
    assert 5433 == found["Endpoint"]["Port"]


def test_throughput_is_changed_with_the_type(rds: Any) -> None:
    """A disk that becomes gp3 has its throughput at once, and AWS's own where none is given."""
    make(rds, StorageType="gp2", AllocatedStorage=400)
    rds.modify_db_instance(DBInstanceIdentifier="db", StorageThroughput=500, Iops=12000, StorageType="gp3")
    assert (500, 12000) == (shown(rds)["StorageThroughput"], shown(rds)["Iops"])
    made = make(rds, DBInstanceIdentifier="other", StorageType="gp3")
    assert (125, 3000) == (made["StorageThroughput"], made["Iops"])


def test_each_database_has_an_id(client: Client, rds: Any, vpc: str) -> None:
    """Two databases differ in their resource ids, and are in the default group of their network."""
    one, other = make(rds), make(rds, DBInstanceIdentifier="other")
    assert one["DbiResourceId"] != other["DbiResourceId"]
    [group] = client("ec2").describe_security_groups(
        Filters=[{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    )["SecurityGroups"]
    assert [group["GroupId"]] == [member["VpcSecurityGroupId"] for member in one["VpcSecurityGroups"]]


def test_a_series_stands_for_a_version(rds: Any) -> None:
    """AWS shows the whole version and the family's default groups, and stays at it when the series is asked for."""
    made = make(rds)
    assert "16.4" == made["EngineVersion"]
    assert "default.postgres16" == made["DBParameterGroups"][0]["DBParameterGroupName"]
    assert "default:postgres-16" == made["OptionGroupMemberships"][0]["OptionGroupName"]
    rds.modify_db_instance(DBInstanceIdentifier="db", EngineVersion="16.8")
    rds.modify_db_instance(DBInstanceIdentifier="db", EngineVersion="16")
    assert "16.8" == shown(rds)["EngineVersion"]


def test_what_does_not_exist_is_refused(rds: Any) -> None:
    """A version and a class that AWS does not have, also in a change."""
    assert "InvalidParameterCombination" == refusal(make, rds=rds, EngineVersion="99")
    assert "InvalidParameterValue" == refusal(make, rds=rds, DBInstanceClass="db.huge")
    make(rds)
    change, named = rds.modify_db_instance, {"DBInstanceIdentifier": "db"}
    assert "InvalidParameterCombination" == refusal(change, **named, EngineVersion="99.1")
    assert "InvalidParameterCombination" == refusal(change, **named, EngineVersion="17.2")
    assert "InvalidParameterCombination" == refusal(change, **named, EngineVersion="16.3")
    assert "InvalidParameterValue" == refusal(change, **named, DBInstanceClass="db.huge")
    change(**named, EngineVersion="17", AllowMajorVersionUpgrade=True)
    assert "17.2" == shown(rds)["EngineVersion"]


def test_deletion_is_guarded(rds: Any) -> None:
    """A protected database stays, and so does one about whose last snapshot nothing is said."""
    make(rds, DeletionProtection=True)
    named = {"DBInstanceIdentifier": "db"}
    assert "InvalidParameterCombination" == refusal(rds.delete_db_instance, **named, SkipFinalSnapshot=True)
    rds.modify_db_instance(**named, DeletionProtection=False)
    assert "InvalidParameterCombination" == refusal(rds.delete_db_instance, **named)
    rds.delete_db_instance(**named, FinalDBSnapshotIdentifier="last")
    assert "DBInstanceNotFound" == refusal(rds.describe_db_instances, **named)


def test_a_managed_password_shows_its_secret(client: Client, rds: Any) -> None:
    """The secret is one that Secrets Manager has."""
    asked = {name: value for name, value in ASKED.items() if name != "MasterUserPassword"}
    rds.create_db_instance(**asked, DBSubnetGroupName="private", ManageMasterUserPassword=True)
    secret = shown(rds)["MasterUserSecret"]["SecretArn"]
    assert secret == client("secretsmanager").describe_secret(SecretId=secret)["ARN"]


def test_a_replica_is_a_database_of_its_own(rds: Any) -> None:
    """It has its own id, tags and settings, is shown by its source, and can be promoted and deleted."""
    source = make(rds, Tags=[{"Key": "a", "Value": "1"}], DeletionProtection=True, BackupRetentionPeriod=1)
    asked = {"DBInstanceIdentifier": "copy", "SourceDBInstanceIdentifier": "db", "DBInstanceClass": "db.r6g.large"}
    rds.create_db_instance_read_replica(**asked, Tags=[{"Key": "b", "Value": "2"}])
    copy = shown(rds, "copy")
    assert source["DbiResourceId"] != copy["DbiResourceId"]
    assert ("db", "db.r6g.large") == (copy["ReadReplicaSourceDBInstanceIdentifier"], copy["DBInstanceClass"])
    assert [{"Key": "b", "Value": "2"}] == copy["TagList"]
    assert (0, False) == (copy["BackupRetentionPeriod"], copy["DeletionProtection"])
    assert ["copy"] == shown(rds)["ReadReplicaDBInstanceIdentifiers"]
    assert ([{"Key": "a", "Value": "1"}], "db.t4g.micro") == (shown(rds)["TagList"], shown(rds)["DBInstanceClass"])
    assert "DBInstanceAlreadyExists" == refusal(rds.create_db_instance_read_replica, **asked)
    rds.promote_read_replica(DBInstanceIdentifier="copy")
    assert "ReadReplicaSourceDBInstanceIdentifier" not in shown(rds, "copy")
    rds.delete_db_instance(DBInstanceIdentifier="copy", SkipFinalSnapshot=True)
    assert [] == shown(rds)["ReadReplicaDBInstanceIdentifiers"]


def test_a_source_needs_backups(rds: Any) -> None:
    """Without them there is no replica."""
    make(rds, BackupRetentionPeriod=0)
    asked = {"DBInstanceIdentifier": "copy", "SourceDBInstanceIdentifier": "db"}
    assert "InvalidDBInstanceState" == refusal(rds.create_db_instance_read_replica, **asked)


def test_a_subnet_group_is_changed_and_stays(client: Client, rds: Any, vpc: str, subnets: list[str]) -> None:
    """It has the other subnets then, and its description."""
    third = client("ec2").create_subnet(VpcId=vpc, CidrBlock="10.0.9.0/24", AvailabilityZone="us-east-1c")
    wanted = [subnets[0], third["Subnet"]["SubnetId"]]
    rds.modify_db_subnet_group(DBSubnetGroupName="private", SubnetIds=wanted)
    [found] = rds.describe_db_subnet_groups(DBSubnetGroupName="private")["DBSubnetGroups"]
    assert wanted == [subnet["SubnetIdentifier"] for subnet in found["Subnets"]]
    assert "p" == found["DBSubnetGroupDescription"]
    assert "DBSubnetGroupNotFoundFault" == refusal(
        rds.modify_db_subnet_group, DBSubnetGroupName="none", SubnetIds=wanted
    )


def test_a_subnet_group_covers_two_zones(rds: Any, subnets: list[str]) -> None:
    """Neither is one made nor changed to have fewer, and a name is one group's."""
    asked = {"DBSubnetGroupName": "narrow", "DBSubnetGroupDescription": "n", "SubnetIds": subnets[:1]}
    code = "DBSubnetGroupDoesNotCoverEnoughAZs"
    assert code == refusal(rds.create_db_subnet_group, **asked)
    assert code == refusal(rds.modify_db_subnet_group, DBSubnetGroupName="private", SubnetIds=subnets[1:])
    again = {"DBSubnetGroupName": "private", "DBSubnetGroupDescription": "p", "SubnetIds": subnets}
    assert "DBSubnetGroupAlreadyExists" == refusal(rds.create_db_subnet_group, **again)


def test_groups_in_use_stay(rds: Any) -> None:
    """A subnet group and a parameter group are deleted after their database."""
    family = {"DBParameterGroupFamily": "postgres16", "Description": "d"}
    rds.create_db_parameter_group(DBParameterGroupName="tuned", **family)
    make(rds, DBParameterGroupName="tuned")
    assert "InvalidDBSubnetGroupStateFault" == refusal(rds.delete_db_subnet_group, DBSubnetGroupName="private")
    assert "InvalidDBParameterGroupState" == refusal(rds.delete_db_parameter_group, DBParameterGroupName="tuned")
    rds.delete_db_instance(DBInstanceIdentifier="db", SkipFinalSnapshot=True)
    rds.delete_db_subnet_group(DBSubnetGroupName="private")
    rds.delete_db_parameter_group(DBParameterGroupName="tuned")
    gone = refusal(rds.describe_db_parameter_groups, DBParameterGroupName="tuned")
    assert "DBParameterGroupNotFound" == gone


def test_parameters_are_set_and_reset(rds: Any) -> None:
    """Those that the user set are shown as such, until they are reset."""
    named = {"DBParameterGroupName": "tuned"}
    rds.create_db_parameter_group(**named, DBParameterGroupFamily="postgres16", Description="d")
    wanted = {"work_mem": "8192", "max_connections": "100"}
    rds.modify_db_parameter_group(
        **named,
        Parameters=[
            {"ParameterName": name, "ParameterValue": value, "ApplyMethod": "pending-reboot"}
            for name, value in wanted.items()
        ],
    )
    found = rds.describe_db_parameters(**named, Source="user")["Parameters"]
    assert wanted == {parameter["ParameterName"]: parameter["ParameterValue"] for parameter in found}
    assert [("user", "pending-reboot")] * 2 == [(one["Source"], one["ApplyMethod"]) for one in found]
    assert [] == rds.describe_db_parameters(**named, Source="engine-default")["Parameters"]
    rds.reset_db_parameter_group(**named, Parameters=[{"ParameterName": "work_mem", "ApplyMethod": "pending-reboot"}])
    [left] = rds.describe_db_parameters(**named, Source="user")["Parameters"]
    assert "max_connections" == left["ParameterName"]
    rds.reset_db_parameter_group(**named, ResetAllParameters=True)
    assert [] == rds.describe_db_parameters(**named, Source="user")["Parameters"]


@pytest.fixture
def proxy(rds: Any, subnets: list[str]) -> str:
    """The ARN of the proxy `pool`."""
    made = rds.create_db_proxy(
        DBProxyName="pool",
        EngineFamily="POSTGRESQL",
        Auth=[{"AuthScheme": "SECRETS", "SecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:a"}],
        RoleArn="arn:aws:iam::123456789012:role/proxy",
        VpcSubnetIds=subnets,
        RequireTLS=True,
    )
    return str(made["DBProxy"]["DBProxyArn"])


def test_a_proxy_is_changed(rds: Any, proxy: str) -> None:
    """What the call names, and nothing else."""
    changes = {"IdleClientTimeout": 60, "DebugLogging": True, "RoleArn": "arn:aws:iam::123456789012:role/other"}
    rds.modify_db_proxy(DBProxyName="pool", **changes, SecurityGroups=["sg-1"])
    [found] = rds.describe_db_proxies(DBProxyName="pool")["DBProxies"]
    assert {**changes, "RequireTLS": True} == {name: found[name] for name in (*changes, "RequireTLS")}
    assert ["sg-1"] == found["VpcSecurityGroupIds"]
    rds.modify_db_proxy(DBProxyName="pool", NewDBProxyName="renamed")
    assert ["renamed"] == [found["DBProxyName"] for found in rds.describe_db_proxies()["DBProxies"]]
    assert "DBProxyNotFoundFault" == refusal(rds.modify_db_proxy, DBProxyName="pool")
    assert "DBProxyNotFoundFault" == refusal(rds.delete_db_proxy, DBProxyName="pool")


def test_the_pool_of_a_proxy_is_changed(rds: Any, proxy: str) -> None:
    """All settings of the pool are shown, and what a change leaves out stays."""
    of_pool = {"DBProxyName": "pool", "TargetGroupName": "default"}
    first = {"MaxConnectionsPercent": 80, "MaxIdleConnectionsPercent": 10, "InitQuery": "SET x=1"}
    rds.modify_db_proxy_target_group(**of_pool, ConnectionPoolConfig=first)
    second = {"ConnectionBorrowTimeout": 5, "SessionPinningFilters": ["EXCLUDE_VARIABLE_SETS"]}
    rds.modify_db_proxy_target_group(**of_pool, ConnectionPoolConfig=second)
    [found] = rds.describe_db_proxy_target_groups(DBProxyName="pool")["TargetGroups"]
    assert {**first, **second} == found["ConnectionPoolConfig"]
    assert ("default", True) == (found["TargetGroupName"], found["IsDefault"])


def test_targets_of_a_proxy(rds: Any, proxy: str) -> None:
    """A database is registered once, shows where it is, and is taken away once."""
    make(rds)
    target = {"DBProxyName": "pool", "DBInstanceIdentifiers": ["db"]}
    rds.register_db_proxy_targets(**target)
    [found] = rds.describe_db_proxy_targets(DBProxyName="pool")["Targets"]
    assert ("db", "RDS_INSTANCE", 5432) == (found["RdsResourceId"], found["Type"], found["Port"])
    assert shown(rds)["Endpoint"]["Address"] == found["Endpoint"]
    assert "DBProxyTargetAlreadyRegisteredFault" == refusal(rds.register_db_proxy_targets, **target)
    nobody = {"DBProxyName": "pool", "DBInstanceIdentifiers": ["nobody"]}
    assert "DBInstanceNotFound" == refusal(rds.register_db_proxy_targets, **nobody)
    rds.deregister_db_proxy_targets(**target)
    assert [] == rds.describe_db_proxy_targets(DBProxyName="pool")["Targets"]
    assert "DBProxyTargetNotFoundFault" == refusal(rds.deregister_db_proxy_targets, **target)


def test_tags_of_everything(rds: Any, proxy: str) -> None:
    """Databases, both kinds of groups and proxies have tags that are added, removed and listed."""
    group = {"DBParameterGroupName": "tuned", "DBParameterGroupFamily": "postgres16", "Description": "d"}
    tuned = rds.create_db_parameter_group(**group)["DBParameterGroup"]["DBParameterGroupArn"]
    [private] = rds.describe_db_subnet_groups(DBSubnetGroupName="private")["DBSubnetGroups"]
    for arn in (make(rds)["DBInstanceArn"], private["DBSubnetGroupArn"], tuned, proxy):
        rds.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
        rds.remove_tags_from_resource(ResourceName=arn, TagKeys=["a"])
        assert [{"Key": "b", "Value": "2"}] == rds.list_tags_for_resource(ResourceName=arn)["TagList"]
