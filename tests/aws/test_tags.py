"""Tags in the dialects of the services: written as the models want them, read in as few calls as AWS allows."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from controller.aws.catalog import catalog
from controller.aws.cloudfront.origin_access_control import OriginAccessControl
from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import Described, Ec2Tags, NoTags, ServiceTags, without_owner_tags
from controller.aws.declaration.wire import input_shape
from controller.core.model.call import Call, Change
from controller.core.model.cloud import Meaning, Refused, Unreachable
from controller.core.model.live import Live
from controller.core.model.node import Node
from controller.core.model.ownership import OWNER_NAME, OWNER_STACK
from controller.core.model.reference import Address, Encoded, Placeholder
from controller.core.model.writer import WriteContext
from tests.engine.harness import ScriptedCloud

MARKS = {"Name": "a", "Env": "b"}
LISTED = [{"Key": "Name", "Value": "a"}, {"Key": "Env", "Value": "b"}]
LIST = ServiceTags("AddTagsToResource", "RemoveTagsFromResource", "ResourceName", listed="TagList")
MAP = ServiceTags("TagResource", "UntagResource", "Resource", read_with="ListTags")
STRUCTURE = ServiceTags(
    "TagResource", "UntagResource", "Resource", read_with="ListTagsForResource", tags="Tags.Items"
)
PAIRS = ServiceTags("AddTags", "RemoveTags", "LoadBalancerNames", keys="Tags", listed="Tags")
WHOLE = ServiceTags("PutBucketTagging", "DeleteBucketTagging", "Bucket", value="Tagging", keys="", listed="Tags")
TYPED = ServiceTags(
    "AddTagsToResource", "RemoveTagsFromResource", "ResourceId", constant={"ResourceType": "Parameter"}
)
BATCH = ServiceTags(
    "AddTags",
    "RemoveTags",
    "ResourceArns",
    read_with="DescribeTags",
    batch=2,
    items="TagDescriptions",
    item_target="ResourceArn",
)


@pytest.mark.parametrize(
    ("tagging", "service", "parameters"),
    [
        (LIST, "rds", {"ResourceName": "arn", "Tags": LISTED}),
        (MAP, "lambda", {"Resource": "arn", "Tags": MARKS}),
        (STRUCTURE, "cloudfront", {"Resource": "arn", "Tags": {"Items": LISTED}}),
        (PAIRS, "elb", {"LoadBalancerNames": ["arn"], "Tags": LISTED}),
        (WHOLE, "s3", {"Bucket": "arn", "Tagging": {"TagSet": LISTED}}),
        (TYPED, "ssm", {"ResourceType": "Parameter", "ResourceId": "arn", "Tags": LISTED}),
        (BATCH, "elbv2", {"ResourceArns": ["arn"], "Tags": LISTED}),
    ],
)
def test_tags_are_set_as_the_model_wants_them(tagging: ServiceTags, service: str, parameters: Any) -> None:
    """One call for all; list, map or structure is read off AWS's model of the operation."""
    expected = Call(service, tagging.add, parameters, ("tags[Name]",))
    assert [expected] == list(tagging.later(service, "arn", MARKS, ("tags[Name]",)))


@pytest.mark.parametrize(
    ("tagging", "service", "parameters"),
    [
        (LIST, "rds", {"ResourceName": "arn", "TagKeys": ["a", "b"]}),
        (STRUCTURE, "cloudfront", {"Resource": "arn", "TagKeys": {"Items": ["a", "b"]}}),
        (PAIRS, "elb", {"LoadBalancerNames": ["arn"], "Tags": [{"Key": "a"}, {"Key": "b"}]}),
        (WHOLE, "s3", {"Bucket": "arn"}),
        (TYPED, "ssm", {"ResourceType": "Parameter", "ResourceId": "arn", "TagKeys": ["a", "b"]}),
    ],
)
def test_tags_are_taken_off_by_their_keys(tagging: ServiceTags, service: str, parameters: Any) -> None:
    """One call; a service that knows no single tag takes off all."""
    assert [Call(service, tagging.remove, parameters, deletes=True)] == list(
        tagging.release(service, "arn", ("a", "b"))
    )


@pytest.mark.parametrize(
    ("tagging", "service", "operation", "parameters"),
    [
        (LIST, "rds", "CreateDBInstance", {"Tags": LISTED}),
        (MAP, "lambda", "CreateFunction", {"Tags": MARKS}),
        (
            ServiceTags("TagResource", "UntagResource", "Resource", parameter="DistributionConfigWithTags.Tags"),
            "cloudfront",
            "CreateDistributionWithTags",
            {"DistributionConfigWithTags": {"Tags": {"Items": LISTED}}},
        ),
        (ServiceTags("TagResource", "UntagResource", "Resource", parameter=""), "rds", "CreateDBInstance", {}),
        (
            Ec2Tags("vpc"),
            "ec2",
            "CreateVpc",
            {"TagSpecifications": [{"ResourceType": "vpc", "Tags": LISTED}]},
        ),
        (NoTags(), "ec2", "CreateVpc", {}),
    ],
)
def test_tags_at_creation(tagging: Any, service: str, operation: str, parameters: Mapping[str, Any]) -> None:
    """They go along in the create call, as deep as its model has them."""
    assert parameters == tagging.at_creation(MARKS, input_shape(service, operation))


