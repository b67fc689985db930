"""What a load balancer listens for, and what it does with what no rule is for."""

from typing import Any

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.wire import Item
from controller.aws.declaration.words import Collection, Create, Detail, Listing, Op, Setter
from controller.aws.elbv2.actions import in_order
from controller.aws.elbv2.attributes import attributes_of
from controller.aws.elbv2.listener_spec import ListenerSpec
from controller.aws.elbv2.tags import elbv2_tags
from controller.core.model.reference import Address
from controller.core.model.shape import Tree


def _certificates(arns: list[Any]) -> list[Item]:
    return [{"CertificateArn": arn} for arn in arns]


_READ, _SET = attributes_of("Listener")


class Listener(AwsKind):
    """A listener; its id is its ARN. It is listed per load balancer and deleted with it."""

    spec, service, id_field = ListenerSpec, "elbv2", "ListenerArn"
    tagging = elbv2_tags("elasticloadbalancing:listener")
    natural_key = ("loadBalancer", "port")
    parent = "loadBalancer"
    listing = Listing("DescribeListeners", "Listeners", page=400, parent="LoadBalancerArn")
    creation, deletion = Create("CreateListener", "Listeners[0]"), "DeleteListener"
    gives_initially = {"additionalCertificates": []}
    # The listing shows the default certificate alone.
    reads = (
        _READ,
        Detail(
            "additionalCertificates",
            "DescribeListenerCertificates",
            "Certificates[IsDefault=False].CertificateArn",
            {"PageSize": 400},
        ),
    )
    setters = (Setter("ModifyListener"), _SET)
    members = (
        Collection(
            "additionalCertificates",
            add=Op("AddListenerCertificates", batch="Certificates", most=1),
            remove=Op("RemoveListenerCertificates", batch="Certificates", most=1),
            encode=_certificates,
        ),
    )

    def desired(self, stack: str, address: Address, fields: Tree) -> Tree:
        """Actions by their places."""
        return {**fields, "defaultActions": in_order(fields["defaultActions"])}

    def fields(self, item: Item) -> Tree:
        """Actions by their places."""
        fields = super().fields(item)
        return {**fields, "defaultActions": in_order(fields.get("defaultActions", []))}
