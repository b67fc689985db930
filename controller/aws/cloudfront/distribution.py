"""A CDN: what stands in front of a bucket or a load balancer, all over the world."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.aws.cloudfront.behaviors import CacheBehavior, DefaultCacheBehavior
from controller.aws.cloudfront.completing import completed
from controller.aws.cloudfront.origins import Origin, OriginGroup
from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import ServiceTags
from controller.aws.declaration.wire import Item, overlay, value_at
from controller.aws.declaration.words import (
    Attribute,
    Create,
    HealthSource,
    Listing,
    ReadModifyWrite,
    Setter,
    Single,
    States,
)
from controller.core.model.kind import Call, Live, Node, Phase, WriteContext
from controller.core.model.reference import Address, Placeholder
from controller.core.model.shape import Tree, shape_of
from controller.core.model.spec import Aws, Form, Keyed, Spec, Tagged, To, Unordered


def _counted(written: Mapping[str, Any]) -> dict[str, Any]:
    return {**written, "Quantity": len(written.get("Items", ()))}


COUNTED = Form(read=lambda shown: shown, write=_counted)
"""A list that AWS wants counted beside its other members."""


class GeoRestriction(Spec):
    """From which countries requests are answered."""

    restriction_type: Literal["whitelist", "blacklist", "none"]
    """`whitelist`: from these only. `blacklist`: from all but these. `none`: from all."""
    locations: Annotated[list[str] | None, Unordered(), Aws("Items")] = None
    """The countries, by their two letters."""

    @model_validator(mode="after")
    def _countries(self) -> "GeoRestriction":
        if (self.restriction_type == "none") is bool(self.locations):
            message = "locations are the countries of a whitelist or a blacklist, and there are none with `none`"
            raise PydanticCustomError("geo_restriction", message)
        return self


class ViewerCertificate(Spec):
    """By which certificate viewers know it."""

    certificate: Annotated[str | None, To("Certificate"), Aws("ACMCertificateArn")] = None
    """A certificate of ACM in us-east-1 for all `aliases`."""
    cloud_front_default_certificate: bool | None = None
    """True for the certificate of `*.cloudfront.net`, which is for no alias."""
    iam_certificate_id: Annotated[str | None, Aws("IAMCertificateId")] = None
    """The id of a certificate that was uploaded to IAM."""
    ssl_support_method: Annotated[Literal["sni-only", "vip", "static-ip"] | None, Aws("SSLSupportMethod")] = None
    """Which viewers are answered: those that say the name they want, or all, which is dear. Unset: `sni-only`."""
    minimum_protocol_version: str | None = None
    """The oldest version of TLS, such as `TLSv1.2_2021`. Unset: that. With the default certificate it is `TLSv1`."""

    @model_validator(mode="after")
    def _one(self) -> "ViewerCertificate":
        said = [self.certificate, self.iam_certificate_id, self.cloud_front_default_certificate]
        if sum(each is not None for each in said) != 1:
            message = "a viewer certificate is one of certificate, iamCertificateId and cloudFrontDefaultCertificate"
            raise PydanticCustomError("certificate", message)
        return self


class CustomErrorResponse(Spec):
    """What viewers get for an error of the origin."""

    error_code: int
    """The status that the origin answers with."""
    response_page_path: str | None = None
    """The page that is shown, such as `/404.html`."""
    response_code: str | None = None
    """The status that goes with the page, such as `"200"`."""
    error_caching_min_ttl: Annotated[int | None, Aws("ErrorCachingMinTTL")] = None
    """For how many seconds the error is cached. AWS's default: 10."""


class Logging(Spec):
    """Where the log of requests goes."""

    bucket: str | None = None
    """The host of a bucket with ACLs, such as `logs.s3.amazonaws.com`."""
    prefix: str | None = None
    """What the keys of the log files begin with. Unset: nothing."""
    include_cookies: bool | None = None
    """Whether cookies are logged. Unset: false."""
    enabled: bool | None = None
    """Whether it is kept. Unset: true."""


class DistributionSpec(Tagged):
    """https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html"""

    enabled: bool | None = None
    """Whether it answers requests. A new one does where this is unset."""
    comment: str | None = None
    """What it is for."""
    aliases: Annotated[list[str] | None, Unordered()] = None
    """The other names under which it is asked, each in `viewerCertificate`."""
    default_root_object: str | None = None
    """What is served for `/`, such as `index.html`."""
    origins: Annotated[list[Origin], Keyed("id")]
    """Where content comes from."""
    origin_groups: Annotated[list[OriginGroup] | None, Keyed("id")] = None
    """Pairs of origins, the second of which answers where the first fails."""
    default_cache_behavior: DefaultCacheBehavior
    """What is done with a request that no other behavior is for."""
    cache_behaviors: list[CacheBehavior] | None = None
    """What is done with requests for some paths; the first whose path fits decides."""
    custom_error_responses: Annotated[list[CustomErrorResponse] | None, Keyed("errorCode")] = None
    """What viewers get for errors of the origin."""
    viewer_certificate: ViewerCertificate | None = None
    """By which certificate viewers know it. AWS's default: that of `*.cloudfront.net`."""
    geo_restriction: Annotated[GeoRestriction | None, COUNTED, Aws("Restrictions.GeoRestriction")] = None
    """From which countries requests are answered. AWS's default: from all."""
    price_class: Literal["PriceClass_100", "PriceClass_200", "PriceClass_All"] | None = None
    """In how much of the world it is near. AWS's default: `PriceClass_All`."""
    http_version: Literal["http1.1", "http2", "http3", "http2and3"] | None = None
    """The newest version of HTTP that it speaks. AWS's default: `http2`."""
    is_ipv6_enabled: Annotated[bool | None, Aws("IsIPV6Enabled")] = None
    """Whether it answers by IPv6 too. AWS's default: false."""
    web_acl_id: Annotated[str | None, Aws("WebACLId")] = None
    """The ARN of the web ACL that guards it, of WAF in us-east-1. `""`: none."""
    logging: Logging | None = None
    """Where the log of requests goes. `{}`: nowhere."""

    @model_validator(mode="after")
    def _origins_exist(self) -> "DistributionSpec":
        known = {each.id for each in (*self.origins, *(self.origin_groups or ()))}
        for behavior in (self.default_cache_behavior, *(self.cache_behaviors or ())):
            if isinstance(behavior.target_origin, str) and behavior.target_origin not in known:
                message = "there is no origin {id}; there are {known}"
                facts = {"id": behavior.target_origin, "known": ", ".join(sorted(map(str, known))) or "none"}
                raise PydanticCustomError("origin", message, facts)
        return self


