"""What lets a browser trust a domain."""

from collections.abc import Mapping
from typing import Any

from controller.aws.acm.certificate_spec import CertificateSpec
from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import ServiceTags
from controller.aws.declaration.words import Attribute, Create, Detail, HealthSource, Listing, Single, States
from controller.core.model.live import Live
from controller.core.model.node import Node
from controller.core.model.reference import Address
from controller.core.model.shape import Tree

_KEY_TYPES = ("RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1")
_VALIDATION = (
    "validate its domains, by the DNS records or the email that "
    "`aws acm describe-certificate --certificate-arn {id}` names"
)
_BROKEN = ("inactive", "expired", "validation_timed_out", "revoked", "failed")
_OVER = "delete the certificate, and another is requested; `aws acm describe-certificate` names the reason"


def _record(part: str, doc: str) -> Attribute:
    path = f"Certificate.DomainValidationOptions[DomainName={{domainName}}].ResourceRecord.{part}"
    return Attribute(doc, path, "DescribeCertificate", early=True)


class Certificate(AwsKind):
    """A certificate that ACM issues and renews. It can be used once it is issued, that is, once its domains are
    validated.

    By default AWS's listing shows only RSA keys of common lengths; Holdfast asks for all key types. AWS issues any
    number of certificates for one domain, so one that belongs to somebody else is no conflict. One that failed,
    expired or was revoked is reported as unhealthy, and nothing is created that uses it; once deleted, it is
    requested again.
    """

    spec, service, id_field = CertificateSpec, "acm", "CertificateArn"
    natural_key, shares_key = ("domainName",), True
    tagging = ServiceTags(
        "AddTagsToCertificate",
        "RemoveTagsFromCertificate",
        "CertificateArn",
        of="id",
        keys="Tags",
        read_with="ListTagsForCertificate",
        search="acm:certificate",
    )
    listing = Listing(
        "ListCertificates",
        "CertificateSummaryList",
        page=1000,
        parameters={"Includes": {"keyTypes": list(_KEY_TYPES)}},
    )
    single = Single("DescribeCertificate", "Certificate")
    # The answer to the request says nothing of a state, and the new certificate is not issued yet.
    states = States(
        "Status",
        pending=frozenset({"none"}),
        awaits={"pending_validation": _VALIDATION, **dict.fromkeys(_BROKEN, _OVER)},
    )
    health_source = HealthSource("Status", good=frozenset({"issued"}))
    creation = Create("RequestCertificate", "", constant={"ValidationMethod": "DNS"})
    deletion = "DeleteCertificate"
    reads = (
        Detail("validationMethod", "DescribeCertificate", "Certificate.DomainValidationOptions[0].ValidationMethod"),
    )
    attributes = {
        "arn": Attribute("Its ARN, available to others once the certificate has been issued.", "CertificateArn"),
        "status": Attribute("`ISSUED`, or another status: `PENDING_VALIDATION`, `EXPIRED`, ….", "Status"),
        "resourceRecord.name": _record("Name", "The name of the DNS record that validates the domain."),
        "resourceRecord.type": _record("Type", "The type of that record."),
        "resourceRecord.value": _record("Value", "The value of that record."),
    }

    def born(self, node: Node, sent: Mapping[str, Any], body: Mapping[str, Any]) -> Live:
        """The answer has nothing but the ARN; the rest is as it was asked for."""
        return super().born(node, sent, {**sent, **body})

    def desired(self, stack: str, address: Address, fields: Tree) -> Tree:
        """The domain itself stands among the names, as AWS shows them."""
        fields = super().desired(stack, address, fields)
        names = fields.get("subjectAlternativeNames")
        if names is None or fields["domainName"] in names:
            return fields
        return {**fields, "subjectAlternativeNames": [fields["domainName"], *names]}
