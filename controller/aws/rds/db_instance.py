"""A database."""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.last_snapshot import SKIP_FINAL_SNAPSHOT, skips_final_snapshot
from controller.aws.declaration.offerings import Offering
from controller.aws.declaration.wire import Item
from controller.aws.declaration.words import Attribute, Create, HealthSource, Listing, Setter
from controller.aws.rds.db_instance_spec import DbInstanceSpec
from controller.aws.rds.db_instance_states import APPLYING, NO_SNAPSHOT, STATES, WORKING
from controller.aws.rds.staged import STAGED, done
from controller.aws.rds.storage import STORAGE, given, only, together, too_slow, without
from controller.aws.rds.tags import listed_tags
from controller.core.model.call import Call, Change
from controller.core.model.live import Live, Phase
from controller.core.model.node import Node
from controller.core.model.reference import Placeholder
from controller.core.model.shape import Tree

_ALONG: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("storageType", *STORAGE), STORAGE),
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


class DbInstance(AwsKind):
    """An RDS DB instance, or a read replica of one.

    All changes of a pass go in one call. Those that wait for the maintenance window are not drift. Before it is
    deleted AWS takes a final snapshot `<id>-final-<hash>`, and keeps its automated backups until their retention
    ends, except of a read replica and of a DB instance with the tag `holdfast.dev/skip-final-snapshot: "true"`.
    """

    spec, service, id_field, id_from = DbInstanceSpec, "rds", "DBInstanceIdentifier", "dbInstanceIdentifier"
    natural_key = ("dbInstanceIdentifier",)
    tagging = listed_tags()
    # https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeOrderableDBInstanceOptions.html
    offerings = (
        Offering(
            "dbInstanceClass",
            "rds",
            "DescribeOrderableDBInstanceOptions",
            "OrderableDBInstanceOptions",
            "DBInstanceClass",
            parameters={"Engine": "engine", "DBInstanceClass": "dbInstanceClass"},
        ),
    )
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

    def refusal(self, live: Live, change: Change) -> str:
        """Large storage that grew by itself has more performance than a document may say."""
        return super().refusal(live, change) or too_slow(change.field, change.desired, live.fields)

    def made_by(self, fields: Tree) -> Create:
        """A read replica by an operation of its own."""
        return _REPLICATION if "source" in fields else self.creation

    def initial(self, fields: Tree) -> Tree:
        """What AWS takes no parameter for because it gives nothing else; a replica has its source's version."""
        inherited = ("engineVersion", "licenseModel") if "source" in fields else ()
        return {**given(fields), **only(fields, inherited)}

    def taken(self, fields: Tree) -> frozenset[str]:
        """The parameters of the create call, without what AWS gives by itself."""
        return super().taken(fields) - self.initial(fields).keys()

    def create(self, node: Node) -> tuple[Call, ...]:
        """The create call, without what AWS gives by itself; a source elsewhere with its region."""
        (call,) = super().create(replace(node, fields=without(node.fields, self.initial(node.fields))))
        source = str(node.fields.get("source", ""))
        region = {"SourceRegion": source.split(":")[3]} if source.startswith("arn:") else {}
        return (replace(call, parameters={**call.parameters, **region}),)

    def setting(self, setter: Setter, node: Node, group: list[str], live: Live | None, me: Placeholder) -> Call:
        """One call for all that changed, with what AWS wants to be told with it; a new one is changed at once."""
        known, at_once = live.fields if live else {}, node.fields.get("applyImmediately") if live else True
        call = super().setting(setter, replace(node, fields=together(node.fields, known, group)), group, live, me)
        parameters = {**call.parameters, **({} if at_once is None else {"ApplyImmediately": at_once})}
        if "enabledCloudwatchLogsExports" in group:
            parameters["CloudwatchLogsExportConfiguration"] = _exports(node, known)
        if parameters.get("MaxAllocatedStorage") == 0:  # AWS's way to say so
            parameters["MaxAllocatedStorage"] = {**node.fields, **known}["allocatedStorage"]
        return replace(call, parameters=parameters)

    def fields(self, item: Item) -> Tree:
        """What AWS shows, with what it has accepted as if it were done."""
        managed = {"manageMasterUserPassword": "MasterUserSecret" in item}
        return {"maxAllocatedStorage": 0, **managed, **super().fields(done(item))}

    def phase(self, item: Item) -> Phase | None:
        """Usable while something that AWS has accepted is to come."""
        phase = super().phase(item)
        return Phase.USABLE if phase is Phase.READY and item.get(STAGED) else phase

    def progress(self, item: Item) -> str:
        """What AWS has accepted, or is at work on."""
        staged = ", ".join(sorted(item.get(STAGED) or ()))
        return f"{staged} accepted, but not applied yet" if staged else super().progress(item)

    def live(self, item: Item) -> Live | None:
        """AWS takes no last snapshot of what has failed, and so does not delete it with one."""
        live, state = super().live(item), str(item.get("DBInstanceStatus"))
        if live is None or live.protection or state not in NO_SNAPSHOT or _skips_final_snapshot(live):
            return live
        why = f"it is {state}, and AWS deletes it only without a final snapshot; for that, give it the tag"
        return replace(live, protection=f'{why} {SKIP_FINAL_SNAPSHOT}: "true"')

    def notice(self, item: Item) -> str:
        """The parameter groups of which something is not in force yet."""
        groups = (
            (one["DBParameterGroupName"], one.get("ParameterApplyStatus"))
            for one in item.get("DBParameterGroups") or ()
        )
        return "; ".join(f"parameters of {name} {APPLYING[state]}" for name, state in groups if state in APPLYING)

    def final(self, live: Live) -> Call:
        """Delete it, with a last snapshot where there shall be one, and then with its automated backups kept."""
        call = super().final(live)
        skips = _skips_final_snapshot(live)
        suffix = sha256(str(live.attributes["dbiResourceId"]).encode()).hexdigest()[:6]
        last = {"SkipFinalSnapshot": True} if skips else {"FinalDBSnapshotIdentifier": f"{live.id}-final-{suffix}"}
        backups = not skips and live.fields.get("backupRetentionPeriod")
        kept = {"DeleteAutomatedBackups": False} if backups else {}
        return replace(call, parameters={**call.parameters, **last, **kept})


def _skips_final_snapshot(live: Live) -> bool:
    return skips_final_snapshot(live) or bool(live.fields.get("source"))


def _exports(node: Node, known: Tree) -> dict[str, list[str]]:
    """Which logs to export from now on, and which no more."""
    name = "enabledCloudwatchLogsExports"
    wanted, shown = node.fields[name], known.get(name, [])
    gone = [] if name in node.lifecycle.additive else [log for log in shown if log not in wanted]
    lists = {"EnableLogTypes": [log for log in wanted if log not in shown], "DisableLogTypes": gone}
    return {key: logs for key, logs in lists.items() if logs}
