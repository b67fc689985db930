"""Where a distribution gets from what it serves."""

from typing import Annotated, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.aws.cloudfront.hosts import HostName
from controller.core.model.spec import Aws, Keyed, Spec, To, Unordered


class CustomHeader(Spec):
    """A header that every request to the origin has."""

    header_name: str
    """Its name."""
    header_value: str
    """Its value. It stands in the document and in AWS's answers: no place for a secret."""


class S3OriginConfig(Spec):
    """A bucket, reached as a bucket and not as a website."""

    origin_access_identity: str | None = None
    """The older form of access control, as `origin-access-identity/cloudfront/…`. Default: none."""


class CustomOriginConfig(Spec):
    """Any other host: a load balancer, a server, the website of a bucket."""

    http_port: Annotated[int | None, Aws("HTTPPort")] = None
    """Its port for HTTP. Default: 80."""
    https_port: Annotated[int | None, Aws("HTTPSPort")] = None
    """Its port for HTTPS. Default: 443."""
    origin_protocol_policy: Literal["http-only", "match-viewer", "https-only"]
    """How it is asked."""
    origin_ssl_protocols: Annotated[list[Literal["SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2"]] | None, Unordered()] = None
    """The versions of TLS that may be used. Default: `TLSv1.2`."""
    origin_read_timeout: int | None = None
    """How many seconds it may take for an answer. Default: 30."""
    origin_keepalive_timeout: int | None = None
    """For how many seconds a connection is kept. Default: 5."""


class OriginShield(Spec):
    """One more cache in front of the origin."""

    enabled: bool
    """Whether there is one."""
    origin_shield_region: str | None = None
    """The region it is in, near the origin."""


class Origin(Spec):
    """One place where content comes from."""

    id: str
    """A name for it, by which cache behaviors refer to it."""
    domain_name: Annotated[str, HostName()]
    """Its host: `{from: Bucket/…, attribute: regionalDomainName}` or `{from: LoadBalancer/…, attribute: dnsName}`."""
    origin_path: str | None = None
    """What is put before every path, such as `/production`. Default: nothing."""
    origin_access_control: Annotated[str | None, To("OriginAccessControl")] = None
    """What signs the requests, so that the bucket need not be public."""
    s3_origin_config: S3OriginConfig | None = None
    """That it is a bucket, which it is where `customOriginConfig` is unset."""
    custom_origin_config: CustomOriginConfig | None = None
    """That it is another host, and how it is asked."""
    custom_headers: Annotated[list[CustomHeader] | None, Keyed("headerName")] = None
    """Headers that every request to it has. Default: none."""
    connection_attempts: int | None = None
    """How often CloudFront tries to connect. Default: 3."""
    connection_timeout: int | None = None
    """For how many seconds it tries. Default: 10."""
    origin_shield: OriginShield | None = None
    """One more cache in front of it. Default: none."""

    @model_validator(mode="after")
    def _one_form(self) -> "Origin":
        if self.s3_origin_config is not None and self.custom_origin_config is not None:
            raise PydanticCustomError("origin", "an origin has s3OriginConfig or customOriginConfig, not both")
        return self


class Member(Spec):
    """An origin in a group."""

    origin_id: str
    """Its id."""


class OriginGroup(Spec):
    """Two origins, the second of which answers where the first fails."""

    id: str
    """A name for it; a cache behavior may refer to it in the place of an origin."""
    status_codes: Annotated[list[int], Unordered(), Aws("FailoverCriteria.StatusCodes")]
    """The answers of the first with which the second is asked."""
    members: list[Member]
    """The first and the second."""
