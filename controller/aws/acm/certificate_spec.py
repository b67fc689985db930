"""What a document says of a certificate."""

import re
from collections.abc import Hashable
from typing import Annotated, Any, Literal

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from controller.core.model.equality import Equality
from controller.core.model.limits import Length
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
            message = '"{value}" is not a domain name; write it like www.example.com or *.example.com'
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

    domain_name: Annotated[str, Length(1, 64), DomainName(), Immutable()]
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
