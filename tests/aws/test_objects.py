"""Objects of a bucket: what is compared of them, what is shown, and where they are looked for."""

import json
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from pydantic import ValidationError

from controller.aws.s3.bucket import Bucket
from controller.aws.s3.content import Body, Checksum, Content
from controller.aws.s3.object import Object
from controller.aws.s3.object_spec import ObjectSpec
from controller.aws.s3.places import names_of
from controller.core.model.call import Call, Change
from controller.core.model.live import Live
from controller.core.model.node import Node
from controller.core.model.reference import Address
from controller.core.model.shape import Tree, tree_of
from controller.core.model.writer import WriteContext
from controller.report.plan_json import plain, settled
from tests.engine.harness import ScriptedCloud

SITE = Address("Object", "site")
AROUND = WriteContext(known=lambda value: value)
PAGE = b"<h1>" + b"long " * 1000


def node(**fields: Any) -> Node:
    """A node of the document `fields`."""
    said = tree_of(ObjectSpec.model_validate({"bucket": {"id": "files"}, **fields}))
    return Node(SITE, Object().desired("kit", SITE, said), {})


def based(body: bytes) -> str:
    """Bytes in base64."""
    return b64encode(body).decode()


def test_a_content_is_shown_by_checksum_and_size() -> None:
    """Nothing that is printed of a plan holds the content."""
    (call,) = Object().create(node(prefix="", files={"index.html": based(PAGE)}))
    shown = json.dumps(plain(settled(call.parameters, {}))) + repr(call) + str(plain(node(key="a", content="long ")))
    assert f"sha256:{sha256(PAGE).hexdigest()} ({len(PAGE)} bytes)" in shown
    assert "long long" not in shown


def test_a_content_is_sent_as_it_is() -> None:
    """The bytes of each file go out, whole each time."""
    (call,) = Object().create(node(prefix="", files={"index.html": based(PAGE)}))
    body = call.parameters["Body"].write(call.parameters["Body"].document)
    assert isinstance(body, Body)
    assert PAGE == body.read()


@pytest.mark.parametrize("desired", [Content.of(b"text"), "text"])
def test_a_content_is_compared_by_its_checksum(desired: str) -> None:
    """A content that was put together from attributes too."""
    assert Checksum().equal(desired, f"sha256:{sha256(b'text').hexdigest()}")
    assert not Checksum().equal(desired, f"sha256:{sha256(b'other').hexdigest()}")
    assert not Checksum().equal(desired, None)


@pytest.mark.parametrize(
    ("key", "found"),
    [("a/index.html", "text/html"), ("logo.png", "image/png"), ("archive.tar.gz", None), ("README", None)],
)
def test_the_end_of_a_name_says_what_it_is(key: str, found: str | None) -> None:
    """As long as the document does not, and only where it is known."""
    (file,) = node(key=key, content="").fields["files"]
    assert found == file.get("contentType")
    (told,) = node(key=key, content="", contentType="text/plain").fields["files"]
    assert "text/plain" == told["contentType"]


def test_a_destroy_deletes_what_the_document_names() -> None:
    """A stranger with the prefix was never read, and stays."""
    kind = Object()
    items = [{"Key": "site/a", "ETag": "1"}, {"Key": "site/stranger", "ETag": "2"}]
    live = kind.completed(
        kind.gathered("files", "site/", items), {"files[site/a]": ("1", {"content": "sha256:0"}, {})}
    )
    assert [{"Bucket": "files", "Key": "site/a"}] == [call.parameters for call in kind.delete(SITE, live, AROUND)]


def test_what_was_read_of_an_older_content_counts_for_nothing() -> None:
    """Another ETag in the listing means that the checksum has to be read again."""
    kind = Object()
    live = kind.gathered("files", "a", [{"Key": "a", "ETag": "new"}])
    found = kind.completed(live, {"files[a]": ("old", {"content": "sha256:0"}, {})})
    assert live.fields == found.fields


