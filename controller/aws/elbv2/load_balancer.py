"""Where requests arrive, to be spread over targets."""

from controller.aws.declaration.items import still_set
from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.words import Attribute, Create, HealthSource, Listing, Setter, States
from controller.aws.elbv2.attributes import attributes_of
from controller.aws.elbv2.load_balancer_spec import LoadBalancerSpec
from controller.aws.elbv2.tags import elbv2_tags
from controller.core.model.shape import Tree

_PROTECTION = "deletion_protection.enabled"


# Whether requests get through unfiltered while the firewall does not answer is one of them.
_READ, _SET = attributes_of("LoadBalancer", guards=True)


class LoadBalancer(AwsKind):
    """An Application, Network or Gateway Load Balancer; its id is its ARN. It takes minutes to become active."""

    spec, service, id_field = LoadBalancerSpec, "elbv2", "LoadBalancerArn"
    tagging = elbv2_tags("elasticloadbalancing:loadbalancer")
    natural_key = ("name",)
    listing = Listing("DescribeLoadBalancers", "LoadBalancers", page=400)
    creation, deletion = Create("CreateLoadBalancer", "LoadBalancers[0]"), "DeleteLoadBalancer"
    protected_by = "attributes"
    # Listeners and records may refer to it while it comes; what failed to come stays in sight and is of no use.
    states = States(
        "State.Code",
        usable=frozenset({"provisioning"}),
        awaits={"failed": "delete the load balancer, and it is created again; its health names the reason"},
    )
    health_source = HealthSource("State.Code", frozenset({"active"}), why="State.Reason")
    reads = (_READ,)
    setters = (
        Setter("SetIpAddressType", ("ipAddressType",)),
        Setter("SetSubnets", ("subnets",)),
        Setter("SetSubnets", ("subnetMappings",)),
        Setter("SetSecurityGroups", ("securityGroups",)),
        _SET,
    )
    attributes = {
        "arn": Attribute("Its ARN.", "LoadBalancerArn"),
        "dnsName": Attribute("Its DNS name.", "DNSName"),
        "canonicalHostedZoneId": Attribute(
            "The id of the hosted zone of its DNS name, for alias records.", "CanonicalHostedZoneId"
        ),
    }

    def protection(self, fields: Tree) -> str:
        """One of its attributes."""
        protected = (fields.get(self.protected_by) or {}).get(_PROTECTION) == "true"
        return still_set(f"{self.protected_by}[{_PROTECTION}]") if protected else ""
