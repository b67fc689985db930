"""What a load balancer listens for, and what it does with what no rule is for."""

from typing import Annotated, Any, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.wire import Item
from controller.aws.declaration.words import Collection, Create, Detail, Listing, Op, Setter
from controller.aws.elbv2.actions import Action, in_order
from controller.aws.elbv2.attributes import Attributes, attributes_of
from controller.aws.elbv2.marks import elbv2_tags
from controller.core.model.reference import Address
from controller.core.model.shape import Tree
from controller.core.model.spec import Aws, Immutable, Spec, Tagged, To, Unordered

_ENCRYPTED = ("HTTPS", "TLS", "QUIC")


class MutualAuthentication(Spec):
    """Mutual TLS authentication."""

    mode: Literal["off", "passthrough", "verify"]
    """`verify` checks client certificates against the trust store, `passthrough` passes them to the targets."""
    trust_store_arn: str | None = None
    """The ARN of the trust store, for `verify`."""
    ignore_client_certificate_expiry: bool | None = None
    """Whether expired client certificates are accepted. AWS's default: false."""
    advertise_trust_store_ca_names: Literal["on", "off"] | None = None
    """Whether the CA subject names of the trust store are advertised to clients. AWS's default: `off`."""


class ListenerSpec(Tagged):
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html"""

    load_balancer: Annotated[str, To("LoadBalancer"), Immutable(), Aws("LoadBalancerArn")]
    """The load balancer."""
    port: int
    """The port it listens on; a load balancer has one listener per port."""
    protocol: Literal["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"]
    """`HTTP` or `HTTPS` for an Application Load Balancer, the others for a Network Load Balancer."""
    certificate: Annotated[str | None, To("Certificate"), Aws("Certificates[0].CertificateArn")] = None
    """The default certificate, for clients without SNI or with a hostname that no other certificate matches."""
    # AWS has no such parameter: it takes them one step later, and shows them in a read of their own.
    additional_certificates: Annotated[
        list[Annotated[str, To("Certificate")]] | None, Unordered(), Aws("AdditionalCertificates")
    ] = None
    """Further certificates, chosen by SNI."""
    ssl_policy: str | None = None
    """The security policy (protocols and ciphers), such as `ELBSecurityPolicy-TLS13-1-2-2021-06`."""
    alpn_policy: list[str] | None = None
    """The ALPN policy for TLS: `HTTP1Only`, `HTTP2Only`, `HTTP2Optional`, `HTTP2Preferred` or `None`."""
    mutual_authentication: MutualAuthentication | None = None
    """Mutual TLS authentication."""
    default_actions: list[Action]
    """The actions for requests that match no listener rule."""
    attributes: Attributes = None
    """Its attributes by AWS's names, such as `tcp.idle_timeout.seconds: 350` or
    `routing.http.response.server.enabled: false`. Only those named here are managed."""

    @model_validator(mode="after")
    def _certified(self) -> "ListenerSpec":
        if self.protocol in _ENCRYPTED and self.certificate is None:
            message = "a listener with protocol {protocol} needs a certificate, such as certificate: main"
            raise PydanticCustomError("listener", message, {"protocol": self.protocol})
        return self


def _certificates(arns: list[Any]) -> list[Item]:
    return [{"CertificateArn": arn} for arn in arns]


_READ, _SET = attributes_of("Listener")


class Listener(AwsKind):
    """A listener; its id is its ARN. It is listed per load balancer and deleted with it."""

    spec, service, id_field, tagging = ListenerSpec, "elbv2", "ListenerArn", elbv2_tags()
    natural_key = ("loadBalancer", "port")
    parent = "loadBalancer"
    listing = Listing("DescribeListeners", "Listeners", page=400, size="PageSize", parent="LoadBalancerArn")
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
    setters = (
        Setter("ModifyListener"),
        _SET,
    )
    members = (
        Collection(
            "additionalCertificates",
            add=Op("AddListenerCertificates", batch="Certificates"),
            remove=Op("RemoveListenerCertificates", batch="Certificates"),
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
