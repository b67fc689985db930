"""Certificates as AWS has them. What each operation promises is in its page of
https://docs.aws.amazon.com/acm/latest/APIReference/"""

from typing import Any

from moto.acm.models import AWSCertificateManagerBackend, CertBundle
from moto.acm.responses import AWSCertificateManagerResponse
from moto.core.responses import EmptyResult

from emulators.patched_moto.patching import Method, Patches

PATCHES = Patches("acm")


@PATCHES.around(AWSCertificateManagerResponse, "request_certificate")
def _request(request: Method, response: Any) -> Any:
    """A certificate has the key that was asked for. moto makes RSA keys only."""
    answer = request(response)
    certificate = response.acm_backend.get_certificate(answer.result["CertificateArn"])
    certificate.requested_algorithm = response._get_param("KeyAlgorithm")
    return answer


@PATCHES.around(CertBundle, "describe")
def _describe(describe: Method, certificate: Any) -> dict[str, Any]:
    """The same when it is shown."""
    shown: dict[str, Any] = describe(certificate)
    algorithm = getattr(certificate, "requested_algorithm", None)
    if algorithm:
        shown["Certificate"]["KeyAlgorithm"] = algorithm
    return shown


@PATCHES.around(CertBundle, "check")
def _validated(check: Method, certificate: Any) -> None:
    """The domains are validated at once, for nobody here has any. moto lets a minute pass."""
    if certificate.status == "PENDING_VALIDATION":
        certificate.status = "ISSUED"
    check(certificate)


@PATCHES.around(AWSCertificateManagerResponse, "list_certificates")
def _summaries(listing: Method, response: Any) -> Any:
    """A summary has names of its own for two things. moto shows them as it does with the whole certificate."""
    answer = listing(response)
    for shown in answer.result["CertificateSummaryList"]:
        shown["SubjectAlternativeNameSummaries"] = shown["SubjectAlternativeNames"]
        shown["ExportOption"] = shown["Options"]["Export"]
    return answer


@PATCHES.around(AWSCertificateManagerBackend, "list_certificates")
def _listed(listing: Method, backend: Any, statuses: Any = None, includes: Any = None) -> Any:
    """Without a choice of keys only those with small RSA keys are listed. moto lists all."""
    return listing(backend, statuses, {"keyTypes": ["RSA_1024", "RSA_2048"]} | (includes or {}))


@PATCHES.added(AWSCertificateManagerResponse)
def update_certificate_options(response: Any) -> EmptyResult:
    """The options can be changed."""
    certificate = response.acm_backend.get_certificate(response._get_param("CertificateArn"))
    certificate.cert_options.update(response._get_param("Options"))
    return EmptyResult()
