"""What a document says of a distribution; origins and behaviors stand in modules of their own."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.aws.cloudfront.behaviors import CacheBehavior, DefaultCacheBehavior
from controller.aws.cloudfront.hosts import HostName
from controller.aws.cloudfront.origins import Origin, OriginGroup
from controller.aws.structures.rules import ABSOLUTE
from controller.core.model.conditions import Has, Is, Lacks
from controller.core.model.equality import Blank, Default
from controller.core.model.limits import Among, Legal, Length
from controller.core.model.rules import Check, ExactlyOne, Needs, Only
from controller.core.model.spec import Aws, Form, Keyed, Spec, Tagged, To, Unordered


def _counted(written: Mapping[str, Any]) -> dict[str, Any]:
    return {**written, "Quantity": len(written.get("Items", ()))}


COUNTED = Form(read=lambda shown: shown, write=_counted)
"""A list that AWS wants counted beside its other members."""


class GeoRestriction(Spec):
    """The countries whose viewers are served."""

    restriction_type: Literal["whitelist", "blacklist", "none"]
    """`whitelist`: only these. `blacklist`: all but these. `none`: all."""
    locations: Annotated[list[str] | None, Unordered(), Legal(r"[A-Z]{2}", "it must be like US"), Aws("Items")] = None
    """The two-letter country codes."""

    @model_validator(mode="after")
    def _countries(self) -> "GeoRestriction":
        if (self.restriction_type == "none") is bool(self.locations):
            message = "locations lists the countries of a whitelist or blacklist; omit it with `none`"
            raise PydanticCustomError("geo_restriction", message)
        return self


_IN_VIRGINIA = Legal(r"(?!arn:aws:acm:(?!us-east-1:)).*", "CloudFront only takes a certificate in us-east-1")
"""https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ViewerCertificate.html"""


class ViewerCertificate(Spec):
    """https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ViewerCertificate.html"""

    constraints = (ExactlyOne("certificate", "iamCertificateId", "cloudFrontDefaultCertificate"),)

    certificate: Annotated[
        str | None, _IN_VIRGINIA, To("Certificate", region="us-east-1"), Aws("ACMCertificateArn")
    ] = None
    """An ACM certificate in us-east-1 that covers all `aliases`. In a stack of another region, the Certificate says
    `region: us-east-1`."""
    cloud_front_default_certificate: bool | None = None
    """True for the default certificate, `*.cloudfront.net`, which covers no alias."""
    iam_certificate_id: Annotated[str | None, Aws("IAMCertificateId")] = None
    """The id of a certificate uploaded to IAM."""
    ssl_support_method: Annotated[Literal["sni-only", "vip", "static-ip"] | None, Aws("SSLSupportMethod")] = None
    """Which viewers get HTTPS: those that support SNI, or all, which costs extra. Unset: `sni-only`."""
    minimum_protocol_version: str | None = None
    """The security policy, such as `TLSv1.2_2021`. Unset: that one. With the default certificate it is `TLSv1`."""


class CustomErrorResponse(Spec):
    """https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CustomErrorResponse.html"""

    constraints = (
        Needs("responseCode", when=Has("responsePagePath")),
        Needs("responsePagePath", when=Has("responseCode")),
    )

    error_code: Annotated[int, Among(400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504)]
    """The HTTP status code from the origin."""
    response_page_path: Annotated[str | None, ABSOLUTE, Blank()] = None
    """The path of the error page, such as `/404.html`."""
    response_code: Annotated[str | None, Blank()] = None
    """The HTTP status code returned with the error page, such as `"200"`."""
    error_caching_min_ttl: Annotated[int | None, Default(10), Aws("ErrorCachingMinTTL")] = None
    """The minimum TTL of the error in seconds. AWS's default: 10."""


class Logging(Spec):
    """Where access logs are delivered."""

    constraints = (Needs("bucket", when=Is("enabled", True)),)

    bucket: str | None = None
    """The domain name of a bucket with ACLs enabled, such as `logs.s3.amazonaws.com`."""
    prefix: str | None = None
    """The key prefix of the log files. Unset: none."""
    include_cookies: bool | None = None
    """Whether cookies are logged. Unset: false."""
    enabled: bool | None = None
    """Whether logging is enabled. Unset: true."""


class DistributionSpec(Tagged):
    """https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html"""

    constraints = (
        Only("aliases", when=Lacks("viewerCertificate.cloudFrontDefaultCertificate")),
        Check(
            "each pathPattern is in one of cacheBehaviors",
            lambda patterns: len({*patterns}) == len(patterns),
            "cacheBehaviors[].pathPattern",
            partly=True,
        ),
        Check(
            "the originId of members is one of origins",
            lambda origins, groups: all({*members} <= {*origins} for members in groups),
            "origins[].id",
            "originGroups[].members[].originId",
        ),
    )

    enabled: bool | None = None
    """Whether it serves requests. Unset: a new one does."""
    comment: Annotated[str | None, Length(0, 128)] = None
    """What it is for."""
    aliases: Annotated[list[Annotated[str, HostName()]] | None, Unordered()] = None
    """The alternate domain names (CNAMEs), each covered by `viewerCertificate`."""
    default_root_object: str | None = None
    """The object returned for `/`, such as `index.html`."""
    origins: Annotated[list[Origin], Keyed("id")]
    """The origins."""
    origin_groups: Annotated[list[OriginGroup] | None, Keyed("id")] = None
    """The origin groups: a primary origin and a secondary one for failover."""
    default_cache_behavior: DefaultCacheBehavior
    """The cache behavior for requests that match no other."""
    cache_behaviors: list[CacheBehavior] | None = None
    """The cache behaviors by path pattern; the first match applies."""
    custom_error_responses: Annotated[list[CustomErrorResponse] | None, Keyed("errorCode")] = None
    """The responses to viewers for errors of the origin."""
    viewer_certificate: ViewerCertificate | None = None
    """The certificate for HTTPS with viewers. AWS's default: that of `*.cloudfront.net`."""
    geo_restriction: Annotated[GeoRestriction | None, COUNTED, Aws("Restrictions.GeoRestriction")] = None
    """The countries whose viewers are served. AWS's default: all."""
    price_class: Literal["PriceClass_100", "PriceClass_200", "PriceClass_All"] | None = None
    """Which edge locations serve it. AWS's default: `PriceClass_All`."""
    http_version: Literal["http1.1", "http2", "http3", "http2and3"] | None = None
    """The highest HTTP version it supports. AWS's default: `http2`."""
    is_ipv6_enabled: Annotated[bool | None, Aws("IsIPV6Enabled")] = None
    """Whether IPv6 is enabled. AWS's default: false."""
    web_acl_id: Annotated[str | None, Aws("WebACLId")] = None
    """The ARN of its AWS WAF web ACL, in us-east-1. `""`: none."""
    logging: Logging | None = None
    """Where access logs are delivered. `{}`: nowhere."""

    @model_validator(mode="after")
    def _origins_exist(self) -> "DistributionSpec":
        known = {origin.id for origin in (*self.origins, *(self.origin_groups or ()))}
        for behavior in (self.default_cache_behavior, *(self.cache_behaviors or ())):
            if isinstance(behavior.target_origin, str) and behavior.target_origin not in known:
                message = "there is no origin {id}; the origins are {known}"
                facts = {"id": behavior.target_origin, "known": ", ".join(sorted(map(str, known))) or "none"}
                raise PydanticCustomError("origin", message, facts)
        return self
