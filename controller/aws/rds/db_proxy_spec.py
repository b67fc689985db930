"""What a document says of a proxy and its pool of connections."""

from typing import Annotated, Literal

from controller.aws.declaration.forms import LETTER_FIRST
from controller.aws.structures.rules import in_two_zones
from controller.core.model.conditions import Has
from controller.core.model.equality import Blank, Default, LowerName
from controller.core.model.limits import Bounds, Count
from controller.core.model.rules import Check, Needs, Ordered, Same
from controller.core.model.spec import Aws, Computed, Immutable, Keyed, Named, Spec, Tagged, To, Unordered


class ProxyAuth(Spec):
    """A database user whose credentials the proxy reads from Secrets Manager."""

    secret: Annotated[str, To("Secret", attribute="arn")]
    """The secret with `username` and `password`. One that RDS manages for a DB instance is
    `{from: DbInstance/<name>, attribute: masterUserSecret}`."""
    auth_scheme: Annotated[Literal["SECRETS"] | None, Computed("AWS knows no other")] = None
    """How the proxy authenticates to the database: always `SECRETS`."""
    iam_auth: Annotated[Literal["DISABLED", "ENABLED", "REQUIRED"] | None, Default("DISABLED"), Aws("IAMAuth")] = None
    """Whether clients authenticate to the proxy with IAM. AWS's default: `DISABLED`."""
    client_password_auth_type: Annotated[
        Literal[
            "MYSQL_NATIVE_PASSWORD",
            "MYSQL_CACHING_SHA2_PASSWORD",
            "POSTGRES_SCRAM_SHA_256",
            "POSTGRES_MD5",
            "SQL_SERVER_AUTHENTICATION",
        ]
        | None,
        Computed("AWS takes the default of the engine family"),
    ] = None
    """How clients authenticate to the proxy with a password. AWS's default depends on the engine family."""
    user_name: Annotated[str | None, Blank()] = None
    """The database user, if the secret does not name it."""
    description: Annotated[str | None, Blank()] = None
    """What it is for."""


class ConnectionPool(Spec):
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ConnectionPoolConfiguration.html"""

    constraints = (
        Ordered("maxIdleConnectionsPercent", "maxConnectionsPercent"),
        Needs("maxConnectionsPercent", when=Has("maxIdleConnectionsPercent")),
    )

    max_connections_percent: Annotated[int | None, Bounds(1, 100)] = None
    """The maximum size of the pool, in percent of the database's `max_connections`. AWS's default: 100."""
    max_idle_connections_percent: Annotated[int | None, Bounds(0, 100)] = None
    """The maximum of idle connections, in the same percent. AWS's default: half of `maxConnectionsPercent`."""
    connection_borrow_timeout: Annotated[int | None, Bounds(0, 300)] = None
    """Seconds that a client waits for a connection from the pool. AWS's default: 120."""
    session_pinning_filters: Annotated[list[str] | None, Unordered()] = None
    """SQL operations that do not pin a session; AWS knows `EXCLUDE_VARIABLE_SETS`."""
    init_query: str | None = None
    """SQL that runs on every new connection, such as `SET time_zone='+00:00'`."""


_ENGINES = {
    "MYSQL": ("mysql", "mariadb"),
    "POSTGRESQL": ("postgres",),
    "SQLSERVER": ("sqlserver-ee", "sqlserver-se", "sqlserver-ex", "sqlserver-web"),
}
_KNOWN = {engine for engines in _ENGINES.values() for engine in engines}


class DbProxySpec(Tagged):
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBProxy.html"""

    constraints = (
        in_two_zones("subnets"),
        Same("subnets[].vpc"),
        Check(
            "targets has a database with an engine of engineFamily",
            lambda family, engines: all(engine in _ENGINES[family] for engine in engines if engine in _KNOWN),
            "engineFamily",
            "targets[].engine",
            partly=True,
        ),
    )

    db_proxy_name: Annotated[
        str | None, Named(limit=63, legal=LETTER_FIRST), LowerName(), Immutable(), Aws("DBProxyName")
    ] = None
    """Its name. Unset: `<stack>-<name>`."""
    engine_family: Annotated[Literal["MYSQL", "POSTGRESQL", "SQLSERVER"], Immutable()]
    """The database protocol of its clients."""
    auth: Annotated[list[ProxyAuth], Keyed("secret")]
    """The credentials of its database users."""
    role: Annotated[str, To("Role", attribute="arn")]
    """The role with which it reads the secrets."""
    subnets: Annotated[list[Annotated[str, To("Subnet")]], Unordered(), Immutable(), Aws("VpcSubnetIds")]
    """Its subnets, in at least two zones."""
    security_groups: Annotated[
        list[Annotated[str, To("SecurityGroup")]] | None, Unordered(), Aws("VpcSecurityGroupIds")
    ] = None
    """Its VPC security groups. AWS's default: the VPC's default security group."""
    require_tls: Annotated[bool | None, Aws("RequireTLS")] = None
    """Whether clients must use TLS. AWS's default: false."""
    idle_client_timeout: Annotated[int | None, Bounds(1, 28_800)] = None
    """Seconds after which an idle client connection is closed. AWS's default: 1800."""
    debug_logging: bool | None = None
    """Whether SQL statements are logged; AWS turns that off after 24 hours. AWS's default: false."""
    connection_pool_config: ConnectionPool | None = None
    """The connection pool settings."""
    targets: Annotated[list[Annotated[str, To("DbInstance")]] | None, Unordered(), Count(1, 1)] = None
    """The DB instance it is the proxy of; AWS takes one."""
