"""What a document says of a Classic Load Balancer."""

from typing import Annotated, Any, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.aws.declaration.forms import TAG_LIST
from controller.core.model.equality import OneOf
from controller.core.model.spec import Aws, Computed, Immutable, Keyed, Named, Spec, Tagged, To, Unordered

_ENCRYPTED = ("HTTPS", "SSL")
_Protocol = Annotated[
    Literal["HTTP", "HTTPS", "TCP", "SSL"], OneOf({"http": "HTTP", "https": "HTTPS", "tcp": "TCP", "ssl": "SSL"})
]


class ClassicListener(Spec):
    """One listener: the port of the load balancer, and the instance port that it forwards to."""

    protocol: _Protocol
    """`HTTP`, `HTTPS`, `TCP` or `SSL`."""
    load_balancer_port: int
    """The port that the load balancer listens on."""
    instance_port: int
    """The port that the instances listen on."""
    instance_protocol: Annotated[_Protocol | None, Computed("AWS takes the one that fits the protocol")] = None
    """The backend protocol. AWS's default: the same without encryption."""
    certificate: Annotated[str | None, To("Certificate"), Aws("SSLCertificateId")] = None
    """The certificate, for `HTTPS` and `SSL`. Any other change of a listener deletes it and creates it again."""

    @model_validator(mode="after")
    def _certified(self) -> "ClassicListener":
        if self.protocol in _ENCRYPTED and self.certificate is None:
            message = "a listener with protocol {protocol} requires a certificate, such as certificate: main"
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
        if all(isinstance(seconds, int) for seconds in times.values()) and times["timeout"] >= times["interval"]:
            raise PydanticCustomError(
                "health_check", "timeout ({timeout}) must be less than interval ({interval})", times
            )
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
        list[ClassicListener], Keyed("loadBalancerPort"), Aws("ListenerDescriptions[].Listener", write="Listeners")
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
        list[Annotated[str, To("Instance")]] | None, Unordered(), Aws("Instances[].InstanceId", write="Instances")
    ] = None
    """The registered instances. Leave it unset if an Auto Scaling group registers them: if set, it is
    authoritative."""
    attributes: Annotated[ClassicAttributes | None, Aws("LoadBalancerAttributes")] = None
    """The load balancer attributes."""

    @model_validator(mode="after")
    def _subnets_or_zones(self) -> "ClassicLoadBalancerSpec":
        if (self.subnets is None) is (self.availability_zones is None):
            message = "a Classic Load Balancer requires either subnets or availabilityZones"
            raise PydanticCustomError("classic_load_balancer", message)
        return self