@pytest.mark.parametrize(
    "shown",
    [LISTED, {"Items": LISTED}, MARKS, [{"TagKey": "Name", "TagValue": "a"}, {"TagKey": "Env", "TagValue": "b"}]],
)
def test_tags_are_read_in_every_form(shown: Any) -> None:
    """A list, a list in a structure, a map; under whatever names the service has for key and value."""
    assert MARKS == LIST.read({"TagList": shown})


def test_tags_without_a_value() -> None:
    """No tags are an empty map, a tag without a value has an empty one, and `Items` may be the key of a tag."""
    assert {} == LIST.read({})
    assert {"a": ""} == LIST.read({"TagList": [{"Key": "a"}]})
    assert {"Items": "x"} == LIST.read({"TagList": {"Items": "x"}})


# --- read by their own call ---


def load_balancers(*gone: str, meaning: Meaning = Meaning.NOT_FOUND) -> Callable[[str, Mapping[str, Any]], Any]:
    """Answers for things that are tagged with their own name, and refuses what names one that is gone."""

    def reply(operation: str, parameters: Mapping[str, Any]) -> Any:
        if {*parameters["ResourceArns"]} & {*gone}:
            raise Refused("elbv2", operation, "Code", meaning, "no")
        shown = [{"ResourceArn": arn, "Tags": [{"Key": "Name", "Value": arn}]} for arn in parameters["ResourceArns"]]
        return {"TagDescriptions": shown}

    return reply


def asked(cloud: ScriptedCloud) -> list[list[str]]:
    """The things of each read."""
    return [parameters["ResourceArns"] for _, parameters in cloud.asked]


def test_tags_are_read_in_batches() -> None:
    """As many things in a call as AWS takes, and no call for none."""
    cloud = ScriptedCloud(load_balancers())
    assert {name: {"Name": name} for name in "abc"} == BATCH.fetch(cloud, "elbv2", ["a", "b", "c"])
    assert [["a", "b"], ["c"]] == asked(cloud)
    assert {} == BATCH.fetch(cloud, "elbv2", [])


def test_one_of_a_batch_is_left_out() -> None:
    """What the answer says nothing of is no thing without tags: it is read by itself, and then nothing is known."""

    def lacking(operation: str, parameters: Mapping[str, Any]) -> Any:
        shown = [
            name for name in parameters["ResourceArns"] if name != "b" or len(parameters["ResourceArns"]) == again
        ]
        return {"TagDescriptions": [{"ResourceArn": name, "Tags": []} for name in shown]}

    again = 1
    assert {"a": {}, "b": {}} == BATCH.fetch(ScriptedCloud(lacking), "elbv2", ["a", "b"])
    again = 0
    with pytest.raises(Unreachable, match="does not include b"):
        BATCH.fetch(ScriptedCloud(lacking), "elbv2", ["a", "b"])


def test_an_answer_without_tags() -> None:
    """Tags that are not in the answer at all are not known; AWS's word for "none" is none."""
    assert {"a": {}} == MAP.fetch(ScriptedCloud(lambda *_: {"Tags": {}}), "lambda", ["a"])
    with pytest.raises(Unreachable, match="does not include a"):
        MAP.fetch(ScriptedCloud(), "lambda", ["a"])


@pytest.mark.parametrize(("code", "found"), [("NoSuchTagSet", {"a": {}}), ("NoSuchBucket", {})])
def test_none_is_not_gone(code: str, found: Mapping[str, Any]) -> None:
    """A thing without tags is told from a thing that is gone, though AWS finds nothing of either."""

    def missing(operation: str, parameters: Mapping[str, Any]) -> Any:
        raise Refused("s3", operation, code, Meaning.NOT_FOUND, "no")

    bucket = catalog()["Bucket"]
    assert isinstance(bucket, AwsKind)
    assert found == bucket.tagging.fetch(ScriptedCloud(missing), "s3", ["a"])


def test_one_of_a_batch_is_gone() -> None:
    """The others of its batch are read one by one, the one that is gone is left out."""
    cloud = ScriptedCloud(load_balancers("a", "d"))
    assert {name: {"Name": name} for name in "bc"} == BATCH.fetch(cloud, "elbv2", ["a", "b", "c", "d"])
    assert [["a", "b"], ["a"], ["b"], ["c", "d"], ["c"], ["d"]] == asked(cloud)


