"""Where a distribution gets from what it serves."""

from typing import Annotated, Literal

from controller.aws.cloudfront.hosts import HostName
from controller.core.model.conditions import Is
from controller.core.model.equality import Blank, Default
from controller.core.model.limits import Bounds, Legal
from controller.core.model.rules import AtMostOne, Needs
from controller.core.model.spec import Aws, Keyed, Spec, To, Unordered

_PORT = Bounds(1024, 65_535, also=(80, 443))
_PATH = Legal(r"(/.*[^/])?", "it must begin with a slash and not end with one")


class CustomHeader(Spec):
    """A custom header added to every request to the origin."""

    header_name: str
    """Its name."""
    header_value: str
    """Its value. It is visible in the document and in AWS's responses: do not put a secret here."""


class S3OriginConfig(Spec):
    """An S3 bucket, not used as a website endpoint."""

    origin_access_identity: Annotated[str | None, Blank()] = None
    """The legacy origin access identity, as `origin-access-identity/cloudfront/…`. Default: none."""


class CustomOriginConfig(Spec):
    """https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CustomOriginConfig.html"""

    http_port: Annotated[int | None, _PORT, Default(80), Aws("HTTPPort")] = None
    """The HTTP port. Default: 80."""
    https_port: Annotated[int | None, _PORT, Default(443), Aws("HTTPSPort")] = None
    """The HTTPS port. Default: 443."""
    origin_protocol_policy: Literal["http-only", "match-viewer", "https-only"]
    """The protocol used to connect to the origin."""
    origin_ssl_protocols: Annotated[
        list[Literal["SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2"]] | None, Unordered(), Default(("TLSv1.2",))
    ] = None
    """The TLS versions allowed. Default: `TLSv1.2`."""
    origin_read_timeout: Annotated[int | None, Bounds(1, 180), Default(30)] = None
    """The response timeout in seconds. Default: 30."""
    origin_keepalive_timeout: Annotated[int | None, Bounds(1, 180), Default(5)] = None
    """The keep-alive timeout in seconds. Default: 5."""


class OriginShield(Spec):
    """Origin Shield, an additional caching layer in front of the origin."""

    constraints = (
        Needs(
            "originShieldRegion",
            when=Is("enabled", True),
            page="https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_OriginShield.html",
        ),
    )

    enabled: Annotated[bool, Blank()]
    """Whether it is enabled."""
    origin_shield_region: str | None = None
    """Its region, close to the origin."""


class Origin(Spec):
    """https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_Origin.html"""

    constraints = (
        AtMostOne("s3OriginConfig", "customOriginConfig"),
        AtMostOne("originAccessControl", "s3OriginConfig.originAccessIdentity"),
    )

    id: str
    """Its id, which cache behaviors refer to."""
    domain_name: Annotated[str, Legal(r"[^/:]+", "it must be a domain name, without a scheme and a path"), HostName()]
    """Its domain name: `{from: Bucket/…, attribute: regionalDomainName}` or
    `{from: LoadBalancer/…, attribute: dnsName}`."""
    origin_path: Annotated[str | None, _PATH, Blank()] = None
    """The path prepended to every request path, such as `/production`. Default: none."""
    origin_access_control: Annotated[str | None, To("OriginAccessControl"), Blank()] = None
    """The origin access control that signs requests, so that the bucket need not be public."""
    s3_origin_config: S3OriginConfig | None = None
    """The S3 settings; an origin without `customOriginConfig` is an S3 bucket."""
    custom_origin_config: CustomOriginConfig | None = None
    """The settings of a custom origin."""
    custom_headers: Annotated[list[CustomHeader] | None, Keyed("headerName")] = None
    """Custom headers added to every request. Default: none."""
    connection_attempts: Annotated[int | None, Bounds(1, 3), Default(3)] = None
    """The number of connection attempts. Default: 3."""
    connection_timeout: Annotated[int | None, Bounds(1, 10), Default(10)] = None
    """The connection timeout in seconds. Default: 10."""
    origin_shield: OriginShield | None = None
    """Origin Shield. Default: disabled."""


class Member(Spec):
    """An origin in an origin group."""

    origin_id: str
    """Its id."""


class OriginGroup(Spec):
    """A primary origin and a secondary one for failover."""

    id: str
    """Its id; a cache behavior may refer to it instead of an origin."""
    status_codes: Annotated[list[int], Unordered(), Aws("FailoverCriteria.StatusCodes")]
    """The status codes of the primary origin that trigger failover."""
    members: list[Member]
    """The primary and the secondary origin."""
