"""Buckets answer as AWS does: see `emulators.patched_moto.patches.s3`."""

from typing import Any

import pytest

from tests.emulators.conftest import Client


@pytest.fixture
def storage(client: Client) -> Any:
    """The client of S3, with one new bucket."""
    storage = client("s3")
    storage.create_bucket(Bucket="kit-assets")
    return storage


def test_a_new_bucket_is_closed_and_encrypted(storage: Any) -> None:
    """It is its owner's alone, closed to the public, and encrypts by keys of S3."""
    block = storage.get_public_access_block(Bucket="kit-assets")["PublicAccessBlockConfiguration"]
    (owned,) = storage.get_bucket_ownership_controls(Bucket="kit-assets")["OwnershipControls"]["Rules"]
    (rule,) = storage.get_bucket_encryption(Bucket="kit-assets")["ServerSideEncryptionConfiguration"]["Rules"]
    assert {True} == set(block.values())
    assert "BucketOwnerEnforced" == owned["ObjectOwnership"]
    assert "AES256" == rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]
    assert rule["BucketKeyEnabled"] is False


def test_lifecycle_rules_are_shown_as_they_were_put(storage: Any) -> None:
    """Sizes and numbers of versions are part of a rule, and rules that were deleted are gone."""
    rule = {
        "ID": "large",
        "Status": "Enabled",
        "Filter": {"ObjectSizeGreaterThan": 1000},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": 2},
    }
    storage.put_bucket_lifecycle_configuration(Bucket="kit-assets", LifecycleConfiguration={"Rules": [rule]})
    assert [rule] == storage.get_bucket_lifecycle_configuration(Bucket="kit-assets")["Rules"]
    storage.delete_bucket_lifecycle(Bucket="kit-assets")
    with pytest.raises(storage.exceptions.ClientError, match="NoSuchLifecycleConfiguration"):
        storage.get_bucket_lifecycle_configuration(Bucket="kit-assets")
