"""Buckets as AWS makes them, see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html"""

from typing import Any
from xml.etree.ElementTree import fromstring

from moto.s3.models import PublicAccessBlock, S3Backend
from moto.s3.responses import S3Response

from emulators.patched_moto.patching import Method, Patches

PATCHES = Patches("s3")

_SPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"


@PATCHES.around(S3Response, "_bucket_response_put")
def _put(put: Method, response: Any, *arguments: Any, **keywords: Any) -> Any:
    """The tags of a creation are the bucket's. moto drops them."""
    answer = put(response, *arguments, **keywords)
    wanted = _tags(response.body)
    if wanted:
        response.backend.put_bucket_tagging(response.bucket_name, wanted)
    bucket = response.backend.get_bucket(response.bucket_name)
    bucket.as_put = getattr(bucket, "as_put", {}) | dict.fromkeys(arguments[-1], response.body)
    return answer


@PATCHES.around(S3Response, "get_bucket_lifecycle")
def _lifecycle(get: Method, response: Any) -> Any:
    """Rules are shown as they were put. moto loses sizes and numbers of versions."""
    get(response)
    return 200, {}, response.backend.get_bucket(response.bucket_name).as_put["lifecycle"]


@PATCHES.around(S3Response, "get_bucket_logging")
def _logging(get: Method, response: Any) -> Any:
    """The same for where the log goes. moto loses the form of its keys."""
    answer = get(response)
    kept = getattr(response.backend.get_bucket(response.bucket_name), "as_put", {})
    return (200, {}, kept["logging"]) if "logging" in kept else answer


@PATCHES.around(S3Backend, "create_bucket")
def _create(create: Method, *arguments: Any, **keywords: Any) -> Any:
    """A new bucket is encrypted, closed to the public, and its owner's alone."""
    bucket = create(*arguments, **keywords)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": "false"}
    bucket.encryption = {"Rule": rule}
    bucket.public_access_block = PublicAccessBlock(True, True, True, True)
    bucket.ownership_rule = "BucketOwnerEnforced"
    return bucket


def _tags(body: Any) -> dict[str, str]:
    """Those of a creation; every other call of a bucket comes along here too."""
    if not body or b"<CreateBucketConfiguration" not in (body if isinstance(body, bytes) else body.encode()):
        return {}
    tags = fromstring(body).iter(f"{_SPACE}Tag")  # noqa: S314 - what botocore wrote on this machine
    return {str(tag.findtext(f"{_SPACE}Key")): tag.findtext(f"{_SPACE}Value") or "" for tag in tags}
