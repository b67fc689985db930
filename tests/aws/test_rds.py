"""The databases of RDS where they are irregular: what is sent, and what is read out of what AWS shows."""

from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from controller.aws.catalog import catalog
from controller.aws.rds.db_instance_spec import DbInstanceSpec
from controller.aws.rds.db_parameter_group import MOST_IN_A_CALL
from controller.aws.rds.db_parameter_group_spec import DbParameterGroupSpec
from controller.core.model.call import Change
from controller.core.model.kind import Kind
from controller.core.model.live import Live, Phase
from controller.core.model.node import Lifecycle, Node
from controller.core.model.reference import Address, Placeholder
from controller.core.model.shape import Tree
from controller.core.model.writer import WriteContext
from controller.core.planning.diff import Known, diff

KINDS = catalog()
INSTANCE = KINDS["DbInstance"]
DB = Address("DbInstance", "db")
AROUND = WriteContext(known=lambda value: value)
SMALL: Tree = {
    "dbInstanceIdentifier": "db",
    "engine": "postgres",
    "dbInstanceClass": "db.t4g.medium",
    "allocatedStorage": 100,
    "storageType": "gp3",
    "iops": 3000,
    "storageThroughput": 125,
}


def shown(**more: Any) -> Live:
    """A database as its listing shows it."""
    item = {"DBInstanceIdentifier": "db", "DbiResourceId": "db-1", "DBInstanceStatus": "available", **more}
    live = INSTANCE.live(item)  # type: ignore[attr-defined]  # a kind of AWS
    assert isinstance(live, Live)
    return live


def created(fields: Tree) -> tuple[str, Mapping[str, Any]]:
    """The call that makes a database with these fields."""
    (call,) = INSTANCE.create(Node(DB, fields, {}))
    return call.operation, call.parameters


def changed(fields: Tree, live: Live | None, lifecycle: Lifecycle | None = None) -> Mapping[str, Any]:
    """The parameters of the call that brings a live database to these fields."""
    found = diff(INSTANCE.shape, fields, live.fields if live else {}, lambda expression: Known(None))
    node = Node(DB, fields, {}, lifecycle or Lifecycle())
    (call,) = INSTANCE.update(node, found.changes, live, AROUND)
    assert "ModifyDBInstance" == call.operation
    assert [] == INSTANCE.problems(call)
    return {name: value for name, value in call.parameters.items() if name != "DBInstanceIdentifier"}


def paths(fields: Tree, live: Live) -> set[str]:
    """Where a live database differs from these fields."""
    return {change.path for change in diff(INSTANCE.shape, fields, live.fields, lambda e: Known(None)).changes}


def test_what_small_gp3_storage_always_has_is_not_asked_for() -> None:
    """AWS refuses parameters for the performance of small gp3 storage, even with the values that it gives."""
    _, parameters = created(SMALL)
    assert {"Iops", "StorageThroughput"} & parameters.keys() == set()
    assert {"iops": 3000, "storageThroughput": 125} == INSTANCE.initial(SMALL)


@pytest.mark.parametrize("other", [{"iops": 4000}, {"allocatedStorage": 400}, {"engine": "oracle-se2"}])
def test_other_performance_is_asked_for(other: Tree) -> None:
    """What AWS does not give by itself is asked for; whether that can be is AWS's to say."""
    _, parameters = created({**SMALL, "allocatedStorage": 300, **other})
    assert other.get("iops", 3000) == parameters["Iops"]


def test_growing_storage_is_sent_with_its_performance() -> None:
    """AWS wants size and performance together; what the document leaves open goes as it is."""
    live = shown(AllocatedStorage=500, StorageType="gp3", Iops=12000, StorageThroughput=500, Engine="postgres")
    assert {"AllocatedStorage": 600, "Iops": 12000, "StorageThroughput": 500} == changed(
        {"allocatedStorage": 600, "storageType": "gp3"}, live
    )


def test_storage_that_grew_by_itself_is_not_shrunk() -> None:
    """Where other storage settings change, the size that AWS has let it grow to goes along."""
    live = shown(AllocatedStorage=550, MaxAllocatedStorage=1000, StorageType="io2", Iops=5000)
    wanted = {"allocatedStorage": 500, "maxAllocatedStorage": 1000, "iops": 6000}
    assert {"iops"} == paths(wanted, live)
    assert {"AllocatedStorage": 550, "Iops": 6000} == changed(wanted, live)


