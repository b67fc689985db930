"""What CloudFront wants said, and what is left as it was."""

from dataclasses import replace
from typing import Any

from controller.aws.cloudfront.completing import completed
from controller.aws.cloudfront.distribution import Distribution
from controller.core.model.call import Change
from controller.core.model.live import Live, Phase
from controller.core.model.node import Lifecycle, Node
from controller.core.model.ownership import OWNER_STACK
from controller.core.model.reference import Address, Token
from controller.core.model.writer import WriteContext

HOST: dict[str, Any] = {
    "Id": "pages",
    "DomainName": "pages.example.com",
    "CustomOriginConfig": {"OriginProtocolPolicy": "https-only"},
}
CACHED = {"TargetOriginId": "pages", "ViewerProtocolPolicy": "allow-all", "CachePolicyId": "policy"}


def listed(*elements: dict[str, Any]) -> dict[str, Any]:
    """Elements as CloudFront lists them."""
    return {"Quantity": len(elements), "Items": list(elements)}


def test_a_new_origin_has_everything() -> None:
    """What the document leaves out of a new element is said as AWS would have it."""
    (host,) = completed({"Origins": listed(HOST)}, {})["Origins"]["Items"]
    (bucket,) = completed({"Origins": listed({"Id": "files", "DomainName": "files"})}, {})["Origins"]["Items"]
    assert 443 == host["CustomOriginConfig"]["HTTPSPort"]
    assert "https-only" == host["CustomOriginConfig"]["OriginProtocolPolicy"]
    assert {"Quantity": 0} == host["CustomHeaders"]
    assert {"OriginAccessIdentity": ""} == bucket["S3OriginConfig"]
    assert "S3OriginConfig" not in host


def test_what_no_field_stands_for_stays_in_an_origin() -> None:
    """All else is AWS's default where the document leaves it out; one that is new takes nothing from another."""
    shown = {"ConnectionAttempts": 1, "ResponseCompletionTimeout": 90}
    inner = {**HOST["CustomOriginConfig"], "HTTPPort": 8080, "IpAddressType": "dualstack"}
    before = {"Origins": listed({**HOST, **shown, "CustomOriginConfig": inner})}
    found = completed({"Origins": listed(HOST, {**HOST, "Id": "new"})}, before)["Origins"]["Items"]
    assert [3, 3] == [origin["ConnectionAttempts"] for origin in found]
    assert [90, None] == [origin.get("ResponseCompletionTimeout") for origin in found]
    assert [80, 80] == [origin["CustomOriginConfig"]["HTTPPort"] for origin in found]
    assert ["dualstack", None] == [origin["CustomOriginConfig"].get("IpAddressType") for origin in found]


def test_a_host_in_the_place_of_a_bucket_is_no_bucket() -> None:
    """What cannot stand beside what the document says goes."""
    before = {
        "Origins": listed({"Id": "pages", "DomainName": "files", "S3OriginConfig": {"OriginAccessIdentity": ""}})
    }
    (origin,) = completed({"Origins": listed(HOST)}, before)["Origins"]["Items"]
    assert "S3OriginConfig" not in origin


def test_a_cache_policy_takes_the_place_of_times() -> None:
    """The older form of caching goes with its times, and comes back with them."""
    older = {"TargetOriginId": "pages", "ForwardedValues": {"QueryString": False}, "DefaultTTL": 60}
    newer = completed({"DefaultCacheBehavior": CACHED}, {"DefaultCacheBehavior": older})["DefaultCacheBehavior"]
    back = completed({"DefaultCacheBehavior": older}, {"DefaultCacheBehavior": CACHED})["DefaultCacheBehavior"]
    assert {"CachePolicyId"} == {"CachePolicyId", "ForwardedValues", "DefaultTTL", "MinTTL"} & {*newer}
    assert {"ForwardedValues", "DefaultTTL", "MinTTL"} == {
        "CachePolicyId",
        "ForwardedValues",
        "DefaultTTL",
        "MinTTL",
    } & {*back}


