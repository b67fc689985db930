"""Certificates where no emulator shows what AWS does: many of one domain, and answers that come late."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import ValidationError

from controller.aws.catalog import catalog
from controller.core.model.cloud import Answer
from controller.core.model.live import Live, Phase
from controller.core.model.ownership import OWNER_NAME, OWNER_STACK, Owner
from controller.core.model.reader import Scope
from controller.core.model.reference import Lookup
from controller.core.planning.diff import Difference, Known, Unknowable, diff
from controller.core.planning.inventory import Inventory, find
from controller.core.planning.match import Match
from controller.core.planning.matching import match
from controller.engine.scope import ListingRequest, scope_of
from tests.core.account import ACCOUNT, CATALOG, REGION, Resources, at, stack_of

Tree = dict[str, Any]
CERTIFICATE = CATALOG["Certificate"]
WEB = at("Certificate/web")
OURS = [{"Key": OWNER_STACK, "Value": "web"}, {"Key": OWNER_NAME, "Value": "web"}]
ONE: Resources = {"Certificate": {"web": {"domainName": "example.com"}}}


@dataclass
class Certificates:
    """An ACM that shows these summaries, the tags of some of them, and one certificate in full."""

    summaries: list[Tree]
    tags: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)
    described: Tree = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    region: str = REGION

    def at(self, region: str) -> "Certificates":
        """The one region."""
        return self

    def account(self) -> str:
        return ACCOUNT

    def delay(self, service: str, operation: str, parameters: Mapping[str, Any], ahead: int = 0) -> float:
        return 0.0

    def call(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Answer:
        self.asked.append(parameters["CertificateArn"])
        if operation == "DescribeCertificate":
            return Answer({"Certificate": self.described})
        return Answer({"Tags": self.tags.get(parameters["CertificateArn"], [])})

    def pages(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        if operation == "ListCertificates":
            yield {"CertificateSummaryList": self.summaries}
        else:
            yield self.call(service, operation, parameters).body


def summary(id: str, domain: str = "example.com", status: str = "ISSUED", **more: Any) -> Tree:
    """One certificate as the listing shows it."""
    return {"CertificateArn": id, "DomainName": domain, "Status": status, **more}


def listed(cloud: Certificates, resources: Resources = ONE) -> tuple[Live, ...]:
    """What a pass over a document sees."""
    nothing = Inventory(ACCOUNT, REGION, {})
    scope = scope_of(CATALOG, CERTIFICATE, nothing, ListingRequest((stack_of(resources),)))
    return tuple(CERTIFICATE.observe(cloud, scope))


def test_another_certificate_of_the_domain_is_no_conflict() -> None:
    """AWS has as many of one domain as are asked for: one that nobody marked is left alone, and ours is requested."""
    inventory = Inventory(ACCOUNT, REGION, {"Certificate": listed(Certificates([summary("a")]))})
    assert Match() == match(stack_of(ONE), CATALOG, inventory)


def test_of_several_certificates_of_a_domain_the_marked_one_is_ours() -> None:
    """The tags are read of each that is for the domain, and of no other."""
    cloud = Certificates([summary("a"), summary("b", "EXAMPLE.com"), summary("c", "example.org")], {"b": OURS})
    lives = listed(cloud)
    assert ["a", "b"] == cloud.asked
    assert ["b"] == [live.id for live in lives if live.owner == Owner("web", "web")]


def test_a_domain_that_is_not_known_yet_may_be_any() -> None:
    """Where an expression stands for the domain, every certificate may be ours, so that none is requested twice."""
    domain = {"text": "www.${zone}", "with": {"zone": {"from": "Certificate/zone", "attribute": "domainName"}}}
    resources: Resources = {"Certificate": {"zone": {"domainName": "example.com"}, "web": {"domainName": domain}}}
    cloud = Certificates([summary("a"), summary("b", "www.example.com")], {"b": OURS})
    lives = listed(cloud, resources)
    assert [None, Owner("web", "web")] == [live.owner for live in lives]


@pytest.mark.parametrize(
    ("status", "phase", "healthy"),
    [
        ("ISSUED", Phase.READY, True),
        ("PENDING_VALIDATION", Phase.PENDING, False),
        ("VALIDATION_TIMED_OUT", Phase.PENDING, False),
        ("FAILED", Phase.PENDING, False),
        ("REVOKED", Phase.PENDING, False),
        ("EXPIRED", Phase.PENDING, False),
    ],
)
def test_only_what_is_issued_is_used(status: str, phase: Phase, healthy: bool) -> None:
    """Nothing refers to a certificate that is not issued yet, or no longer good; it is seen as unhealthy."""
    (live,) = listed(Certificates([summary("a", status=status)]))
    assert live.health is not None
    assert (phase, healthy) == (live.phase, live.health.healthy)


def test_a_request_is_answered_before_the_certificate_is_issued() -> None:
    """The answer has an ARN and nothing else: the new certificate is pending, and known by what was asked for."""
    node = stack_of(ONE).nodes[WEB]
    (call,) = CERTIFICATE.create(node)
    assert "DNS" == call.parameters["ValidationMethod"]
    born = CERTIFICATE.born(node, call.parameters, {"CertificateArn": "a"})
    assert (Phase.PENDING, "example.com") == (born.phase, born.fields["domainName"])


def test_the_record_of_the_domain_is_known_before_it_is_issued() -> None:
    """Of several names that are validated it is the domain's own, and it may be used while AWS waits for it."""
    options = [
        {"DomainName": "www.example.com", "ResourceRecord": {"Name": "_b.www.example.com."}},
        {"DomainName": "example.com", "ResourceRecord": {"Name": "_a.example.com."}},
    ]
    cloud = Certificates([summary("a", status="PENDING_VALIDATION")], described={"DomainValidationOptions": options})
    (live,) = listed(cloud)
    assert "_a.example.com." == CERTIFICATE.attribute(cloud, live, "resourceRecord.name")
    assert "resourceRecord.name" in CERTIFICATE.early
    assert "arn" not in CERTIFICATE.early


