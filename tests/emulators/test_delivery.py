"""CloudFront and S3 answer as AWS does: see `emulators.patched_moto.patches.cloudfront` and `…s3`."""

from typing import Any

import pytest

from tests.emulators.conftest import Client
from tests.emulators.refusals import refusal

CONTROL = {
    "Name": "assets",
    "SigningProtocol": "sigv4",
    "SigningBehavior": "always",
    "OriginAccessControlOriginType": "s3",
}


@pytest.fixture
def front(client: Client) -> Any:
    """The client of CloudFront."""
    return client("cloudfront")


def configuration(**asked: Any) -> dict[str, Any]:
    """The least that a distribution needs, enabled."""
    origin = {
        "Id": "assets",
        "DomainName": "assets.s3.us-east-1.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
        "OriginAccessControlId": asked.pop("control", ""),
    }
    return {
        "CallerReference": "once",
        "Comment": "assets",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {
            "TargetOriginId": "assets",
            "ViewerProtocolPolicy": "redirect-to-https",
            "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
        },
        **asked,
    }


def make(front: Any, **asked: Any) -> tuple[str, str]:
    """The id and the ETag of a new distribution."""
    made = front.create_distribution(DistributionConfig=configuration(**asked))
    return made["Distribution"]["Id"], made["ETag"]


def test_a_configuration_is_read_in_full(front: Any) -> None:
    """What was given and AWS's defaults, in every answer alike; written back, it is the same."""
    made, etag = make(front)
    found = front.get_distribution_config(Id=made)["DistributionConfig"]
    assert configuration()["Comment"] == found["Comment"]
    assert ("http2", "PriceClass_All", False) == (found["HttpVersion"], found["PriceClass"], found["Staging"])
    behavior = found["DefaultCacheBehavior"]
    assert configuration()["DefaultCacheBehavior"].items() <= behavior.items()
    assert ["HEAD", "GET"] == behavior["AllowedMethods"]["Items"]
    assert 3 == found["Origins"]["Items"][0]["ConnectionAttempts"]
    assert found == front.get_distribution(Id=made)["Distribution"]["DistributionConfig"]
    front.update_distribution(Id=made, IfMatch=etag, DistributionConfig=found)
    assert found == front.get_distribution_config(Id=made)["DistributionConfig"]
    [listed] = front.list_distributions()["DistributionList"]["Items"]
    assert (made, "assets", behavior) == (listed["Id"], listed["Comment"], listed["DefaultCacheBehavior"])
    assert listed["ARN"].endswith(made)


def test_the_latest_etag_is_needed(front: Any) -> None:
    """An update gives another one, and the old one is refused."""
    made, etag = make(front)
    change = {"Id": made, "DistributionConfig": configuration(Comment="other")}
    assert "InvalidIfMatchVersion" == refusal(front.update_distribution, **change)
    newer = front.update_distribution(**change, IfMatch=etag)["ETag"]
    assert newer == front.get_distribution(Id=made)["ETag"]
    assert etag != newer
    assert "PreconditionFailed" == refusal(front.update_distribution, **change, IfMatch=etag)


def test_an_enabled_distribution_stays(front: Any) -> None:
    """It is deleted when it has been disabled."""
    made, etag = make(front)
    assert "DistributionNotDisabled" == refusal(front.delete_distribution, Id=made, IfMatch=etag)
    disabled = front.update_distribution(Id=made, IfMatch=etag, DistributionConfig=configuration(Enabled=False))
    assert "PreconditionFailed" == refusal(front.delete_distribution, Id=made, IfMatch=etag)
    front.delete_distribution(Id=made, IfMatch=disabled["ETag"])
    assert 0 == front.list_distributions()["DistributionList"]["Quantity"]


def test_a_control_in_use_stays(front: Any) -> None:
    """Its name is taken, its ETag is needed, and it is deleted after what uses it."""
    made = front.create_origin_access_control(OriginAccessControlConfig=CONTROL)
    control, etag = made["OriginAccessControl"]["Id"], made["ETag"]
    again = {"OriginAccessControlConfig": CONTROL}
    assert "OriginAccessControlAlreadyExists" == refusal(front.create_origin_access_control, **again)
    change = {"Id": control, "OriginAccessControlConfig": {**CONTROL, "SigningBehavior": "never"}}
    assert "InvalidIfMatchVersion" == refusal(front.update_origin_access_control, **change)
    newer = front.update_origin_access_control(**change, IfMatch=etag)["ETag"]
    assert "PreconditionFailed" == refusal(front.delete_origin_access_control, Id=control, IfMatch=etag)
    found = front.get_origin_access_control(Id=control)["OriginAccessControl"]["OriginAccessControlConfig"]
    assert {**CONTROL, "SigningBehavior": "never"} == found
    distribution, version = make(front, control=control, Enabled=False)
    assert "OriginAccessControlInUse" == refusal(front.delete_origin_access_control, Id=control, IfMatch=newer)
    front.delete_distribution(Id=distribution, IfMatch=version)
    front.delete_origin_access_control(Id=control, IfMatch=newer)
    assert "NoSuchOriginAccessControl" == refusal(front.get_origin_access_control, Id=control)


def test_a_bucket_is_made_with_its_tags(client: Client) -> None:
    """Also in a region that has to be named."""
    s3 = client("s3")
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "<&>"}]
    s3.create_bucket(Bucket="here", CreateBucketConfiguration={"Tags": tags})
    s3.create_bucket(Bucket="there", CreateBucketConfiguration={"LocationConstraint": "eu-west-1", "Tags": tags})
    s3.create_bucket(Bucket="bare")
    for bucket in ("here", "there"):
        assert tags == sorted(s3.get_bucket_tagging(Bucket=bucket)["TagSet"], key=lambda tag: str(tag["Key"]))
    assert "NoSuchTagSet" == refusal(s3.get_bucket_tagging, Bucket="bare")
