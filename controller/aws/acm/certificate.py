"""What lets a browser trust a domain."""

import re
from collections.abc import Hashable, Mapping
from typing import Annotated, Any, Literal

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import ServiceTags
from controller.aws.declaration.words import Attribute, Create, Detail, HealthSource, Listing, Single, States
from controller.core.model.equality import Equality
from controller.core.model.live import Live
from controller.core.model.node import Node
from controller.core.model.reference import Address
from controller.core.model.shape import Tree
from controller.core.model.spec import Aws, Immutable, Tagged, Unordered

_LABEL = r"(?!-)[A-Za-z0-9-]{0,62}[A-Za-z0-9]"
_DOMAIN = re.compile(rf"(\*\.)?({_LABEL}\.)+{_LABEL}")


class DomainName(Equality):
    """A domain that a certificate is for; the case of its letters means nothing."""

    def normal(self, value: Any) -> Hashable:
        """In lower case."""
        return str(value).lower()

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    @staticmethod
    def _check(value: str) -> str:
        if not _DOMAIN.fullmatch(value):
            message = '"{value}" is not a domain; write it as www.example.com or *.example.com'
            raise PydanticCustomError("domain_name", message, {"value": value})
        return value


class Settled(Equality):
    """A word that was said once and for all: AWS shows it after some seconds, and with `-` where it takes `_`."""

    def normal(self, value: Any) -> Hashable:
        """With `_`, in lower case."""
        return str(value).replace("-", "_").lower()

    def equal(self, desired: Any, observed: Any) -> bool:
        """Whether AWS shows nothing else."""
        return observed is None or super().equal(desired, observed)


class CertificateSpec(Tagged):
    """https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html"""

    domain_name: Annotated[str, DomainName(), Immutable()]
    """The domain name: `www.example.com`, or the wildcard `*.example.com` for all names one level below."""
    subject_alternative_names: Annotated[
        list[Annotated[str, DomainName()]] | None,
        Unordered(),
        Immutable(),
        Aws("SubjectAlternativeNameSummaries", write="SubjectAlternativeNames"),
    ] = None
    """Further domain names; the list may repeat `domainName`."""
    validation_method: Annotated[Literal["DNS", "EMAIL"] | None, Settled(), Immutable()] = None
    """How AWS validates domain ownership: by a DNS record, which also allows renewal, or by email. Unset: `DNS`."""
    key_algorithm: Annotated[
        Literal["RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"] | None,
        Settled(),
        Immutable(),
    ] = None
    """The key algorithm. AWS's default: `RSA_2048`."""
    export: Annotated[
        Literal["ENABLED", "DISABLED"] | None, Settled(), Immutable(), Aws("ExportOption", write="Options.Export")
    ] = None
    """Whether the private key can be exported, which costs extra. AWS's default: `DISABLED`."""


_KEY_TYPES = ("RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1")
_BROKEN = frozenset({"inactive", "expired", "validation_timed_out", "revoked", "failed"})


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
        size="MaxItems",
        parameters={"Includes": {"keyTypes": list(_KEY_TYPES)}},
    )
    single = Single("DescribeCertificate", "Certificate")
    # The answer to the request says nothing of a state, and the new certificate is not issued yet.
    states = States("Status", pending=frozenset({"none", "pending_validation"}) | _BROKEN)
    health_source = HealthSource("Status", good=frozenset({"issued"}))
    creation = Create("RequestCertificate", "", constant={"ValidationMethod": "DNS"})
    deletion = "DeleteCertificate"
    reads = (
        Detail("validationMethod", "DescribeCertificate", "Certificate.DomainValidationOptions[0].ValidationMethod"),
    )
    attributes = {
        "arn": Attribute("Its ARN, known to others once it is issued.", "CertificateArn"),
        "status": Attribute("`ISSUED`, or why it is not: `PENDING_VALIDATION`, `EXPIRED`, ….", "Status"),
        "resourceRecord.name": _record("Name", "The name of the record that validates the domain."),
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