def test_growth_is_turned_off_in_aws_own_way() -> None:
    """0 is sent as the size that there is, and is what a database that does not grow shows."""
    live = shown(AllocatedStorage=550, MaxAllocatedStorage=1000)
    assert {"MaxAllocatedStorage": 550} == changed({"maxAllocatedStorage": 0}, live)
    assert set() == paths({"maxAllocatedStorage": 0}, shown(AllocatedStorage=550))


def test_a_read_replica_is_made_of_its_source() -> None:
    """It is made by its own call, with what that call takes; the rest is set at once, before anybody uses it."""
    source = Placeholder(Address("DbInstance", "first"))
    fields = {"dbInstanceIdentifier": "db", "source": source, "port": 3307, "backupRetentionPeriod": 3}
    assert (
        "CreateDBInstanceReadReplica",
        {"DBInstanceIdentifier": "db", "SourceDBInstanceIdentifier": source, "Port": 3307},
    ) == created(fields)
    assert {"BackupRetentionPeriod": 3, "ApplyImmediately": True} == changed({"backupRetentionPeriod": 3}, None)


def test_a_source_in_another_region_is_named_with_it() -> None:
    """AWS wants a signed request in the source's region, which needs the region's name."""
    arn = "arn:aws:rds:eu-west-1:123456789012:db:first"
    assert "eu-west-1" == created({"dbInstanceIdentifier": "db", "source": arn})[1]["SourceRegion"]


def test_all_changes_go_in_one_call() -> None:
    """One call carries them under the names that it has for them, and says when they are made."""
    live = shown(Endpoint={"Port": 5432}, EnabledCloudwatchLogsExports=["upgrade"], EngineVersion="16.4")
    wanted = {
        "port": 5433,
        "enabledCloudwatchLogsExports": ["postgresql"],
        "engineVersion": "17",
        "allowMajorVersionUpgrade": True,
        "applyImmediately": False,
    }
    assert {
        "DBPortNumber": 5433,
        "CloudwatchLogsExportConfiguration": {"EnableLogTypes": ["postgresql"], "DisableLogTypes": ["upgrade"]},
        "EngineVersion": "17",
        "AllowMajorVersionUpgrade": True,
        "ApplyImmediately": False,
    } == changed(wanted, live)


def test_logs_that_the_document_keeps_go_on() -> None:
    """With `exclusive: {enabledCloudwatchLogsExports: false}` strangers are exported on."""
    live = shown(EnabledCloudwatchLogsExports=["upgrade"])
    keeping = Lifecycle(additive=frozenset({"enabledCloudwatchLogsExports"}))
    parameters = changed({"enabledCloudwatchLogsExports": ["postgresql"]}, live, keeping)
    assert {"EnableLogTypes": ["postgresql"]} == parameters["CloudwatchLogsExportConfiguration"]


def test_what_aws_has_accepted_is_no_drift() -> None:
    """Values that wait for the maintenance window count as made, and the database is not yet as it will be."""
    pending = {
        "Port": 5433,
        "MultiAZ": True,
        "DBSubnetGroupName": "other",
        "DBInstanceIdentifier": "renamed",
        "PendingCloudwatchLogsExports": {"LogTypesToEnable": ["postgresql"], "LogTypesToDisable": ["upgrade"]},
    }
    live = shown(
        PendingModifiedValues=pending,
        Endpoint={"Address": "db.rds", "Port": 5432},
        DBSubnetGroup={"DBSubnetGroupName": "data"},
        EnabledCloudwatchLogsExports=["upgrade"],
        VpcSecurityGroups=[
            {"VpcSecurityGroupId": "sg-1", "Status": "active"},
            {"VpcSecurityGroupId": "sg-2", "Status": "removing"},
        ],
    )
    wanted = {
        "dbInstanceIdentifier": "DB",
        "port": 5433,
        "multiAz": True,
        "subnetGroup": "other",
        "enabledCloudwatchLogsExports": ["postgresql"],
        "securityGroups": ["sg-1"],
    }
    assert set() == paths(wanted, live)
    assert Phase.USABLE is live.phase
    assert "db.rds" == live.attributes["endpoint.address"]