def test_methods_that_are_cached_stay() -> None:
    """Other methods are allowed without a word on which of their answers are cached."""
    before = {
        **CACHED,
        "AllowedMethods": {**methods("GET", "HEAD"), "CachedMethods": methods("GET", "HEAD", "OPTIONS")},
    }
    asked = {**CACHED, "AllowedMethods": methods("GET", "HEAD", "OPTIONS")}
    found = completed({"DefaultCacheBehavior": asked}, {"DefaultCacheBehavior": before})["DefaultCacheBehavior"]
    assert 3 == found["AllowedMethods"]["Quantity"]
    assert 3 == found["AllowedMethods"]["CachedMethods"]["Quantity"]


def methods(*names: str) -> dict[str, Any]:
    """A list of methods."""
    return {"Quantity": len(names), "Items": list(names)}


def test_a_certificate_takes_the_place_of_another() -> None:
    """Nothing of the one before stays."""
    before = {"ViewerCertificate": {"CloudFrontDefaultCertificate": True, "MinimumProtocolVersion": "TLSv1"}}
    found = completed({"ViewerCertificate": {"ACMCertificateArn": "arn"}}, before)
    assert {"ACMCertificateArn": "arn"} == found["ViewerCertificate"]


def test_what_is_not_said_at_all_stays() -> None:
    """Collection that the document leaves out are as they were."""
    before = {"PriceClass": "PriceClass_100", "CallerReference": "once", "Enabled": False}
    found = completed({"Comment": "other"}, before)
    assert {**before, "Comment": "other"} == {name: found[name] for name in (*before, "Comment")}


CDN = Address("Distribution", "cdn")
AROUND = WriteContext(known=lambda value: value)


def live(**config: Any) -> Live:
    """A distribution as it is read whole."""
    kind = Distribution()
    listed = kind.live({"Id": "E1", "ARN": "arn:E1", "Status": "Deployed", "DomainName": "d1.cloudfront.net"})
    assert listed is not None
    return kind.completed(listed, {"(whole)": {"ETag": "v1", "DistributionConfig": config}})


def test_strangers_stay_where_the_document_lets_them() -> None:
    """AWS takes all origins at once: those of others go out as they were read, beside those of the document."""
    stranger = {"Id": "theirs", "DomainName": "theirs.example.com", "VpcOriginConfig": {"VpcOriginId": "vo_1"}}
    shown = live(CallerReference="once", Origins=listed(HOST, stranger), DefaultCacheBehavior=CACHED)
    wanted = [{"id": "pages", "domainName": "other.example.com"}]
    node = Node(CDN, {"origins": wanted}, {}, Lifecycle(additive=frozenset({"origins"})))
    (call,) = Distribution().update(node, [Change("origins[pages]", "change", wanted[0], None)], shown, AROUND)
    origins = {each["Id"]: each for each in call.parameters["DistributionConfig"]["Origins"]["Items"]}
    assert {"pages": "other.example.com", "theirs": "theirs.example.com"} == {
        id: each["DomainName"] for id, each in origins.items()
    }
    assert {"VpcOriginId": "vo_1"} == origins["theirs"]["VpcOriginConfig"]
    assert "v1" == call.parameters["IfMatch"]


def test_a_deletion_goes_on_from_pass_to_pass() -> None:
    """It is disabled first, then waited for, and deleted when it is disabled everywhere."""
    kind, enabled, disabled = Distribution(), live(Enabled=True, Comment="c"), live(Enabled=False)
    (first,) = kind.delete(CDN, enabled, AROUND)
    (last,) = kind.delete(CDN, disabled, AROUND)
    off = {"Enabled": False, "Comment": "c"}
    assert {"Id": "E1", "IfMatch": "v1", "DistributionConfig": off} == first.parameters
    assert not first.deletes
    assert () == kind.delete(CDN, replace(disabled, phase=Phase.USABLE), AROUND)
    assert ("DeleteDistribution", {"Id": "E1", "IfMatch": "v1"}, True) == (
        last.operation,
        last.parameters,
        last.deletes,
    )


def test_a_creation_has_one_reference() -> None:
    """A creation that is asked for twice is one distribution: its reference is the call's token."""
    fields = {"origins": [{"id": "pages", "domainName": "pages.example.com"}], "defaultCacheBehavior": {}}
    (call,) = Distribution().create(Node(CDN, fields, {OWNER_STACK: "kit"}))
    config = call.parameters["DistributionConfigWithTags"]["DistributionConfig"]
    assert (Token(), True, "") == (config["CallerReference"], config["Enabled"], config["Comment"])
