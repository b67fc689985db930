"""What a document says of a target group and its targets."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Annotated, Any, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.aws.elbv2.attributes import Attributes
from controller.aws.structures.rules import ELB_NAME
from controller.core.model.conditions import Is, IsNot
from controller.core.model.equality import AsText, Default
from controller.core.model.limits import Bounds, Entries
from controller.core.model.rules import AtMostOne, Check, Only, Ordered
from controller.core.model.spec import Aws, Computed, Excludes, Immutable, Keyed, Named, Spec, Tagged, To, Zone


def _is_instance(id: Any) -> bool:
    return isinstance(id, str) and id.startswith("i-")


def _is_balancer(id: Any) -> bool:
    return isinstance(id, str) and ":loadbalancer/" in id


def _is_function(id: Any) -> bool:
    return isinstance(id, str) and ":lambda:" in id


def _is_ip(id: Any) -> bool:
    try:
        return bool(ip_address(id))
    except ValueError:
        return False


class Target(Spec):
    """One target: exactly one of an instance, an IP address, a load balancer and a Lambda function."""

    instance: Annotated[str | None, To("Instance"), Aws(Id=_is_instance)] = None
    """The instance, for target type `instance`."""
    ip: Annotated[str | None, Aws(Id=_is_ip)] = None
    """The IP address, for target type `ip`."""
    load_balancer: Annotated[str | None, To("LoadBalancer"), Aws(Id=_is_balancer)] = None
    """The Application Load Balancer, for target type `alb`."""
    function: Annotated[str | None, Aws(Id=_is_function)] = None
    """The ARN of the Lambda function, for target type `lambda`."""
    port: int | None = None
    """The port it listens on. Unset: that of the target group."""
    availability_zone: Annotated[str | None, Zone(), Computed("AWS takes the zone of the address")] = None
    """The zone of an IP address; `all` for one outside the VPC."""

    @model_validator(mode="after")
    def _one_target(self) -> "Target":
        said = [self.instance, self.ip, self.load_balancer, self.function]
        count = sum(target is not None for target in said)
        if count != 1:
            message = "a target requires exactly one of instance, ip, loadBalancer and function; this one has {count}"
            raise PydanticCustomError("target", message, {"count": count or "none"})
        return self


class Matcher(Spec):
    """The success codes of health checks."""

    constraints = (AtMostOne("httpCode", "grpcCode"),)

    http_code: Annotated[str | None, AsText(), Excludes("GrpcCode")] = None
    """HTTP status codes, such as `200`, `200,302` or `200-299`."""
    grpc_code: Annotated[str | None, AsText(), Excludes("HttpCode")] = None
    """gRPC status codes, such as `0` or `0-99`."""


_Protocol = Literal["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"]


_PAGE = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html"
_HTTP = Is("protocol", "HTTP", "HTTPS")
_ATTRIBUTES = Entries(
    {
        "deregistration_delay.timeout_seconds": Bounds(0, 3600),
        "slow_start.duration_seconds": Bounds(30, 900, also=(0,)),
        "stickiness.lb_cookie.duration_seconds": Bounds(1, 604_800),
        "stickiness.app_cookie.duration_seconds": Bounds(1, 604_800),
    }
)


def _sticky(protocol: str, attributes: Mapping[str, Any]) -> bool:
    """Whether a load balancer for this protocol knows the stickiness; without one nothing is judged."""
    type = attributes.get("stickiness.type")
    return type is None or (type in ("lb_cookie", "app_cookie")) is (protocol in ("HTTP", "HTTPS"))


class TargetGroupSpec(Tagged):
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html"""

    constraints = (
        Ordered("healthCheckTimeoutSeconds", "healthCheckIntervalSeconds"),
        Only("protocolVersion", when=_HTTP),
        Check("protocol is TCP", lambda protocol: protocol == "TCP", "protocol", when=(Is("targetType", "alb"),)),
        Check(
            "healthCheckProtocol is HTTP or HTTPS",
            lambda protocol: protocol in ("HTTP", "HTTPS"),
            "healthCheckProtocol",
            when=(_HTTP,),
        ),
        Only("healthCheckPath", "matcher", when=IsNot("healthCheckProtocol", "TCP")),
        Check(
            "healthCheckEnabled is true",
            lambda enabled: enabled,
            "healthCheckEnabled",
            when=(IsNot("targetType", "lambda", default="instance"),),
        ),
        Only("matcher.grpcCode", when=Is("protocolVersion", "GRPC", default="HTTP1")),
        *(
            Only(f"targets[].{field}", when=Is("targetType", type, default="instance"))
            for field, type in (
                ("instance", "instance"),
                ("ip", "ip"),
                ("loadBalancer", "alb"),
                ("function", "lambda"),
            )
        ),
        Check(
            "the stickiness.type of attributes is lb_cookie or app_cookie for HTTP and HTTPS, and neither for others",
            _sticky,
            "protocol",
            "attributes",
            page=_PAGE,
        ),
        Check(
            "there is one target",
            lambda targets: len(targets) <= 1,
            "targets",
            when=(Is("targetType", "lambda"),),
        ),
    )

    name: Annotated[
        str | None,
        Immutable(),
        Named(limit=32, legal=ELB_NAME),
        ELB_NAME,
        Aws("TargetGroupName", write="Name"),
    ] = None
    """Its name, unique in the account and region. Unset: `<stack>-<name>`."""
    target_type: Annotated[Literal["instance", "ip", "lambda", "alb"] | None, Immutable()] = None
    """The target type. AWS's default: `instance`."""
    protocol: Annotated[
        Literal["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC", "GENEVE"] | None, Immutable()
    ] = None
    """The protocol for traffic to the targets; required except for `lambda`. `GENEVE` with port 6081 for the
    appliances behind a Gateway Load Balancer."""
    protocol_version: Annotated[Literal["HTTP1", "HTTP2", "GRPC"] | None, Immutable()] = None
    """The protocol version. AWS's default: `HTTP1`."""
    port: Annotated[int | None, Immutable()] = None
    """The default port of the targets; required except for `lambda`."""
    vpc: Annotated[str | None, To("Vpc"), Immutable()] = None
    """The VPC of the targets; required except for `lambda`."""
    ip_address_type: Annotated[Literal["ipv4", "ipv6"] | None, Default("ipv4"), Immutable()] = None
    """The IP address type of the targets. AWS's default: `ipv4`."""
    health_check_enabled: Annotated[bool | None, Default(True)] = None
    """Whether health checks are enabled; only for `lambda` can they be disabled."""
    health_check_protocol: Literal["HTTP", "HTTPS", "TCP"] | None = None
    """The health check protocol. AWS's default: `HTTP` behind an Application Load Balancer, else `TCP`."""
    health_check_port: Annotated[str | None, AsText()] = None
    """The health check port. AWS's default: `traffic-port`, the port that receives traffic."""
    health_check_path: str | None = None
    """The health check path. AWS's default: `/`."""
    health_check_interval_seconds: int | None = None
    """The interval between two health checks. AWS's default: 30."""
    health_check_timeout_seconds: int | None = None
    """The response timeout of a health check. AWS's default: 5 for HTTP."""
    healthy_threshold_count: int | None = None
    """The consecutive successes that mark a target healthy. AWS's default: 5."""
    unhealthy_threshold_count: int | None = None
    """The consecutive failures that mark a target unhealthy. AWS's default: 2."""
    matcher: Matcher | None = None
    """The success codes of health checks. AWS's default: `200`."""
    attributes: Annotated[Attributes, _ATTRIBUTES] = None
    """Its attributes by AWS's names, such as `deregistration_delay.timeout_seconds: 60`, `stickiness.enabled: true`
    or `slow_start.duration_seconds`. Only those named here are managed."""
    targets: Annotated[
        list[Target] | None, Keyed("instance", "ip", "loadBalancer", "function", "port"), Aws("Targets")
    ] = None
    """The registered targets. Leave it unset if an Auto Scaling group or a service registers them: if set, it is
    authoritative. Draining targets do not count."""

    @model_validator(mode="after")
    def _complete(self) -> "TargetGroupSpec":
        missing = [name for name in ("protocol", "port", "vpc") if getattr(self, name) is None]
        if missing and self.target_type != "lambda":
            message = "a target group requires {missing}, unless its targetType is lambda"
            raise PydanticCustomError("target_group", message, {"missing": " and ".join(missing)})
        return self