def test_what_aws_shows_late_is_waited_for() -> None:
    """While it is made a database shows neither zone nor port: nobody takes that for another zone, and no accepted
    value for an end of the making."""
    live = shown(DBInstanceStatus="creating", PendingModifiedValues={"MasterUserPassword": "****"})
    found = diff(INSTANCE.shape, {"availabilityZone": "us-east-1a", "port": 5432}, live.fields, lambda e: Known(None))
    assert [] == found.changes
    late = [f"{name}: AWS does not return it yet" for name in ("availabilityZone", "port")]
    assert late == found.uncompared
    assert Phase.PENDING is live.phase


@pytest.mark.parametrize(
    ("status", "phase", "healthy"),
    [
        ("available", Phase.READY, True),
        ("backing-up", Phase.USABLE, True),
        ("storage-full", Phase.USABLE, False),
        ("failed", Phase.PENDING, False),
        ("deleting", Phase.LEAVING, False),
    ],
)
def test_aws_words_for_a_database(status: str, phase: Phase, healthy: bool) -> None:
    """A database that AWS works on serves on; one that needs a change is not waited for."""
    live = shown(DBInstanceStatus=status)
    assert live.health
    assert (phase, healthy) == (live.phase, live.health.healthy)


@pytest.mark.parametrize(
    ("more", "ending"),
    [
        ({}, {"FinalDBSnapshotIdentifier": "db-final-68150c"}),
        ({"TagList": [{"Key": "holdfast.dev/skip-final-snapshot", "Value": "true"}]}, {"SkipFinalSnapshot": True}),
        ({"ReadReplicaSourceDBInstanceIdentifier": "first"}, {"SkipFinalSnapshot": True}),
    ],
)
def test_nothing_is_lost_unless_the_document_says_so(more: Tree, ending: Tree) -> None:
    """A last snapshot is taken, but of a replica, and where the live tag says that there shall be none."""
    (call,) = INSTANCE.delete(DB, shown(**more), AROUND)
    assert {"DBInstanceIdentifier": "db", **ending} == call.parameters


def test_parameters_go_as_many_a_call_as_aws_takes() -> None:
    """Only those that changed are sent, twenty a call, each with when it takes effect."""
    group: Kind = KINDS["DbParameterGroup"]
    values = {f"p{number:02}": str(number) for number in range(MOST_IN_A_CALL + 1)}
    node = Node(Address("DbParameterGroup", "it"), {"parameters": values, "dynamicParameters": ["p20"]}, {})
    changes = [Change(f"parameters[{name}]", "change", value, None) for name, value in values.items()]
    first, second = group.update(node, changes, None, AROUND)
    assert MOST_IN_A_CALL == len(first.parameters["Parameters"])
    assert {"pending-reboot"} == {each["ApplyMethod"] for each in first.parameters["Parameters"]}
    assert [{"ParameterName": "p20", "ParameterValue": "20", "ApplyMethod": "immediate"}] == (
        second.parameters["Parameters"]
    )


@pytest.mark.parametrize(
    ("spec", "fields", "words"),
    [
        (DbInstanceSpec, {"engine": "postgres"}, "requires an engine and a dbInstanceClass"),
        (DbInstanceSpec, {"source": "first", "dbName": "app"}, "inherits dbName from its source"),
        (
            DbInstanceSpec,
            {
                "engine": "mysql",
                "dbInstanceClass": "db.t4g.small",
                "manageMasterUserPassword": True,
                "masterUserPassword": {"secret": {"env": "PASSWORD"}},
            },
            "not both",
        ),
        (
            DbInstanceSpec,
            {"engine": "mysql", "dbInstanceClass": "m", "multiAz": True, "availabilityZone": "us-east-1a"},
            "with multiAz",
        ),
        (
            DbInstanceSpec,
            {"engine": "mysql", "dbInstanceClass": "m", "allocatedStorage": 100, "maxAllocatedStorage": 100},
            "0 disables storage autoscaling",
        ),
        (DbInstanceSpec, {"engine": "m", "dbInstanceClass": "m", "masterUserPassword": "open"}, "must not appear"),
        (DbParameterGroupSpec, {"family": "mysql8.0", "dynamicParameters": ["x"]}, "does not set"),
    ],
)
def test_mistakes_are_found_offline(spec: Any, fields: Tree, words: str) -> None:
    """What cannot be right whatever AWS says is told before AWS is asked."""
    with pytest.raises(ValidationError, match=words):
        spec.model_validate(fields)


