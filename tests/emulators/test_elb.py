"""Classic load balancers answer as AWS does: see `emulators.patched_moto.patches.elb`."""

from typing import Any

import pytest

from tests.emulators.conftest import Client


@pytest.fixture
def elb(client: Client) -> Any:
    """The client of Elastic Load Balancing, version 1."""
    return client("elb")


def make(elb: Any, name: str, *ports: int, **asked: Any) -> dict[str, Any]:
    """A balancer that listens on these ports, as AWS shows it."""
    listeners = [{"Protocol": "TCP", "LoadBalancerPort": port, "InstancePort": port} for port in ports or (80,)]
    elb.create_load_balancer(LoadBalancerName=name, Listeners=listeners, AvailabilityZones=["us-east-1a"], **asked)
    return shown(elb, name)


def shown(elb: Any, name: str) -> dict[str, Any]:
    """One balancer."""
    [found] = elb.describe_load_balancers(LoadBalancerNames=[name])["LoadBalancerDescriptions"]
    return dict(found)


def test_balancers_without_a_group_share_one(client: Client, elb: Any) -> None:
    """AWS makes it with the first of them in a VPC."""
    assert make(elb, "one")["SecurityGroups"] == make(elb, "two")["SecurityGroups"]
    groups = client("ec2").describe_security_groups()["SecurityGroups"]
    assert 1 == sum(group["GroupName"].startswith("default_elb_") for group in groups)


def test_a_balancer_is_found_by_its_tags(client: Client, elb: Any) -> None:
    """Up to 50 of them, under the type that all load balancers have."""
    make(elb, "one", Tags=[{"Key": f"k{number}", "Value": "v"} for number in range(20)])
    asked = {"TagFilters": [{"Key": "k19"}], "ResourceTypeFilters": ["elasticloadbalancing:loadbalancer"]}
    [found] = client("resourcegroupstaggingapi").get_resources(**asked)["ResourceTagMappingList"]
    assert found["ResourceARN"].endswith(":loadbalancer/one")


def test_several_listeners_go_at_once(elb: Any) -> None:
    """Those that are named, and no other."""
    make(elb, "one", 80, 81, 82)
    elb.delete_load_balancer_listeners(LoadBalancerName="one", LoadBalancerPorts=[80, 82])
    left = shown(elb, "one")["ListenerDescriptions"]
    assert [81] == [each["Listener"]["LoadBalancerPort"] for each in left]
