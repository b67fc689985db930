"""A CDN: what stands in front of a bucket or a load balancer, all over the world."""

from dataclasses import replace
from typing import Any

from controller.aws.cloudfront.completing import completed
from controller.aws.cloudfront.distribution_spec import DistributionSpec
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
from controller.core.model.call import Call
from controller.core.model.live import Live, Phase
from controller.core.model.node import Node
from controller.core.model.reference import Address, Placeholder
from controller.core.model.shape import Tree
from controller.core.model.writer import WriteContext

_SILENT = {"enabled": False, "bucket": "", "prefix": "", "includeCookies": False}
"""No log, as AWS has it said."""


class Distribution(AwsKind):
    """A distribution. It can be referenced at once, and takes minutes to deploy to all edge locations.

    AWS takes an update only as a whole, so changes are laid over the configuration just read. It does not delete a
    distribution that is enabled or still being disabled: deletion disables it first, and later passes delete it.
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
    setters = (Setter("UpdateDistribution"),)
    attributes = {
        "arn": Attribute("Its ARN, with which a bucket policy grants it access.", "ARN"),
        "domainName": Attribute("Its domain name, such as `d111111abcdef8.cloudfront.net`.", "DomainName"),
        "hostedZoneId": Attribute(
            "The id of the hosted zone for alias records to it, the same for all distributions.", "DomainName"
        ),
    }

    def desired(self, stack: str, address: Address, fields: Tree) -> Tree:
        """What AWS has no default for beside what the document says; of its own certificate it takes nothing else.

        https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ViewerCertificate.html
        """
        fields = super().desired(stack, address, fields)
        if fields.get("logging") is not None:
            kept = {"enabled": bool(fields["logging"])}
            fields = {**fields, "logging": {**_SILENT, **kept, **fields["logging"]}}
        certificate = fields.get("viewerCertificate", {})
        if certificate.get("cloudFrontDefaultCertificate") is True:
            fields = {**fields, "viewerCertificate": {"cloudFrontDefaultCertificate": True}}
        if certificate and "cloudFrontDefaultCertificate" not in certificate:
            said = {"sslSupportMethod": "sni-only", "minimumProtocolVersion": "TLSv1.2_2021"}
            fields = {**fields, "viewerCertificate": {**said, **certificate}}
        return fields

    def create(self, node: Node) -> tuple[Call, ...]:
        """With what AWS wants beside what the document says."""
        (call,) = super().create(node)
        config = {"DistributionConfig": completed(value_at(call.parameters, self.creation.within), {})}
        return (replace(call, parameters=overlay(call.parameters, {"DistributionConfigWithTags": config})),)

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
        parameters = {"Id": live.id, "DistributionConfig": config, "IfMatch": live.original["ETag"]}
        return (Call(self.service, "UpdateDistribution", parameters, ("enabled",)),)

    def shown(self, item: Item) -> dict[str, Any]:
        """With the hosted zone, which is the same for all distributions of a partition.

        https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html
        """
        china = str(item.get("ARN", "")).startswith("arn:aws-cn:")
        return {**super().shown(item), "hostedZoneId": "Z3RFFRIM2A3IF5" if china else "Z2FDTNDATAQYW2"}