def test_a_lookup_finds_the_issued_certificate_of_a_domain() -> None:
    """By domain and status; without the status two would fit."""
    cloud = Certificates([summary("a", status="EXPIRED"), summary("b")])
    inventory = Inventory(ACCOUNT, REGION, {"Certificate": tuple(CERTIFICATE.observe(cloud, Scope()))})
    query = (("domainName", "example.com"), ("status", "ISSUED"))
    assert Known("b") == find(inventory, Lookup("Certificate", query, "arn"))


def test_what_was_settled_with_the_request_is_no_drift() -> None:
    """AWS spells the algorithm in its own way, lists the domain among its names, and shows some things later."""
    said = {"domainName": "example.com", "keyAlgorithm": "EC_prime256v1", "validationMethod": "DNS"}
    stack = stack_of({"Certificate": {"web": {**said, "subjectAlternativeNames": ["*.Example.com"]}}})
    names: Tree = {"SubjectAlternativeNameSummaries": ["example.com", "*.example.com"]}
    (live,) = listed(Certificates([summary("a", KeyAlgorithm="EC-prime256v1", **names)]))
    found = diff(CERTIFICATE.shape, stack.nodes[WEB].fields, live.fields, lambda _: Unknowable("not asked"))
    assert Difference() == found


@pytest.mark.parametrize("domain", ["example", "*.*.example.com", "www.*.com", "-a.example.com", "example.com."])
def test_what_is_no_domain_is_refused(domain: str) -> None:
    """AWS would refuse it too, later."""
    with pytest.raises(ValidationError, match=r"is not a domain name; write it like www\.example\.com"):
        catalog()["Certificate"].spec.model_validate({"domainName": domain})