HEAD = {"ETag": "1", "ContentType": "text/plain", "Expires": datetime(2030, 1, 1, tzinfo=UTC), "TagCount": 2}
TAGS = {"TagSet": [{"Key": "team", "Value": "web & co"}, {"Key": "tier", "Value": ""}]}
BESIDE = {"Expires": "2030-01-01T00:00:00+00:00", "Tagging": "team=web+%26+co&tier="}


def shown(key: str, cloud: ScriptedCloud) -> Live:
    """An object as the reads for it show it."""
    kind = Object()
    live = kind.gathered("files", key, [{"Key": key, "ETag": "1"}])
    return kind.completed(live, {f"files[{key}]": kind.detail(cloud, live, f"files[{key}]")})


def test_an_object_keeps_its_tags_and_when_it_expires() -> None:
    """S3 forgets both where an object is put again without them."""
    cloud = ScriptedCloud(lambda operation, parameters: TAGS if operation == "GetObjectTagging" else HEAD)
    wanted = node(key="a.txt", content="new")
    (file,) = wanted.fields["files"]
    change = Change("files[a.txt]", "change", file, None)
    (call,) = Object().update(wanted, [change], shown("a.txt", cloud), AROUND)
    assert ("PutObject", BESIDE) == (call.operation, {name: call.parameters[name] for name in BESIDE})
    copied = {**file, "content": "sha256:0"}
    (call,) = Object().update(wanted, [replace(change, desired=copied)], shown("a.txt", cloud), AROUND)
    assert ("CopyObject", BESIDE["Expires"]) == (call.operation, call.parameters["Expires"])
    assert "Tagging" not in call.parameters
    assert [] == Object().problems(call)


def test_the_tags_of_an_object_without_any_are_not_asked_for() -> None:
    """The answer for the object says how many there are."""
    cloud = ScriptedCloud(lambda operation, parameters: {"ETag": "1"})
    assert shown("a.txt", cloud).original is None
    assert ["HeadObject"] == [operation for operation, _ in cloud.asked]


def of_acl(acl: str, observed: str, content: str = "text") -> tuple[Call, ...]:
    """The calls for an object that is shown with another ACL than it is to have, or with another content."""
    wanted = node(key="a.txt", content="text", acl=acl)
    (file,) = wanted.fields["files"]
    shown = {**file, "content": f"sha256:{sha256(content.encode()).hexdigest()}", "acl": observed}
    return Object().update(wanted, [Change("files[a.txt]", "change", file, shown)], None, AROUND)


def test_an_acl_alone_is_set_on_the_version_that_is_there() -> None:
    """A put would make a new version, and leave the older one as open as it was."""
    (call,) = of_acl("private", "public-read")
    assert ("PutObjectAcl", {"Bucket", "Key", "ACL"}) == (call.operation, {*call.parameters})
    assert "private" == call.parameters["ACL"]
    assert [] == Object().problems(call)


def test_an_acl_goes_along_with_each_put() -> None:
    """S3 makes an object private that is put without one; a bucket without ACLs takes only that."""
    (call,) = of_acl("public-read", "public-read", "other")
    assert ("PutObject", "public-read") == (call.operation, call.parameters["ACL"])
    (call,) = of_acl("private", "private", "other")
    assert ("PutObject", None) == (call.operation, call.parameters.get("ACL"))


def test_an_acl_is_read_where_the_document_has_one() -> None:
    """Those without cost no read."""
    kind = Object()
    assert {"files[a.txt]"} == kind.detailed(node(key="a.txt", content="").fields)
    assert {"files[a.txt]", "acl[a.txt]"} == kind.detailed(node(key="a.txt", content="", acl="private").fields)
    assert (True, False) == (kind.guards("acl[a.txt]"), kind.guards("files[a.txt]"))


WRONG: list[Tree] = [
    {"key": "a"},
    {"key": "a", "content": "x", "contentBase64": "eA=="},
    {"key": "a/", "content": "x"},
    {"key": "a", "contentBase64": "not base64!"},
    {"prefix": "a", "files": {"b": "eA=="}},
    {"prefix": "a/", "files": {}},
    {"prefix": "a/", "files": {"b": "not base64!"}},
    {"key": "a", "files": {"b": "eA=="}},
]


