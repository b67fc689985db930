"""A database."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from hashlib import sha256

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.wire import Item
from controller.aws.declaration.words import Attribute, Create, HealthSource, Listing, Setter
from controller.aws.rds.db_instance_spec import DbInstanceSpec
from controller.aws.rds.db_instance_states import STATES, WORKING
from controller.aws.rds.tags import listed_tags
from controller.core.model.call import Call
from controller.core.model.live import Live, Phase
from controller.core.model.node import Node
from controller.core.model.reference import Placeholder
from controller.core.model.shape import Tree

SKIP_FINAL_SNAPSHOT = "holdfast.dev/skip-final-snapshot"
"""A tag that says `true` where a database is deleted without a last snapshot. It stands on the live database, so that
it is known when the document does not name that any more."""
_STORAGE = ("allocatedStorage", "iops", "storageThroughput")
_ALONG: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("storageType", *_STORAGE), _STORAGE),
    "engineVersion": ("allowMajorVersionUpgrade",),
    "manageMasterUserPassword": ("masterUserPassword", "masterUserSecretKmsKey"),
    "masterUserSecretKmsKey": ("manageMasterUserPassword",),
    "monitoringInterval": ("monitoringRole",),
    "monitoringRole": ("monitoringInterval",),
    "performanceInsights": ("performanceInsightsKmsKey", "performanceInsightsRetentionPeriod"),
    "performanceInsightsKmsKey": ("performanceInsights",),
    "performanceInsightsRetentionPeriod": ("performanceInsights",),
    "databaseInsightsMode": ("performanceInsights", "performanceInsightsRetentionPeriod"),
}
"""What AWS wants to be told together."""
_REPLICATION = Create("CreateDBInstanceReadReplica", "DBInstance")
_STAGED = "PendingModifiedValues"
"""Where the listing shows the values that AWS has accepted and not applied yet."""


class DbInstance(AwsKind):
    """An RDS DB instance, or a read replica of one.

    All changes of a pass go in one call. Those that wait for the maintenance window are not drift. Before it is
    deleted AWS takes a final snapshot `<id>-final-<hash>`, except of a read replica and of a DB instance with the tag
    `holdfast.dev/skip-final-snapshot: "true"`.
    """

    spec, service, id_field, id_from = DbInstanceSpec, "rds", "DBInstanceIdentifier", "dbInstanceIdentifier"
    natural_key = ("dbInstanceIdentifier",)
    tagging = listed_tags()
    listing = Listing("DescribeDBInstances", "DBInstances", page=100)
    states = STATES
    health_source = HealthSource("DBInstanceStatus", WORKING | {"available"})
    protected_by = "deletionProtection"
    creation, deletion = Create("CreateDBInstance", "DBInstance"), "DeleteDBInstance"
    attributes = {
        "arn": Attribute("Its ARN.", "DBInstanceArn"),
        "dbiResourceId": Attribute(
            "The immutable resource id of the instance, which survives renaming.", "DbiResourceId"
        ),
        "endpoint.address": Attribute("The DNS name that clients connect to.", "Endpoint.Address"),
        "endpoint.port": Attribute("The port that clients connect to.", "Endpoint.Port"),
        "endpoint.hostedZoneId": Attribute(
            "The id of the hosted zone of its DNS name, for alias records.", "Endpoint.HostedZoneId"
        ),
        "masterUserSecret": Attribute(
            "The ARN of the Secrets Manager secret with the password.", "MasterUserSecret.SecretArn"
        ),
    }
    setters = (
        Setter(
            "ModifyDBInstance",
            separable=True,
            resets=_ALONG,
            renamed={"port": "DBPortNumber", "enabledCloudwatchLogsExports": "CloudwatchLogsExportConfiguration"},
        ),
    )

    def made_by(self, fields: Tree) -> Create:
        """A read replica by an operation of its own."""
        return _REPLICATION if "source" in fields else self.creation

    def initial(self, fields: Tree) -> Tree:
        """What AWS takes no parameter for because it gives nothing else; a replica has its source's version."""
        given = _given(fields)
        return {**given, **_of(fields, "engineVersion", "licenseModel")} if "source" in fields else given

    def taken(self, fields: Tree) -> frozenset[str]:
        """The parameters of the create call, without what AWS gives by itself."""
        return super().taken(fields) - self.initial(fields).keys()

    def create(self, node: Node) -> tuple[Call, ...]:
        """The create call, without what AWS gives by itself; a source elsewhere with its region."""
        given = self.initial(node.fields)
        (call,) = super().create(replace(node, fields=_without(node.fields, given)))
        source = str(node.fields.get("source", ""))
        region = {"SourceRegion": source.split(":")[3]} if source.startswith("arn:") else {}
        return (replace(call, parameters={**call.parameters, **region}),)

    def setting(self, setter: Setter, node: Node, group: list[str], live: Live | None, me: Placeholder) -> Call:
        """One call for all that changed, with what AWS wants to be told with it; a new one is changed at once."""
        known, at_once = live.fields if live else {}, node.fields.get("applyImmediately") if live else True
        call = super().setting(setter, replace(node, fields=_storage(node.fields, known, group)), group, live, me)
        parameters = {**call.parameters, **({} if at_once is None else {"ApplyImmediately": at_once})}
        if "enabledCloudwatchLogsExports" in group:
            parameters["CloudwatchLogsExportConfiguration"] = _exports(node, known)
        if parameters.get("MaxAllocatedStorage") == 0:  # AWS's way to say so
            parameters["MaxAllocatedStorage"] = {**node.fields, **known}["allocatedStorage"]
        return replace(call, parameters=parameters)

    def fields(self, item: Item) -> Tree:
        """What AWS shows, with what it has accepted as if it were done."""
        managed = {"manageMasterUserPassword": "MasterUserSecret" in item}
        return {"maxAllocatedStorage": 0, **managed, **super().fields(_done(item))}

    def phase(self, item: Item) -> Phase | None:
        """Usable while something that AWS has accepted is to come."""
        phase = super().phase(item)
        return Phase.USABLE if phase is Phase.READY and item.get(_STAGED) else phase

    def progress(self, item: Item) -> str:
        """What AWS has accepted, or is at work on."""
        staged = ", ".join(sorted(item.get(_STAGED) or ()))
        return f"{staged} accepted, but not applied yet" if staged else super().progress(item)

    def final(self, live: Live) -> Call:
        """Delete it, with a last snapshot where there shall be one."""
        call = super().final(live)
        skips = live.tags.get(SKIP_FINAL_SNAPSHOT) == "true" or live.fields.get("source")
        suffix = sha256(str(live.attributes["dbiResourceId"]).encode()).hexdigest()[:6]
        last = {"SkipFinalSnapshot": True} if skips else {"FinalDBSnapshotIdentifier": f"{live.id}-final-{suffix}"}
        return replace(call, parameters={**call.parameters, **last})


