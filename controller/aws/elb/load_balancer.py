"""The load balancer that was there before the others; AWS calls it the classic one."""

from typing import Any

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import ServiceTags
from controller.aws.declaration.wire import Item
from controller.aws.declaration.words import Attribute, Collection, Create, Detail, HealthSource, Listing, Op, Setter
from controller.aws.elb.load_balancer_spec import ClassicLoadBalancerSpec


def _instances(ids: list[Any]) -> list[Item]:
    return [{"InstanceId": id} for id in ids]


class ClassicLoadBalancer(AwsKind):
    """A Classic Load Balancer; its id is its name. Its health is that of its registered instances."""

    spec, service, id_field = ClassicLoadBalancerSpec, "elb", "LoadBalancerName"
    id_from = "loadBalancerName"
    natural_key = ("loadBalancerName",)
    tagging = ServiceTags(
        add="AddTags",
        remove="RemoveTags",
        target="LoadBalancerNames",
        of="id",
        keys="Tags",
        read_with="DescribeTags",
        batch=20,
        items="TagDescriptions",
        item_target="LoadBalancerName",
        search="elasticloadbalancing:loadbalancer",
    )
    listing = Listing("DescribeLoadBalancers", "LoadBalancerDescriptions", page=400)
    creation, deletion = Create("CreateLoadBalancer", ""), "DeleteLoadBalancer"
    gives_initially = {"instances": []}
    reads = (Detail("attributes", "DescribeLoadBalancerAttributes", "LoadBalancerAttributes", always=True),)
    health_source = HealthSource(
        "InstanceStates[].State", frozenset({"inservice"}), operation="DescribeInstanceHealth"
    )
    setters = (
        Setter("ApplySecurityGroupsToLoadBalancer", ("securityGroups",)),
        Setter("ConfigureHealthCheck", ("healthCheck",)),
        Setter("ModifyLoadBalancerAttributes", ("attributes",), merges=True),
    )
    members = (
        Collection(
            "listeners",
            add=Op("CreateLoadBalancerListeners", batch="Listeners"),
            change=Op("SetLoadBalancerListenerSSLCertificate"),
            remove=Op("DeleteLoadBalancerListeners", batch="LoadBalancerPorts"),
        ),
        Collection(
            "subnets",
            add=Op("AttachLoadBalancerToSubnets", batch="Subnets"),
            remove=Op("DetachLoadBalancerFromSubnets", batch="Subnets"),
            first_out=True,  # one a zone
            keeps_one=True,
        ),
        Collection(
            "availabilityZones",
            add=Op("EnableAvailabilityZonesForLoadBalancer", batch="AvailabilityZones"),
            remove=Op("DisableAvailabilityZonesForLoadBalancer", batch="AvailabilityZones"),
        ),
        Collection(
            "instances",
            add=Op("RegisterInstancesWithLoadBalancer", batch="Instances"),
            remove=Op("DeregisterInstancesFromLoadBalancer", batch="Instances"),
            encode=_instances,
        ),
    )
    attributes = {
        "dnsName": Attribute("Its DNS name.", "DNSName"),
        "canonicalHostedZoneId": Attribute(
            "The id of the hosted zone of its DNS name, for alias records.", "CanonicalHostedZoneNameID"
        ),
    }