def test_a_read_that_is_denied() -> None:
    """Only what is gone is left out: without the permission nothing is known of any of them."""
    cloud = ScriptedCloud(load_balancers("a", meaning=Meaning.DENIED))
    with pytest.raises(Refused):
        BATCH.fetch(cloud, "elbv2", ["a", "b"])


def test_tags_of_one_thing_a_call() -> None:
    """Without batches each thing has a call of its own, and the tags stand where the answer has them."""
    cloud = ScriptedCloud(lambda operation, parameters: {"Tags": {"Items": LISTED}})
    assert {"a": MARKS, "b": MARKS} == STRUCTURE.fetch(cloud, "cloudfront", ["a", "b"])
    assert [("ListTagsForResource", {"Resource": name}) for name in "ab"] == cloud.asked


# --- where things of ours may be ---


def test_the_tagging_api_says_where_to_look() -> None:
    """By the owner tag, under every name that a listing may show: the ARN, its resource, and its last part."""
    tagging = ServiceTags("TagResource", "UntagResource", "ResourceArn", search="sns")
    arns = ["arn:aws:sns:us-east-1:1:topic", "arn:aws:iam::1:role/path/name"]
    body = {"ResourceTagMappingList": [{"ResourceARN": arn} for arn in arns]}
    cloud = ScriptedCloud(lambda operation, parameters: body)
    assert {*arns, "topic", "role/path/name", "path/name", "name"} <= tagging.owned(cloud, {"web", "api"})
    filters = [{"Key": "holdfast.dev/stack", "Values": ["api", "web"]}]
    assert [("GetResources", {"TagFilters": filters, "ResourceTypeFilters": ["sns"]})] == cloud.asked
    assert frozenset() == LIST.owned(cloud, {"web"})


# --- where there are no tags ---

DESCRIBED = Described(within="description", shown="Description", limit=256)
OURS = {OWNER_STACK: "edge", OWNER_NAME: "cdn"}


@pytest.mark.parametrize("text", ["", "lets the CDN in", "a [note]", "ends in a bracket]"])
def test_a_text_carries_the_owner_tags(text: str) -> None:
    """What people wrote and whose the thing is are told apart, and both are whole."""
    shown = DESCRIBED.with_owner_tags(text, {**OURS, "Env": "prod"})
    assert OURS == DESCRIBED.read({"Description": shown})
    assert text == without_owner_tags(shown)


@pytest.mark.parametrize(
    "text", [None, "", "nobody's", "[holdfast.dev/stack=edge] and more", "[a=b]", "holdfast.dev/"]
)
def test_a_text_without_owner_tags_has_none(text: str | None) -> None:
    """Only what stands in brackets at the end, word for word, counts."""
    assert {} == DESCRIBED.read({"Description": text})


def test_a_text_that_is_known_later_carries_them_too() -> None:
    """An expression stays one until the call is made."""
    text = DESCRIBED.with_owner_tags(Placeholder(Address("Vpc", "main")), OURS)
    assert isinstance(text, Encoded)
    assert DESCRIBED.with_owner_tags("vpc-1", OURS) == text.write("vpc-1")


def test_a_text_without_room_for_them_is_refused() -> None:
    """One that is too long, or could be taken for owner tags itself, is told before anything is made."""
    assert "" == DESCRIBED.fault("x" * 100, OURS)
    assert "room for" in DESCRIBED.fault("x" * 250, OURS)
    assert "holdfast.dev/" in DESCRIBED.fault("[holdfast.dev/stack=other]", OURS)
    control = OriginAccessControl()
    with pytest.raises(ValueError, match="room for"):
        control.desired("edge", Address("OriginAccessControl", "cdn"), {"description": "x" * 250})


def test_a_text_is_corrected_together_with_its_owner_tags() -> None:
    """One call sets both; where only the tags are to be set the text stays as it is live, and so do others' tags."""
    control, address = OriginAccessControl(), Address("OriginAccessControl", "cdn")
    node = Node(address, control.desired("edge", address, {"description": "ours"}), OURS)
    whole = {"OriginAccessControl": {"OriginAccessControlConfig": {"Name": "edge-cdn"}}, "ETag": "1"}
    live = Live(control.name, "E1", {"description": "theirs"}, {"holdfast.dev/other": "x"}, original=whole)
    around = WriteContext(known=lambda value: value)
    (call,) = control.correct(node, OURS, (Change("description", "change", "ours", "theirs"),), live, around)
    (alone,) = control.tag(node, OURS, live)
    marks = "[holdfast.dev/other=x holdfast.dev/stack=edge holdfast.dev/name=cdn]"
    texts = [each.parameters["OriginAccessControlConfig"]["Description"] for each in (call, alone)]
    assert [f"ours {marks}", f"theirs {marks}"] == texts
    tags = tuple(f"tags[{key}]" for key in OURS)
    assert [("description", *tags), tags] == [call.fields, alone.fields]
