"""What a document says of a listener."""

from typing import Annotated, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.aws.elbv2.actions import Action
from controller.aws.elbv2.attributes import Attributes
from controller.core.model.spec import Aws, Excludes, Immutable, Spec, Tagged, To, Unordered

_ENCRYPTED = ("HTTPS", "TLS", "QUIC")


_VERIFYING = ("TrustStoreArn", "IgnoreClientCertificateExpiry", "AdvertiseTrustStoreCaNames")


class MutualAuthentication(Spec):
    """Mutual TLS authentication."""

    mode: Annotated[
        Literal["off", "passthrough", "verify"],
        Excludes("TrustStoreAssociationStatus"),
        Excludes(*_VERIFYING, when=lambda mode: mode != "verify"),
    ]
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
            message = "a listener with protocol {protocol} requires a certificate, such as certificate: main"
            raise PydanticCustomError("listener", message, {"protocol": self.protocol})
        return self
