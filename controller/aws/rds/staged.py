"""What AWS has accepted of a DB instance and not applied yet."""

from controller.aws.declaration.wire import Item

STAGED = "PendingModifiedValues"
"""Where the listing shows such values."""


def done(item: Item) -> Item:
    """The item as it will be when AWS has done what it accepted.

    A name that is still to come is left out: the database is known by the one it has.
    """
    staged = {**(item.get(STAGED) or {})}
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
