"""What a document says of a Classic Load Balancer."""

from typing import Annotated, Literal

from controller.aws.declaration.forms import TAG_LIST
from controller.aws.structures.rules import ELB_NAME, in_different_zones
from controller.core.model.conditions import Is
from controller.core.model.equality import OneOf
from controller.core.model.limits import Among, Bounds, Legal
from controller.core.model.rules import Check, ExactlyOne, Needs, Ordered, Same
from controller.core.model.spec import Aws, Computed, Immutable, Keyed, Named, Spec, Tagged, To, Unordered, Zone

_ENCRYPTED = ("HTTPS", "SSL")
_HTTP = ("HTTP", "HTTPS")
_LISTENER = "https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_Listener.html"
_TARGET = Legal(
    r"(TCP|SSL):[0-9]{1,5}|(HTTP|HTTPS):[0-9]{1,5}/.*",
    "it must be like HTTP:80/health, HTTPS:443/, TCP:80 or SSL:443",
)
_Protocol = Annotated[
    Literal["HTTP", "HTTPS", "TCP", "SSL"], OneOf({"http": "HTTP", "https": "HTTPS", "tcp": "TCP", "ssl": "SSL"})
]


class ClassicListener(Spec):
    """One listener: the port of the load balancer, and the instance port that it forwards to."""

    constraints = (
        Check(
            "protocol and instanceProtocol are both HTTP or HTTPS, or both TCP or SSL",
            lambda front, back: (front in _HTTP) is (back in _HTTP),
            "protocol",
            "instanceProtocol",
            page="https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-listener-config.html",
        ),
        Needs("certificate", when=Is("protocol", *_ENCRYPTED), page=_LISTENER),
    )

    protocol: _Protocol
    """`HTTP`, `HTTPS`, `TCP` or `SSL`."""
    load_balancer_port: Annotated[int, Bounds(1, 65_535)]
    """The port that the load balancer listens on."""
    instance_port: int
    """The port that the instances listen on."""
    instance_protocol: Annotated[_Protocol | None, Computed("AWS takes the one that fits the protocol")] = None
    """The backend protocol. AWS's default: the same without encryption."""
    certificate: Annotated[str | None, To("Certificate"), Aws("SSLCertificateId")] = None
    """The certificate, for `HTTPS` and `SSL`. Any other change of a listener deletes it and creates it again."""


class HealthCheck(Spec):
    """https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_HealthCheck.html"""

    constraints = (Ordered("timeout", "interval", strictly=True),)

    target: Annotated[str, _TARGET]
    """The ping target: `HTTP:8080/health`, `HTTPS:443/`, `TCP:8080` or `SSL:443`."""
    interval: Annotated[int, Bounds(5, 300)]
    """The interval between two health checks in seconds."""
    timeout: Annotated[int, Bounds(2, 60)]
    """The response timeout in seconds; less than the interval."""
    healthy_threshold: Annotated[int, Bounds(2, 10)]
    """The consecutive successes that mark an instance healthy."""
    unhealthy_threshold: Annotated[int, Bounds(2, 10)]
    """The consecutive failures that mark an instance unhealthy."""


class CrossZoneLoadBalancing(Spec):
    """Cross-zone load balancing."""

    enabled: bool
    """Whether it is enabled."""


class AccessLog(Spec):
    """Access logs."""

    constraints = (Needs("s3BucketName", when=Is("enabled", True)),)

    enabled: bool
    """Whether they are enabled."""
    s3_bucket_name: str | None = None
    """The bucket of the logs."""
    s3_bucket_prefix: str | None = None
    """The key prefix in the bucket."""
    emit_interval: Annotated[int | None, Among(5, 60)] = None
    """The publishing interval in minutes. AWS's default: 60."""


class ConnectionDraining(Spec):
    """Connection draining."""

    enabled: bool
    """Whether it is enabled."""
    timeout: Annotated[int | None, Bounds(1, 3600)] = None
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

    constraints = (
        ExactlyOne("subnets", "availabilityZones"),
        in_different_zones("subnets"),
        Same("subnets[].vpc"),
    )

    load_balancer_name: Annotated[str | None, Immutable(), Named(limit=32, legal=ELB_NAME), ELB_NAME] = None
    """Its name, unique in the account and region. Unset: `<stack>-<name>`."""
    scheme: Annotated[Literal["internet-facing", "internal"] | None, Immutable()] = None
    """Whether it has public or only private IP addresses. AWS's default: `internet-facing`."""
    listeners: Annotated[
        list[ClassicListener], Keyed("loadBalancerPort"), Aws("ListenerDescriptions[].Listener", write="Listeners")
    ]
    """Its listeners."""
    subnets: Annotated[list[Annotated[str, To("Subnet")]] | None, Unordered(), Aws("Subnets")] = None
    """Its subnets, one per zone."""
    availability_zones: Annotated[list[str] | None, Zone(), Unordered()] = None
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
