"""What a document says of a database."""

from typing import Annotated, Any, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.aws.declaration.forms import LETTER_FIRST
from controller.aws.declaration.kms import KmsKey
from controller.aws.rds.db_instance_rules import DAILY, IDENTIFIER, RULES, USER, WEEKLY
from controller.core.model.equality import AnyCase, Blank, Default, Equality, LowerName, VersionPrefix, older, smaller
from controller.core.model.limits import Among, Bounds, Length
from controller.core.model.spec import (
    Aws,
    Between,
    Immutable,
    Interrupts,
    Named,
    OneWay,
    Sensitive,
    ShownLate,
    Tagged,
    To,
    Unordered,
    WriteOnly,
    WriteSetting,
    Zone,
)

_SETTINGS = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.Settings.html"


_GOING = "pending-removal|pending-maintenance-removal|removing"


class Window(Equality):
    """A span of time such as `Sun:05:00-Sun:06:00`, which AWS writes in lower case."""

    def normal(self, value: Any) -> str:
        """In lower case."""
        return str(value).lower()


class DbInstanceSpec(Tagged):
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html"""

    constraints = RULES

    db_instance_identifier: Annotated[
        str | None,
        Named(limit=63, legal=LETTER_FIRST),
        IDENTIFIER,
        Length(1, 63),
        LowerName(),
        Immutable(),
        Aws("DBInstanceIdentifier"),
    ] = None
    """Its identifier, which AWS keeps in lower case. Unset: `<stack>-<name>`."""
    source: Annotated[
        str | None,
        To("DbInstance"),
        Immutable(),
        Aws("ReadReplicaSourceDBInstanceIdentifier", write="SourceDBInstanceIdentifier"),
    ] = None
    """The source DB instance, for a read replica, which takes engine, user, password and database from it. One in
    another region is named by its ARN, `{id: arn:aws:rds:…}`."""
    engine: Annotated[str | None, Immutable()] = None
    """The engine by AWS's name: `postgres`, `mysql`, `mariadb`, `oracle-se2`, `sqlserver-se` and so on."""
    engine_version: Annotated[
        str | None,
        VersionPrefix(),
        OneWay(older, "RDS never goes back to an older version"),
        Interrupts("an outage while it is upgraded", _SETTINGS),
    ] = None
    """The engine version or a prefix of it: `16` matches any `16.x`, and AWS's minor upgrades are not drift."""
    allow_major_version_upgrade: Annotated[bool | None, WriteSetting()] = None
    """Whether major version upgrades are allowed. The parameter group has to match the new version."""
    db_instance_class: Annotated[
        str | None,
        Aws("DBInstanceClass"),
        Interrupts("an outage while it moves to the other class, with multiAz a failover", _SETTINGS),
    ] = None
    """The instance class, such as `db.t4g.medium`. Unset, a read replica has its source's."""
    allocated_storage: Annotated[
        int | None, Between("allocatedStorage", "maxAllocatedStorage"), OneWay(smaller, "RDS never shrinks storage")
    ] = None
    """Its storage in GiB. It can grow; AWS refuses to shrink it. Storage autoscaling up to `maxAllocatedStorage` is
    not drift."""
    max_allocated_storage: int | None = None
    """The limit of storage autoscaling in GiB; 0 disables it."""
    storage_type: Annotated[
        Literal["gp2", "gp3", "io1", "io2", "standard"] | None,
        Interrupts("a short outage", _SETTINGS, when=lambda desired, observed: "standard" in (desired, observed)),
    ] = None
    """The storage type. AWS's default: `io1` if `iops` is set, else `gp2`."""
    iops: int | None = None
    """Provisioned IOPS. `gp3` has 3000 below 400 GiB (Oracle: 200), which AWS does not let you change, and at least
    12000 from there on; for SQL Server it is 3000 or more whatever the size."""
    storage_throughput: int | None = None
    """Throughput in MiB/s for `gp3`: 125 below 400 GiB (Oracle: 200), which AWS does not let you change, and at least
    500 from there on; for SQL Server it is 125 or more whatever the size."""
    storage_encrypted: Annotated[bool | None, Immutable()] = None
    """Whether its storage is encrypted. AWS's default: false."""
    kms_key: Annotated[str | None, KmsKey(), Immutable(), Aws("KmsKeyId")] = None
    """The KMS key of its storage, by id or ARN. AWS's default: the account's key for RDS."""
    multi_az: Annotated[bool | None, Aws("MultiAZ")] = None
    """Whether it has a standby in another zone for failover. AWS's default: false."""
    availability_zone: Annotated[str | None, Zone(), ShownLate(), Immutable()] = None
    """The Availability Zone, if `multiAz` is not set: a failover moves it to another."""
    subnet_group: Annotated[
        str | None,
        To("DbSubnetGroup"),
        Aws("DBSubnetGroup.DBSubnetGroupName", write="DBSubnetGroupName"),
        Interrupts("an outage while it moves to the other subnets", _SETTINGS),
    ] = None
    """Its DB subnet group. AWS changes it only to one in another VPC."""
    security_groups: Annotated[
        list[Annotated[str, To("SecurityGroup")]] | None,
        Unordered(),
        Aws("VpcSecurityGroups[Status!=removing].VpcSecurityGroupId", write="VpcSecurityGroupIds"),
    ] = None
    """Its VPC security groups. AWS's default: the VPC's default security group."""
    publicly_accessible: bool | None = None
    """Whether its endpoint resolves to a public IP address from outside the VPC."""
    network_type: Annotated[Literal["IPV4", "DUAL"] | None, Default("IPV4")] = None
    """Whether it supports IPv6 too. AWS's default: `IPV4`."""
    port: Annotated[
        int | None,
        Bounds(1150, 65_535),
        ShownLate(),
        Aws("Endpoint.Port", write="Port"),
        Interrupts("it restarts at once, whatever applyImmediately says", _SETTINGS),
    ] = None
    """The port it listens on. AWS's default: the engine's."""
    db_name: Annotated[str | None, AnyCase(), Immutable(), Aws("DBName")] = None
    """The initial database; for Oracle the SID."""
    character_set_name: Annotated[str | None, Immutable()] = None
    """Its character set (Oracle), or its collation (SQL Server)."""
    nchar_character_set_name: Annotated[str | None, Immutable()] = None
    """Its national character set (Oracle)."""
    timezone: Annotated[str | None, Immutable()] = None
    """Its time zone (SQL Server, Db2)."""
    license_model: str | None = None
    """`license-included`, `bring-your-own-license` or `general-public-license`."""
    engine_lifecycle_support: str | None = None
    """Whether it is enrolled in RDS Extended Support, which costs extra after the end of standard support: AWS's
    default `open-source-rds-extended-support`, or `open-source-rds-extended-support-disabled`."""
    master_username: Annotated[str | None, Immutable(), USER] = None
    """The name of the master user."""
    master_user_password: Annotated[str | None, Sensitive(), WriteOnly()] = None
    """The password of the master user; rotate it elsewhere. Better: `manageMasterUserPassword`."""
    manage_master_user_password: bool | None = None
    """Whether RDS generates the master password, keeps it in Secrets Manager and rotates it."""
    master_user_secret_kms_key: Annotated[
        str | None, KmsKey(), Aws("MasterUserSecret.KmsKeyId", write="MasterUserSecretKmsKeyId")
    ] = None
    """The KMS key of the managed master password. AWS's default: the account's key for Secrets Manager."""
    iam_database_authentication: Annotated[
        bool | None, Aws("IAMDatabaseAuthenticationEnabled", write="EnableIAMDatabaseAuthentication")
    ] = None
    """Whether IAM database authentication is enabled. AWS's default: false."""
    parameter_group: Annotated[
        str | None,
        To("DbParameterGroup"),
        Aws("DBParameterGroups[0].DBParameterGroupName", write="DBParameterGroupName"),
    ] = None
    """Its DB parameter group. AWS's default: that of the family, `{id: default.postgres16}`."""
    option_group: Annotated[
        str | None, Aws(f"OptionGroupMemberships[Status!={_GOING}].OptionGroupName", write="OptionGroupName")
    ] = None
    """The name of its option group."""
    ca_certificate_identifier: Annotated[
        str | None,
        Aws("CACertificateIdentifier"),
        Interrupts("it restarts, unless its engine takes a new certificate without that", _SETTINGS),
    ] = None
    """The CA of its server certificate, such as `rds-ca-rsa2048-g1`."""
    backup_retention_period: Annotated[
        int | None,
        Bounds(0, 35),
        Interrupts(
            "an outage when backups are turned on or off",
            _SETTINGS,
            when=lambda desired, observed: 0 in (desired, observed),
        ),
    ] = None
    """The retention of automated backups in days; 0 disables them. AWS's default: 1, for a read replica 0."""
    preferred_backup_window: Annotated[str | None, Window(), DAILY] = None
    """The daily backup window, in UTC: `02:00-03:00`."""
    preferred_maintenance_window: Annotated[str | None, Window(), WEEKLY] = None
    """The weekly maintenance window, in UTC: `sun:05:00-sun:06:00`."""
    copy_tags_to_snapshot: bool | None = None
    """Whether its tags are copied to its snapshots. AWS's default: false."""
    auto_minor_version_upgrade: bool | None = None
    """Whether AWS applies minor version upgrades. AWS's default: true."""
    deletion_protection: bool | None = None
    """Deletion protection; while it is on, Holdfast neither deletes nor replaces it. AWS's default: false."""
    apply_immediately: Annotated[bool | None, WriteSetting()] = None
    """Whether disruptive changes are applied at once, not in the maintenance window. AWS's default: false."""
    enabled_cloudwatch_logs_exports: Annotated[
        list[str] | None, Unordered(), Aws("EnabledCloudwatchLogsExports", write="EnableCloudwatchLogsExports")
    ] = None
    """The logs exported to CloudWatch Logs, such as `postgresql` and `upgrade`."""
    monitoring_interval: Annotated[int | None, Blank(), Among(0, 1, 5, 10, 15, 30, 60)] = None
    """The Enhanced Monitoring interval in seconds, which needs a `monitoringRole`; 0 disables it."""
    monitoring_role: Annotated[str | None, To("Role", attribute="arn")] = None
    """The role for Enhanced Monitoring."""
    performance_insights: Annotated[
        bool | None, Aws("PerformanceInsightsEnabled", write="EnablePerformanceInsights")
    ] = None
    """Whether Performance Insights is enabled. AWS's default: false."""
    performance_insights_kms_key: Annotated[str | None, KmsKey(), Aws("PerformanceInsightsKMSKeyId")] = None
    """The KMS key of Performance Insights data. AWS's default: the account's key for RDS."""
    performance_insights_retention_period: Annotated[int | None, Bounds(31, 713, also=(7, 731), step=31)] = None
    """The retention of that data in days. AWS's default: 7."""
    database_insights_mode: Annotated[Literal["standard", "advanced"] | None, Default("standard")] = None
    """The mode of Database Insights; `advanced` needs `performanceInsights` and 465 days. AWS's default:
    `standard`."""
    dedicated_log_volume: Annotated[bool | None, Blank()] = None
    """Whether it has a dedicated log volume (DLV). AWS's default: false."""

    @model_validator(mode="after")
    def _whole(self) -> "DbInstanceSpec":
        if self.source is None and not (self.engine and self.db_instance_class):
            message = "a database requires an engine and a dbInstanceClass, or a source to be a read replica of"
            raise PydanticCustomError("db_instance", message)
        for name in _SOURCES_OWN if self.source is not None else ():
            if getattr(self, name) is not None:
                message = "a read replica inherits {name} from its source: omit it"
                raise PydanticCustomError("db_instance", message, {"name": type(self).model_fields[name].alias})
        if self.master_user_password is not None and self.manage_master_user_password is True:
            message = "set either masterUserPassword or manageMasterUserPassword, not both"
            raise PydanticCustomError("db_instance", message)
        if self.multi_az is True and self.availability_zone is not None:
            message = "with multiAz AWS chooses the availabilityZone: omit it"
            raise PydanticCustomError("db_instance", message)
        return self

    @model_validator(mode="after")
    def _room_to_grow(self) -> "DbInstanceSpec":
        least, most = self.allocated_storage, self.max_allocated_storage
        if isinstance(least, int) and isinstance(most, int) and 0 < most <= least:
            message = (
                "maxAllocatedStorage ({most}) must be greater than allocatedStorage ({least}); "
                "0 disables storage autoscaling"
            )
            raise PydanticCustomError("db_instance", message, {"most": most, "least": least})
        return self


_SOURCES_OWN = ("master_username", "master_user_password", "db_name", "character_set_name")
"""What a read replica cannot have for itself."""
