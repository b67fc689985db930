"""The load balancer that was there before the others; AWS calls it the classic one."""

from typing import Annotated, Any, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.aws.declaration.forms import TAG_LIST
from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import ServiceTags
from controller.aws.declaration.wire import Item
from controller.aws.declaration.words import Attribute, Collection, Create, Detail, HealthSource, Listing, Op, Setter
from controller.core.model.equality import OneOf
from controller.core.model.spec import Aws, Immutable, Keyed, Named, Spec, Tagged, To, Unordered

_ENCRYPTED = ("HTTPS", "SSL")
_Protocol = Annotated[
    Literal["HTTP", "HTTPS", "TCP", "SSL"],
    OneOf({"http": "HTTP", "https": "HTTPS", "tcp": "TCP", "ssl": "SSL"}),
]


class ClassicListener(Spec):
    """One listener: the port of the load balancer, and the instance port that it forwards to."""

    protocol: _Protocol
    """`HTTP`, `HTTPS`, `TCP` or `SSL`."""
    load_balancer_port: int
    """The port that the load balancer listens on."""
    instance_port: int
    """The port that the instances listen on."""
    instance_protocol: _Protocol | None = None
    """The backend protocol. AWS's default: the same without encryption."""
    certificate: Annotated[str | None, To("Certificate"), Aws("SSLCertificateId")] = None
    """The certificate, for `HTTPS` and `SSL`. Any other change of a listener deletes it and creates it again."""

    @model_validator(mode="after")
    def _certified(self) -> "ClassicListener":
        if self.protocol in _ENCRYPTED and self.certificate is None:
            message = "a listener with protocol {protocol} needs a certificate, such as certificate: main"
            raise PydanticCustomError("classic_listener", message, {"protocol": self.protocol})
        return self


class HealthCheck(Spec):
    """The health check of the instances."""

    target: str
    """The ping target: `HTTP:8080/health`, `HTTPS:443/`, `TCP:8080` or `SSL:443`."""
    interval: int
    """The interval between two health checks in seconds."""
    timeout: int
    """The response timeout in seconds; less than the interval."""
    healthy_threshold: int
    """The consecutive successes that mark an instance healthy."""
    unhealthy_threshold: int
    """The consecutive failures that mark an instance unhealthy."""

    @model_validator(mode="after")
    def _answered_in_time(self) -> "HealthCheck":
        times: dict[str, Any] = {"timeout": self.timeout, "interval": self.interval}
        if all(isinstance(each, int) for each in times.values()) and times["timeout"] >= times["interval"]:
            raise PydanticCustomError("health_check", "timeout {timeout} is not less than interval {interval}", times)
        return self


class CrossZoneLoadBalancing(Spec):
    """Cross-zone load balancing."""

    enabled: bool
    """Whether it is enabled."""


class AccessLog(Spec):
    """Access logs."""

    enabled: bool
    """Whether they are enabled."""
    s3_bucket_name: str | None = None
    """The bucket of the logs."""
    s3_bucket_prefix: str | None = None
    """The key prefix in the bucket."""
    emit_interval: int | None = None
    """The publishing interval, 5 or 60 minutes. AWS's default: 60."""


class ConnectionDraining(Spec):
    """Connection draining."""

    enabled: bool
    """Whether it is enabled."""
    timeout: int | None = None
    """The maximum time to keep connections open, in seconds. AWS's default: 300."""


class ConnectionSettings(Spec):
    """Connection settings."""

    idle_timeout: int
    """The idle timeout in seconds. AWS's default: 60."""


class ClassicAttributes(Spec):
    """The load balancer attributes."""

    cross_zone_load_balancing: CrossZoneLoadBalancing | None = None
    """Cross-zone load balancing."""
    access_log: AccessLog | None = None
    """Access logs."""
    connection_draining: ConnectionDraining | None = None
    """Connection draining."""
    connection_settings: ConnectionSettings | None = None
    """Connection settings."""
    additional_attributes: Annotated[dict[str, str] | None, TAG_LIST] = None
    """Additional attributes by AWS's names: `elb.http.desyncmitigationmode`. Only those named here are managed."""


class ClassicLoadBalancerSpec(Tagged):
    """https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_CreateLoadBalancer.html"""

    load_balancer_name: Annotated[str | None, Immutable(), Named(limit=32)] = None
    """Its name, unique in the account and region. Unset: `<stack>-<name>`."""
    scheme: Annotated[Literal["internet-facing", "internal"] | None, Immutable()] = None
    """Whether it has public or only private IP addresses. AWS's default: `internet-facing`."""
    listeners: Annotated[
        list[ClassicListener],
        Keyed("loadBalancerPort"),
        Aws("ListenerDescriptions[].Listener", write="Listeners"),
    ]
    """Its listeners."""
    subnets: Annotated[list[Annotated[str, To("Subnet")]] | None, Unordered(), Aws("Subnets")] = None
    """Its subnets, one per zone."""
    availability_zones: Annotated[list[str] | None, Unordered()] = None
    """Instead of `subnets`: Availability Zones, whose default subnets it uses."""
    security_groups: Annotated[
        list[Annotated[str, To("SecurityGroup")]] | None, Unordered(), Aws("SecurityGroups")
    ] = None
    """Its security groups. AWS's default: the VPC's default security group."""
    health_check: HealthCheck | None = None
    """The health check of the instances. AWS's default: a TCP connection to the first listener's instance port."""
    instances: Annotated[
        list[Annotated[str, To("Instance")]] | None,
        Unordered(),
        Aws("Instances[].InstanceId", write="Instances"),
    ] = None
    """The registered instances. Leave it unset if an Auto Scaling group registers them: if set, it is
    authoritative."""
    attributes: Annotated[ClassicAttributes | None, Aws("LoadBalancerAttributes")] = None
    """The load balancer attributes."""

    @model_validator(mode="after")
    def _subnets_or_zones(self) -> "ClassicLoadBalancerSpec":
        if (self.subnets is None) is (self.availability_zones is None):
            message = "a classic load balancer has subnets or availabilityZones; write one of them"
            raise PydanticCustomError("classic_load_balancer", message)
        return self


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
    listing = Listing("DescribeLoadBalancers", "LoadBalancerDescriptions", page=400, size="PageSize")
    creation, deletion = Create("CreateLoadBalancer", ""), "DeleteLoadBalancer"
    gives_initially = {"instances": []}
    reads = (Detail("attributes", "DescribeLoadBalancerAttributes", "LoadBalancerAttributes", always=True),)
    health_source = HealthSource(
        "InstanceStates[].State", frozenset({"inservice"}), operation="DescribeInstanceHealth"
    )
    setters = (
        Setter("ApplySecurityGroupsToLoadBalancer", ("securityGroups",)),
        Setter("ConfigureHealthCheck", ("healthCheck",)),
        Setter("ModifyLoadBalancerAttributes", ("attributes",)),
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
