"""Classic load balancers as AWS has them, see
https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from moto.ec2.models import ec2_backends
from moto.elb.models import ELBBackend, LoadBalancer
from moto.elb.responses import ELBResponse

from emulators.patched_moto.patching import Method, Patches

PATCHES = Patches("elb")


@PATCHES.around(ELBBackend, "iter_tagged_resources")
def _tagged(iterate: Method, backend: Any) -> Iterator[Any]:
    """AWS's tagging API knows them by the type that other load balancers have. moto has a type of its own."""
    for resource in iterate(backend):
        yield replace(resource, resource_type="elasticloadbalancing:loadbalancer")


@PATCHES.around(ELBResponse, "create_load_balancer")
def _create(create: Method, response: Any) -> Any:
    """Balancers without a group share the one that AWS makes for them in a VPC. moto makes another for each."""
    backend, name = response.elb_backend, response._get_param("LoadBalancerName")
    answer = create(response)
    balancer = backend.load_balancers[name]
    if not response._get_param("SecurityGroups"):
        _share_group(backend, balancer)
    return answer


def _share_group(backend: Any, balancer: Any) -> None:
    groups = ec2_backends[backend.account_id][backend.region_name]
    [made] = balancer.security_groups
    alike = groups.describe_security_groups(filters={"vpc-id": [balancer.vpc_id]})
    before = [group for group in alike if group.name.startswith("default_elb_") and group.id != made]
    if before:
        groups.delete_security_group(group_id=made)
        balancer.security_groups = [before[0].id]


@PATCHES.added(LoadBalancer)
def add_tag(balancer: Any, key: str, value: str) -> None:
    """A resource has up to 50 tags. moto allows 10."""
    balancer.tags[key] = value


@PATCHES.added(ELBBackend)
def delete_load_balancer_listeners(backend: Any, name: str, ports: list[str]) -> Any:
    """Several go in one call. Of two, moto lets both stay."""
    balancer, gone = backend.get_load_balancer(name), {int(port) for port in ports}
    if balancer:
        balancer.listeners = [
            listener for listener in balancer.listeners if int(listener.load_balancer_port) not in gone
        ]
    return balancer