def _of(fields: Tree, *names: str) -> Tree:
    return {name: fields[name] for name in names if name in fields}


def _without(fields: Tree, names: Iterable[str]) -> Tree:
    return {name: value for name, value in fields.items() if name not in names}


def _given(fields: Tree) -> Tree:
    """What AWS gives and takes no parameter for: the performance of small `gp3` storage, and no growth.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html#gp3-storage
    """
    threshold = 200 if str(fields.get("engine")).startswith("oracle") else 400
    size = fields.get("allocatedStorage")
    small = fields.get("storageType") == "gp3" and isinstance(size, int) and size < threshold
    given = {"maxAllocatedStorage": 0, **({"iops": 3000, "storageThroughput": 125} if small else {})}
    return {name: value for name, value in given.items() if fields.get(name) == value}


def _storage(fields: Tree, known: Tree, group: list[str]) -> Tree:
    """The fields with the live ones of storage that stay: AWS wants size and performance together."""
    staying = _STORAGE[:1] if "storageType" in group else _STORAGE
    kept = _of(_without(known, group), *staying)
    given = _given({**known, **fields, **kept})
    return _without({**fields, **kept}, given.keys() - set(group))


def _exports(node: Node, known: Tree) -> dict[str, list[str]]:
    """Which logs to export from now on, and which no more."""
    name = "enabledCloudwatchLogsExports"
    wanted, shown = node.fields[name], known.get(name, [])
    gone = [] if name in node.lifecycle.additive else [log for log in shown if log not in wanted]
    lists = {"EnableLogTypes": [log for log in wanted if log not in shown], "DisableLogTypes": gone}
    return {key: logs for key, logs in lists.items() if logs}


def _done(item: Item) -> Item:
    """The item as it will be when AWS has done what it accepted.

    A name that is still to come is left out: the database is known by the one it has.
    """
    staged = {**(item.get(_STAGED) or {})}
    logs, port, group, *_ = (
        staged.pop(name, None)
        for name in ("PendingCloudwatchLogsExports", "Port", "DBSubnetGroupName", "DBInstanceIdentifier")
    )
    done = {**item, **staged}
    if port:
        done["Endpoint"] = {**(item.get("Endpoint") or {}), "Port": port}
    if group:
        done["DBSubnetGroup"] = {"DBSubnetGroupName": group}
    if logs:
        exported = [*item.get("EnabledCloudwatchLogsExports", ()), *logs.get("LogTypesToEnable", ())]
        stopped = logs.get("LogTypesToDisable", ())
        done["EnabledCloudwatchLogsExports"] = [log for log in exported if log not in stopped]
    groups = item.get("VpcSecurityGroups") or ()
    return {**done, "VpcSecurityGroups": [group for group in groups if group.get("Status") != "removing"]}
