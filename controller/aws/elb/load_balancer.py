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
    """One port that the balancer listens on, and where it passes requests on to."""

    protocol: _Protocol
    """`HTTP`, `HTTPS`, `TCP` or `SSL`."""
    load_balancer_port: int
    """The port that the balancer listens on."""
    instance_port: int
    """The port that the instances listen on."""
    instance_protocol: _Protocol | None = None
    """The protocol that instances are spoken to in. AWS's default: the same without encryption."""
    certificate: Annotated[str | None, To("Certificate"), Aws("SSLCertificateId")] = None
    """The certificate, for `HTTPS` and `SSL`. For anything else the listener is taken off and put on anew."""

    @model_validator(mode="after")
    def _certified(self) -> "ClassicListener":
        if self.protocol in _ENCRYPTED and self.certificate is None:
            message = "a listener with protocol {protocol} needs a certificate, such as certificate: main"
            raise PydanticCustomError("classic_listener", message, {"protocol": self.protocol})
        return self


class HealthCheck(Spec):
    """How the balancer tells whether an instance is well."""

    target: str
    """What is asked: `HTTP:8080/health`, `HTTPS:443/`, `TCP:8080` or `SSL:443`."""
    interval: int
    """The time between two checks, in seconds."""
    timeout: int
    """How long an answer may take, in seconds; less than the interval."""
    healthy_threshold: int
    """The good answers in a row that put an instance in service."""
    unhealthy_threshold: int
    """The bad answers in a row that put it out of service."""

    @model_validator(mode="after")
    def _answered_in_time(self) -> "HealthCheck":
        times: dict[str, Any] = {"timeout": self.timeout, "interval": self.interval}
        if all(isinstance(each, int) for each in times.values()) and times["timeout"] >= times["interval"]:
            raise PydanticCustomError("health_check", "timeout {timeout} is not less than interval {interval}", times)
        return self


class CrossZoneLoadBalancing(Spec):
    """Whether requests are spread over the instances of all zones alike."""

    enabled: bool
    """Whether they are."""


class AccessLog(Spec):
    """Whether requests are logged, and where."""

    enabled: bool
    """Whether they are."""
    s3_bucket_name: str | None = None
    """The bucket that the logs go to."""
    s3_bucket_prefix: str | None = None
    """The prefix of their keys there."""
    emit_interval: int | None = None
    """How often they are written, every 5 or every 60 minutes. AWS's default: 60."""


class ConnectionDraining(Spec):
    """Whether an instance that is taken off may finish what it is at."""

    enabled: bool
    """Whether it may."""
    timeout: int | None = None
    """How long, in seconds. AWS's default: 300."""


class ConnectionSettings(Spec):
    """What holds for every connection."""

    idle_timeout: int
    """The seconds after which a silent connection is closed. AWS's default: 60."""


class ClassicAttributes(Spec):
    """Settings that AWS keeps apart."""

    cross_zone_load_balancing: CrossZoneLoadBalancing | None = None
    """Whether requests are spread over the instances of all zones alike."""
    access_log: AccessLog | None = None
    """Whether requests are logged, and where."""
    connection_draining: ConnectionDraining | None = None
    """Whether an instance that is taken off may finish what it is at."""
    connection_settings: ConnectionSettings | None = None
    """What holds for every connection."""
    additional_attributes: Annotated[dict[str, str] | None, TAG_LIST] = None
    """Others by AWS's names: `elb.http.desyncmitigationmode`. Only those named here are managed."""


class ClassicLoadBalancerSpec(Tagged):
    """https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_CreateLoadBalancer.html"""

    load_balancer_name: Annotated[str | None, Immutable(), Named(limit=32)] = None
    """Its name, unique in the account and region. Unset: `<stack>-<name>`."""
    scheme: Annotated[Literal["internet-facing", "internal"] | None, Immutable()] = None
    """Whether it has public addresses or only those of its subnets. AWS's default: `internet-facing`."""
    listeners: Annotated[
        list[ClassicListener],
        Keyed("loadBalancerPort"),
        Aws("ListenerDescriptions[].Listener", write="Listeners"),
    ]
    """What it listens for."""
    subnets: Annotated[list[Annotated[str, To("Subnet")]] | None, Unordered(), Aws("Subnets")] = None
    """The subnets that it stands in, one for each zone."""
    availability_zones: Annotated[list[str] | None, Unordered()] = None
    """In place of `subnets`: zones, in whose default subnets it stands then."""
    security_groups: Annotated[
        list[Annotated[str, To("SecurityGroup")]] | None, Unordered(), Aws("SecurityGroups")
    ] = None
    """The security groups it carries. AWS's default: that of the VPC."""
    health_check: HealthCheck | None = None
    """How it tells whether an instance is well. AWS's default: a connection to the first listener's instance port."""
    instances: Annotated[
        list[Annotated[str, To("Instance")]] | None,
        Unordered(),
        Aws("Instances[].InstanceId", write="Instances"),
    ] = None
    """The instances behind it. Leave it out where an Auto Scaling group adds them: set, it is the whole truth."""
    attributes: Annotated[ClassicAttributes | None, Aws("LoadBalancerAttributes")] = None
    """Settings that AWS keeps apart."""

    @model_validator(mode="after")
    def _subnets_or_zones(self) -> "ClassicLoadBalancerSpec":
        if (self.subnets is None) is (self.availability_zones is None):
            message = "a classic load balancer has subnets or availabilityZones; write one of them"
            raise PydanticCustomError("classic_load_balancer", message)
        return self


def _instances(ids: list[Any]) -> list[Item]:
    return [{"InstanceId": id} for id in ids]


class ClassicLoadBalancer(AwsKind):
    """A classic load balancer; its id is its name. Its health is that of the instances behind it."""

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
