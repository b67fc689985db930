"""How far a database has come, in AWS's words.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html
"""

from controller.aws.declaration.words import States

WORKING = frozenset(
    {
        "backing-up",
        "configuring-activity-stream",
        "configuring-enhanced-monitoring",
        "configuring-iam-database-auth",
        "configuring-log-exports",
        "incompatible-option-group",
        "maintenance",
        "modifying",
        "resetting-master-credentials",
        "storage-config-upgrade",
        "storage-initialization",
        "storage-optimization",
    }
)
"""What AWS calls a database that it works on and that serves meanwhile."""
_NOT_SERVING = frozenset(
    {
        "converting-to-vpc",
        "creating",
        "moving-to-vpc",
        "rebooting",
        "renaming",
        "starting",
        "stopping",
        "upgrading",
    }
)
NO_SNAPSHOT = frozenset({"failed", "incompatible-network", "incompatible-restore"})
"""The states of which AWS takes no final snapshot.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBInstance.html
"""
APPLYING = {
    "failed-to-apply": "could not be applied",
    "pending-database-upgrade": "take effect when it is upgraded",
    "pending-reboot": "take effect at its next reboot",
}
"""What AWS says of a parameter group that is not in force as it is.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBParameterGroupStatus.html
"""
_FAILED = (
    "restore the DB instance from a snapshot or delete it, after which it is created again; "
    "`aws rds describe-events --source-type db-instance --source-identifier {id}` names the reason"
)
_KEY = "the KMS key of its storage cannot be used: enable the key or cancel its deletion"
_AWAITS = {
    **dict.fromkeys(("failed", "incompatible-create", "incompatible-restore", "restore-error"), _FAILED),
    "inaccessible-encryption-credentials": f"{_KEY}, and restore the DB instance from a backup",
    "inaccessible-encryption-credentials-recoverable": f"{_KEY}, then start the DB instance "
    "(`aws rds start-db-instance --db-instance-identifier {id}`)",
    "incompatible-network": "free IP addresses in its subnets, or mend what else AWS needs of its VPC; "
    "`aws rds describe-events --source-type db-instance --source-identifier {id}` names it",
    "incompatible-option-group": "correct the option group, or take from the database what keeps AWS from using it",
    "incompatible-parameters": "correct its parameter group, and reboot the DB instance",
    "insufficient-capacity": "AWS has no room for it: choose another class or zone, or delete it and wait some hours",
    "stopped": "start the DB instance (`aws rds start-db-instance --db-instance-identifier {id}`)",
    "storage-full": "give it more storage: raise allocatedStorage, or set maxAllocatedStorage",
}
# What has no storage left, or wrong parameters, is changed to be well again.
STATES = States(
    "DBInstanceStatus",
    pending=_NOT_SERVING,
    usable=WORKING | {"incompatible-parameters", "storage-full"},
    leaving=frozenset({"delete-precheck", "deleting"}),
    awaits=_AWAITS,
)