_SILENT = {"enabled": False, "bucket": "", "prefix": "", "includeCookies": False}
"""No log, as AWS has it said."""
_FIELDS = tuple(name for name in shape_of(DistributionSpec).fields if name != "tags")


class Distribution(AwsKind):
    """A distribution. It can be referred to at once, and takes minutes until it is the same everywhere.

    AWS takes a change of it only whole, over what was read. It deletes none that is enabled, or not yet disabled
    everywhere: its deletion disables it first, and the next passes go on.
    """

    spec, service, id_field = DistributionSpec, "cloudfront", "Id"
    tagging = ServiceTags(
        "TagResource",
        "UntagResource",
        "Resource",
        parameter="DistributionConfigWithTags.Tags",
        read_with="ListTagsForResource",
        search="cloudfront:distribution",
    )
    listing = Listing("ListDistributions", "DistributionList.Items", stamp="LastModifiedTime")
    single = Single("GetDistribution", "Distribution")
    creation = Create(
        "CreateDistributionWithTags", "Distribution", within="DistributionConfigWithTags.DistributionConfig"
    )
    deletion = "DeleteDistribution"
    lingers = True
    read_modify_write = ReadModifyWrite(
        "GetDistributionConfig", "DistributionConfig", "DistributionConfig", guards=True
    )
    states = States("Status", usable=frozenset({"inprogress"}))
    health_source = HealthSource("Status", good=frozenset({"deployed"}))
    setters = (Setter("UpdateDistribution", _FIELDS),)
    attributes = {
        "arn": Attribute("Its ARN, by which the policy of a bucket lets it in.", "ARN"),
        "domainName": Attribute(
            "The host under which it is asked, such as `d111111abcdef8.cloudfront.net`.", "DomainName"
        ),
        "hostedZoneId": Attribute(
            "The hosted zone that an alias record to it names, the same for all.", "DomainName"
        ),
    }

    def desired(self, stack: str, address: Address, fields: Tree) -> Tree:
        """What AWS has no default for beside what the document says."""
        fields = super().desired(stack, address, fields)
        if fields.get("logging") is not None:
            kept = {"enabled": bool(fields["logging"])}
            fields = {**fields, "logging": {**_SILENT, **kept, **fields["logging"]}}
        certificate = fields.get("viewerCertificate", {})
        if certificate and "cloudFrontDefaultCertificate" not in certificate:
            said = {"sslSupportMethod": "sni-only", "minimumProtocolVersion": "TLSv1.2_2021"}
            fields = {**fields, "viewerCertificate": {**said, **certificate}}
        return fields

    def create(self, node: Node) -> tuple[Call, ...]:
        """With what AWS wants beside what the document says."""
        (call,) = super().create(node)
        asked = {"DistributionConfig": completed(value_at(call.parameters, self.creation.within), {})}
        return (replace(call, parameters=overlay(call.parameters, {"DistributionConfigWithTags": asked})),)

    def setting(self, setter: Setter, node: Node, group: list[str], live: Live | None, me: Placeholder) -> Call:
        """The elements of lists as they were where the document says nothing of them."""
        call = super().setting(setter, node, group, replace(live, original=None) if live else None, me)
        before = live.original if live and live.original else {}
        whole = completed(call.parameters["DistributionConfig"], before.get("DistributionConfig", {}))
        version = {"IfMatch": before["ETag"]} if before else {}
        return replace(call, parameters={**call.parameters, "DistributionConfig": whole, **version})

    def delete(self, address: Address, live: Live, around: WriteContext) -> tuple[Call, ...]:
        """Disabled first; deleted once it is disabled everywhere. In between there is nothing to do but wait."""
        if live.fields.get("enabled") is False:
            return super().delete(address, live, around) if live.phase is Phase.READY else ()
        if live.original is None:
            return ()
        config = {**live.original["DistributionConfig"], "Enabled": False}
        asked = {"Id": live.id, "DistributionConfig": config, "IfMatch": live.original["ETag"]}
        return (Call(self.service, "UpdateDistribution", asked, ("enabled",)),)

    def shown(self, item: Item) -> dict[str, Any]:
        """With the hosted zone, which is the same for all distributions.

        https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html
        """
        return {**super().shown(item), "hostedZoneId": "Z2FDTNDATAQYW2"}
