"""What a document says of a listener."""

from typing import Annotated, Literal

from controller.aws.elbv2.actions import Action, authenticating_only_by_https
from controller.aws.elbv2.attributes import Attributes
from controller.core.model.conditions import Is, IsNot
from controller.core.model.equality import Blank, Default
from controller.core.model.limits import Among, Count
from controller.core.model.rules import Check, Needs, Only, Same
from controller.core.model.spec import Aws, Excludes, Immutable, Spec, Tagged, To, Unordered

_MUTUAL = (
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_MutualAuthenticationAttributes.html"
)
_FORWARDED = "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-listeners.html"
_HTTP = ("HTTP", "HTTPS")
_NOT_A_GATEWAY = IsNot("loadBalancer.type", "gateway", default="application")
_TAKEN_BY = {
    **dict.fromkeys(_HTTP, _HTTP),
    "TCP": ("TCP", "TCP_UDP"),
    "TLS": ("TCP", "TLS"),
    "UDP": ("UDP", "TCP_UDP"),
    "TCP_UDP": ("TCP_UDP",),
}
"""The protocols of target groups that a listener forwards to."""


def _taken(protocol: str, groups: list[str]) -> bool:
    """Whether target groups with these protocols take what a listener with this protocol forwards."""
    return all(group in _TAKEN_BY.get(protocol, groups) for group in groups)


_VERIFYING = ("TrustStoreArn", "IgnoreClientCertificateExpiry", "AdvertiseTrustStoreCaNames")


class MutualAuthentication(Spec):
    """Mutual TLS authentication."""

    constraints = (
        Only("trustStoreArn", when=Is("mode", "verify"), page=_MUTUAL),
        Needs("trustStoreArn", when=Is("mode", "verify"), page=_MUTUAL),
    )

    mode: Annotated[
        Literal["off", "passthrough", "verify"],
        Default("off"),
        Excludes("TrustStoreAssociationStatus"),
        Excludes(*_VERIFYING, when=lambda mode: mode != "verify"),
    ]
    """`verify` checks client certificates against the trust store, `passthrough` passes them to the targets."""
    trust_store_arn: str | None = None
    """The ARN of the trust store, for `verify`."""
    ignore_client_certificate_expiry: Annotated[bool | None, Blank()] = None
    """Whether expired client certificates are accepted. AWS's default: false."""
    advertise_trust_store_ca_names: Annotated[Literal["on", "off"] | None, Default("off")] = None
    """Whether the CA subject names of the trust store are advertised to clients. AWS's default: `off`."""


class ListenerSpec(Tagged):
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html"""

    constraints = (
        Check(
            "protocol is HTTP or HTTPS",
            lambda protocol: protocol in _HTTP,
            "protocol",
            when=(Is("loadBalancer.type", "application", default="application"),),
        ),
        Check(
            "protocol is neither HTTP nor HTTPS",
            lambda protocol: protocol not in _HTTP,
            "protocol",
            when=(Is("loadBalancer.type", "network"),),
        ),
        Needs("port", "protocol", when=_NOT_A_GATEWAY),
        Only("port", "protocol", when=_NOT_A_GATEWAY),
        Needs("certificate", when=Is("protocol", "HTTPS", "TLS", "QUIC")),
        Only(
            "certificate",
            "additionalCertificates",
            "sslPolicy",
            when=IsNot("protocol", "HTTP", "TCP", "UDP", "TCP_UDP"),
        ),
        Only("alpnPolicy", when=Is("protocol", "TLS")),
        Only("mutualAuthentication.trustStoreArn", when=Is("protocol", "HTTPS")),
        Check(
            "a listener forwards to target groups whose protocol it can be forwarded by",
            _taken,
            "protocol",
            "defaultActions[].targetGroup.protocol",
            partly=True,
            page=_FORWARDED,
        ),
        authenticating_only_by_https("defaultActions", "protocol"),
        Same("loadBalancer.subnets[].vpc", "defaultActions[].targetGroup.vpc"),
    )

    load_balancer: Annotated[str, To("LoadBalancer"), Immutable(), Aws("LoadBalancerArn")]
    """The load balancer."""
    port: int | None = None
    """The port it listens on; a load balancer has one listener per port. Unset for a Gateway Load Balancer, whose one
    listener is for all ports."""
    protocol: Literal["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"] | None = None
    """`HTTP` or `HTTPS` for an Application Load Balancer, the others for a Network Load Balancer. Unset for a Gateway
    Load Balancer."""
    certificate: Annotated[str | None, To("Certificate"), Aws("Certificates[0].CertificateArn")] = None
    """The default certificate, for clients without SNI or with a hostname that no other certificate matches."""
    # AWS has no such parameter: it takes them one step later, and shows them in a read of their own.
    additional_certificates: Annotated[
        list[Annotated[str, To("Certificate")]] | None, Unordered(), Aws("AdditionalCertificates")
    ] = None
    """Further certificates, chosen by SNI."""
    ssl_policy: str | None = None
    """The security policy (protocols and ciphers), such as `ELBSecurityPolicy-TLS13-1-2-2021-06`."""
    alpn_policy: Annotated[
        list[str] | None, Among("HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None"), Count(1, 1)
    ] = None
    """The ALPN policy for TLS; AWS takes one."""
    mutual_authentication: MutualAuthentication | None = None
    """Mutual TLS authentication."""
    default_actions: list[Action]
    """The actions for requests that match no listener rule."""
    attributes: Attributes = None
    """Its attributes by AWS's names, such as `tcp.idle_timeout.seconds: 350` or
    `routing.http.response.server.enabled: false`. Only those named here are managed."""
