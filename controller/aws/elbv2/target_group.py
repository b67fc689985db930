"""What a load balancer sends requests to, and how it tells whether that is well."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.wire import Item
from controller.aws.declaration.words import Attribute, Collection, Create, Detail, HealthSource, Listing, Op, Setter
from controller.aws.elbv2.attributes import attributes_of
from controller.aws.elbv2.tags import elbv2_tags
from controller.aws.elbv2.target_group_spec import TargetGroupSpec
from controller.core.model.cloud import Cloud
from controller.core.model.live import Live
from controller.core.model.reference import Address
from controller.core.model.shape import Tree

_READ, _SET = attributes_of("TargetGroup")
_DESCRIPTIONS, _REGISTER = "TargetHealthDescriptions", Op("RegisterTargets", batch="Targets")


class TargetGroup(AwsKind):
    """A target group; its id is its ARN. Its health is that of its targets."""

    spec, service, id_field = TargetGroupSpec, "elbv2", "TargetGroupArn"
    tagging = elbv2_tags("elasticloadbalancing:targetgroup")
    natural_key = ("name",)
    listing = Listing("DescribeTargetGroups", "TargetGroups", page=400)
    creation, deletion = Create("CreateTargetGroup", "TargetGroups[0]"), "DeleteTargetGroup"
    gives_initially = {"targets": []}
    reads = (_READ, Detail("targets", "DescribeTargetHealth", f"{_DESCRIPTIONS}[].Target"))
    health_source = HealthSource(
        f"{_DESCRIPTIONS}[].TargetHealth.State",
        frozenset({"healthy"}),
        why=f"{_DESCRIPTIONS}[].TargetHealth.Description",
        operation="DescribeTargetHealth",
    )
    setters = (Setter("ModifyTargetGroup"), _SET)
    members = (
        Collection("targets", add=_REGISTER, change=_REGISTER, remove=Op("DeregisterTargets", batch="Targets")),
    )
    attributes = {
        "arn": Attribute("Its ARN.", "TargetGroupArn"),
        "loadBalancers": Attribute("The ARNs of the load balancers that send requests to it.", "LoadBalancerArns"),
    }

    def desired(self, stack: str, address: Address, fields: Tree) -> Tree:
        """Targets with the port of the group, where they have none of their own."""
        fields = super().desired(stack, address, fields)
        if "targets" not in fields or "port" not in fields:
            return fields
        return {**fields, "targets": [{"port": fields["port"], **target} for target in fields["targets"]]}

    def answer(
        self, cloud: Cloud, operation: str, live: Live, parameters: Mapping[str, Any] = MappingProxyType({})
    ) -> Item:
        """Without the targets that are on their way out, which AWS lists until their last request is answered."""
        body = super().answer(cloud, operation, live, parameters)
        if _DESCRIPTIONS not in body:
            return body
        staying = [target for target in body[_DESCRIPTIONS] if target["TargetHealth"]["State"] != "draining"]
        return {**body, _DESCRIPTIONS: staying}