@pytest.mark.parametrize("fields", WRONG, ids=str)
def test_a_mistake_is_told_offline(fields: Tree) -> None:
    """One object has a key and one content; files have a prefix."""
    with pytest.raises(ValidationError):
        ObjectSpec.model_validate({"bucket": "files", **fields})


def test_a_bucket_has_the_names_of_its_region() -> None:
    """The websites of the oldest regions have a dash before the region, and China a domain of its own."""
    assert "files.s3-website-eu-west-1.amazonaws.com" == names_of("files", "eu-west-1")["websiteEndpoint"]
    assert "files.s3-website.eu-north-1.amazonaws.com" == names_of("files", "eu-north-1")["websiteEndpoint"]
    assert "files.s3.cn-north-1.amazonaws.com.cn" == names_of("files", "cn-north-1")["regionalDomainName"]
    assert "arn:aws-cn:s3:::files" == names_of("files", "cn-north-1")["arn"]
    assert "websiteHostedZoneId" not in names_of("files", "mars-north-1")


@pytest.mark.parametrize(
    ("region", "expected"), [("us-east-1", {}), ("eu-west-1", {"LocationConstraint": "eu-west-1"})]
)
def test_a_bucket_is_made_with_its_marks_where_the_stack_is(region: str, expected: Tree) -> None:
    """The region is said everywhere but in the one that AWS takes when nothing is."""
    (call,) = Bucket().create(
        Node(Address("Bucket", "files"), {"bucketName": "kit-files"}, {"a": "b"}, region=region)
    )
    tags = {"Tags": [{"Key": "a", "Value": "b"}]}
    assert {"Bucket": "kit-files", "CreateBucketConfiguration": {**expected, **tags}} == call.parameters


OWNER: Tree = {"Grantee": {"ID": "me", "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}
GROUPS = "http://acs.amazonaws.com/groups"


def to_group(name: str, permission: str) -> Tree:
    """A grant to one of S3's groups."""
    return {"Grantee": {"URI": f"{GROUPS}/{name}", "Type": "Group"}, "Permission": permission}


ALL = to_group("global/AllUsers", "READ")
ACLS = [
    ("private", [OWNER]),
    ("public-read", [ALL, OWNER]),
    ("public-read-write", [OWNER, to_group("global/AllUsers", "WRITE"), ALL]),
    ("authenticated-read", [OWNER, to_group("global/AuthenticatedUsers", "READ")]),
    ("log-delivery-write", [OWNER, to_group("s3/LogDelivery", "WRITE"), to_group("s3/LogDelivery", "READ_ACP")]),
    ("custom", []),
    ("custom", [ALL]),
    ("custom", [OWNER, {"Grantee": {"ID": "other", "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}]),
]


@pytest.mark.parametrize(("acl", "grants"), ACLS)
def test_grants_are_shown_as_the_canned_acl_that_makes_them(acl: str, grants: list[Tree]) -> None:
    """In whatever order S3 shows them; what no canned ACL makes is equal to none."""
    answer = {"Owner": {"ID": "me"}, "Grants": grants}
    cloud = ScriptedCloud(lambda operation, parameters: answer)
    assert acl == Bucket().detail(cloud, Live("Bucket", "files", {}, {}), "acl")


@pytest.mark.parametrize("name", ["Kit", "kit_files", "-kit", "k"])
def test_a_name_that_s3_refuses_is_told_offline(name: str) -> None:
    """S3's names are stricter than those of the document."""
    with pytest.raises(ValueError, match="is not a valid bucket name"):
        Bucket().desired("kit", Address("Bucket", "files"), {"bucketName": name})


def test_tags_of_others_are_written_along() -> None:
    """S3 takes all tags at once: what others set goes out with ours."""
    bucket = Node(Address("Bucket", "files"), {"bucketName": "kit-files"}, {})
    live = Live("Bucket", "b", {}, {"Env": "test", "Theirs": "kept"})
    (call,) = Bucket().tag(bucket, {"Env": "prod"}, live)
    expected = [{"Key": "Env", "Value": "prod"}, {"Key": "Theirs", "Value": "kept"}]
    assert expected == call.parameters["Tagging"]["TagSet"]
    assert ("tags[Env]",) == call.fields
