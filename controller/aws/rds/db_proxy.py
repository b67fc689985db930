"""A pool of connections in front of a database, so that many clients do not use up its connections."""

from typing import Annotated, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.aws.declaration.forms import LETTER_FIRST
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
from controller.aws.rds.tags import tags_of
from controller.core.model.equality import LowerName
from controller.core.model.spec import Aws, Immutable, Keyed, Named, Spec, Tagged, To, Unordered


class ProxyAuth(Spec):
    """One database user whose password the proxy takes from Secrets Manager."""

    secret: Annotated[str, To("Secret", attribute="arn")]
    """The secret with `username` and `password`. One that RDS keeps for a database is
    `{from: DbInstance/<name>, attribute: masterUserSecret}`."""
    auth_scheme: Literal["SECRETS"] | None = None
    """How the proxy logs in to the database: `SECRETS` is all there is."""
    iam_auth: Annotated[Literal["DISABLED", "ENABLED", "REQUIRED"] | None, Aws("IAMAuth")] = None
    """Whether clients log in to the proxy by IAM. AWS's default: `DISABLED`."""
    client_password_auth_type: (
        Literal[
            "MYSQL_NATIVE_PASSWORD",
            "MYSQL_CACHING_SHA2_PASSWORD",
            "POSTGRES_SCRAM_SHA_256",
            "POSTGRES_MD5",
            "SQL_SERVER_AUTHENTICATION",
        ]
        | None
    ) = None
    """How clients with a password log in to the proxy. AWS's default follows from the engine family."""
    user_name: str | None = None
    """The database user it is for, where the secret does not say."""
    description: str | None = None
    """What it is for."""


class ConnectionPool(Spec):
    """How the proxy uses the connections of its target."""

    max_connections_percent: int | None = None
    """The most connections to the database, in percent of its own maximum. AWS's default: 100."""
    max_idle_connections_percent: int | None = None
    """The most that are kept open without use, in the same percent. AWS's default: half of maxConnectionsPercent."""
    connection_borrow_timeout: int | None = None
    """Seconds that a client waits for a connection. AWS's default: 120."""
    session_pinning_filters: Annotated[list[str] | None, Unordered()] = None
    """What does not pin a client to its connection; AWS knows `EXCLUDE_VARIABLE_SETS`."""
    init_query: str | None = None
    """SQL that is run on every new connection, such as `SET time_zone='+00:00'`."""

    @model_validator(mode="after")
    def _idle_within_all(self) -> "ConnectionPool":
        most, idle = self.max_connections_percent, self.max_idle_connections_percent
        if idle is not None and most is None:
            message = "maxIdleConnectionsPercent needs maxConnectionsPercent beside it"
            raise PydanticCustomError("pool", message)
        if isinstance(most, int) and isinstance(idle, int) and idle > most:
            message = "maxIdleConnectionsPercent {idle} is above maxConnectionsPercent {most}"
            raise PydanticCustomError("pool", message, {"idle": idle, "most": most})
        return self


class DbProxySpec(Tagged):
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBProxy.html"""

    db_proxy_name: Annotated[
        str | None, Named(limit=63, legal=LETTER_FIRST), LowerName(), Immutable(), Aws("DBProxyName")
    ] = None
    """Its name. Unset: `<stack>-<name>`."""
    engine_family: Annotated[Literal["MYSQL", "POSTGRESQL", "SQLSERVER"], Immutable()]
    """What its clients speak."""
    auth: Annotated[list[ProxyAuth], Keyed("secret")]
    """The database users that it logs in as."""
    role: Annotated[str, To("Role", attribute="arn")]
    """The role by which it reads the secrets."""
    subnets: Annotated[list[Annotated[str, To("Subnet")]], Unordered(), Immutable(), Aws("VpcSubnetIds")]
    """The subnets it is reached in, in at least two zones."""
    security_groups: Annotated[
        list[Annotated[str, To("SecurityGroup")]] | None, Unordered(), Aws("VpcSecurityGroupIds")
    ] = None
    """The groups that say who reaches it. AWS's default: the default group of the VPC."""
    require_tls: Annotated[bool | None, Aws("RequireTLS")] = None
    """Whether clients have to encrypt. AWS's default: false."""
    idle_client_timeout: int | None = None
    """Seconds after which a client that does nothing is cut off. AWS's default: 1800."""
    debug_logging: bool | None = None
    """Whether its log has the SQL of its clients; AWS turns that off after 24 hours. AWS's default: false."""
    connection_pool_config: ConnectionPool | None = None
    """How it uses the connections of its target."""
    targets: Annotated[list[Annotated[str, To("DbInstance")]] | None, Unordered()] = None
    """The database it stands in front of; AWS takes one."""


class DbProxy(AwsKind):
    """An RDS Proxy with its default target group, which is the only one AWS knows."""

    spec, service, id_field, id_from = DbProxySpec, "rds", "DBProxyName", "dbProxyName"
    natural_key = ("dbProxyName",)
    tagging = tags_of("db-proxy")
    listing = Listing("DescribeDBProxies", "DBProxies", page=100, size="MaxRecords", stamp="UpdatedDate")
    reads = (
        Detail("connectionPoolConfig", "DescribeDBProxyTargetGroups", "TargetGroups[0].ConnectionPoolConfig"),
        Detail("targets", "DescribeDBProxyTargets", "Targets[Type=RDS_INSTANCE].RdsResourceId"),
    )
    states = States(
        "Status",
        pending=frozenset(
            {
                "creating",
                "incompatible-network",
                "insufficient-resource-limits",
                "reactivating",
                "suspended",
                "suspending",
            }
        ),
        usable=frozenset({"modifying"}),
        leaving=frozenset({"deleting"}),
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
        "endpoint": Attribute("The address that clients connect to instead of the database's.", "Endpoint"),
        "vpcId": Attribute("The VPC it is in.", "VpcId"),
    }
    gives_initially = {"targets": []}
    setters = (
        Setter(
            "ModifyDBProxy",
            ("auth", "role", "securityGroups", "requireTls", "idleClientTimeout", "debugLogging"),
            renamed={"securityGroups": "SecurityGroups"},
        ),
        Setter(
            "ModifyDBProxyTargetGroup",
            ("connectionPoolConfig",),
            constant={"TargetGroupName": "default"},
        ),
    )
    members = (
        Collection(
            "targets",
            add=Op("RegisterDBProxyTargets", "DBInstanceIdentifiers", {"TargetGroupName": "default"}),
            remove=Op("DeregisterDBProxyTargets", "DBInstanceIdentifiers", {"TargetGroupName": "default"}),
            removed_first=True,
        ),
    )