@pytest.mark.parametrize(("engine", "small", "large"), [("postgres", 399, 400), ("oracle-se2", 199, 200)])
def test_storage_that_outgrows_one_volume_is_sent_with_its_least_performance(
    engine: str, small: int, large: int
) -> None:
    """AWS refuses the live 3000 IOPS as soon as it stripes the storage, and takes no performance below that size."""
    live = shown(
        AllocatedStorage=100,
        StorageType="gp3",
        Iops=3000,
        StorageThroughput=125,
        Engine=engine,
        PubliclyAccessible=True,
    )
    assert {"AllocatedStorage": small} == changed({"allocatedStorage": small}, live)
    grown = {"AllocatedStorage": large, "Iops": 12000, "StorageThroughput": 500}
    assert grown == changed({"allocatedStorage": large}, live)
    assert {**grown, "Iops": 20000} == changed({"allocatedStorage": large, "iops": 20000}, live)
    assert {"PubliclyAccessible": False} == changed({"publiclyAccessible": False}, live)


def test_storage_of_sql_server_is_never_striped() -> None:
    """Its performance can be chosen at any size, and is sent with the size."""
    live = shown(AllocatedStorage=300, StorageType="gp3", Iops=3000, StorageThroughput=125, Engine="sqlserver-se")
    sent = changed({"allocatedStorage": 500}, live)
    assert {"AllocatedStorage": 500, "Iops": 3000, "StorageThroughput": 125} == sent


def test_large_storage_becomes_gp3_with_its_least_performance() -> None:
    """A new type comes with AWS's least performance for the size, where the document says none."""
    live = shown(AllocatedStorage=500, StorageType="gp2", Iops=1500, Engine="mysql")
    sent = changed({"storageType": "gp3"}, live)
    assert {"StorageType": "gp3", "AllocatedStorage": 500, "Iops": 12000, "StorageThroughput": 500} == sent


def test_less_than_large_storage_has_is_not_asked_for() -> None:
    """Storage that grew by itself over the threshold has more IOPS than the document: AWS never takes them back."""
    live = shown(AllocatedStorage=450, StorageType="gp3", Iops=12000, StorageThroughput=500, Engine="postgres")
    why = INSTANCE.refusal(live, Change("iops", "change", 3000, 12000))
    assert "iops cannot be 3000: gp3 storage of 450 GiB has at least 12000; set that in the document" == why
    assert "" == INSTANCE.refusal(live, Change("iops", "change", 13000, 12000))


@pytest.mark.parametrize("status", ["failed", "incompatible-network", "incompatible-restore"])
def test_what_aws_takes_no_snapshot_of_is_deleted_only_where_somebody_says_so(status: str) -> None:
    """A database in these states goes only without a final snapshot, which is not ours to decide."""
    live = shown(DBInstanceStatus=status)
    why = f"it is {status}, and AWS deletes it only without a final snapshot; for that, give it the tag"
    assert f'{why} holdfast.dev/skip-final-snapshot: "true"' == live.protection
    allowed = {"TagList": [{"Key": "holdfast.dev/skip-final-snapshot", "Value": "true"}]}
    assert "" == shown(DBInstanceStatus=status, **allowed).protection
    assert "" == shown(DBInstanceStatus=status, ReadReplicaSourceDBInstanceIdentifier="first").protection
    assert "" == shown(DBInstanceStatus="available").protection


def test_automated_backups_stay_where_there_is_a_last_snapshot() -> None:
    """AWS deletes them with the database unless it is told otherwise."""
    (call,) = INSTANCE.delete(DB, shown(BackupRetentionPeriod=7), AROUND)
    assert call.parameters["DeleteAutomatedBackups"] is False
    skipping = shown(BackupRetentionPeriod=7, TagList=[{"Key": "holdfast.dev/skip-final-snapshot", "Value": "true"}])
    (call,) = INSTANCE.delete(DB, skipping, AROUND)
    assert "DeleteAutomatedBackups" not in call.parameters


@pytest.mark.parametrize(
    ("status", "notice"),
    [
        ("in-sync", ""),
        ("applying", ""),
        ("pending-reboot", "parameters of web take effect at its next reboot"),
        ("failed-to-apply", "parameters of web could not be applied"),
    ],
)
def test_parameters_that_are_not_in_force_are_told(status: str, notice: str) -> None:
    """The group has the parameters and the database does not: in sync, but not what the document wants."""
    groups = [{"DBParameterGroupName": "web", "ParameterApplyStatus": status}]
    assert notice == shown(DBParameterGroups=groups).notice
