"""What a read leaves out is not empty: of that thing nothing is known, and nothing may follow from it."""

from collections.abc import Mapping
from typing import Annotated, Any

import pytest

from controller.aws.catalog import catalog
from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import ServiceTags
from controller.aws.declaration.words import Create, Join, Listing, States
from controller.core.model.cloud import Meaning, Refused, Unreachable
from controller.core.model.live import Live
from controller.core.model.ownership import OWNER_NAME, OWNER_STACK, Owner
from controller.core.model.reader import Scope
from controller.core.model.spec import Aws, Immutable, Tagged, To
from tests.engine.harness import ScriptedCloud


def kind(name: str) -> AwsKind:
    """A kind of the catalog."""
    found = catalog()[name]
    assert isinstance(found, AwsKind)
    return found


def scripted(answers: Mapping[str, Any]) -> ScriptedCloud:
    """A cloud with one answer for each operation; an error is raised."""

    def reply(operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        answer = answers[operation]
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)

    return ScriptedCloud(reply)


def missing(code: str) -> Refused:
    """AWS finds something not."""
    return Refused("aws", "Read", code, Meaning.NOT_FOUND, "no")


# --- what completes a listing ---

TEMPLATE = {"LaunchTemplateId": "lt-1", "LaunchTemplateName": "web"}
ROLE = {"RoleName": "app", "AssumeRolePolicyDocument": {}}
JOINED = [
    pytest.param(
        "LaunchTemplate",
        {"DescribeLaunchTemplates": {"LaunchTemplates": [TEMPLATE]}},
        ("DescribeLaunchTemplateVersions", "LaunchTemplateVersions", {**TEMPLATE, "DefaultVersion": True}),
        id="LaunchTemplate",
    ),
    pytest.param(
        "Role",
        {"GetAccountAuthorizationDetails": {"RoleDetailList": [ROLE]}},
        ("ListRoles", "Roles", ROLE),
        id="Role",
    ),
    pytest.param(
        "Parameter",
        {
            "DescribeParameters": {"Parameters": [{"Name": "p", "Type": "String"}]},
            "ListTagsForResource": {"TagList": []},
        },
        ("GetParameters", "Parameters", {"Name": "p", "Value": "v"}),
        id="Parameter",
    ),
]


@pytest.mark.parametrize(("name", "listing", "further"), JOINED)
def test_what_a_further_read_leaves_out_is_not_unset(
    name: str, listing: Mapping[str, Any], further: tuple[str, str, Any]
) -> None:
    """Where AWS shows something of each thing, a thing that it shows nothing of was not read."""
    operation, items, item = further
    (whole,) = kind(name).observe(scripted({**listing, operation: {items: [item]}}), Scope(everything=True))
    (cut,) = kind(name).observe(scripted({**listing, operation: {items: []}}), Scope(everything=True))
    assert "" == whole.unread
    assert f":{operation} returned nothing about it" in cut.unread


def test_what_is_not_wanted_is_not_unread() -> None:
    """What a further read is not made for is as it is listed."""
    answers = {"DescribeParameters": {"Parameters": [{"Name": "p"}]}}
    (live,) = kind("Parameter").observe(scripted(answers), Scope())
    assert "" == live.unread


def test_what_a_further_read_may_leave_out() -> None:
    """Of an instance that does not run AWS checks nothing."""
    instance = {"InstanceId": "i-1", "State": {"Name": "stopped"}}
    answers = {"DescribeInstances": {"Reservations": [{"Instances": [instance]}]}, "DescribeInstanceStatus": {}}
    (live,) = kind("Instance").observe(scripted(answers), Scope())
    assert "" == live.unread


# --- details ---

BUCKET = Live("Bucket", "site", {}, {})
PARTS = [detail for detail in kind("Bucket").reads if detail.not_set]


@pytest.mark.parametrize("detail", PARTS, ids=lambda detail: detail.name)
def test_not_set_is_not_gone(detail: Any) -> None:
    """A bucket without the part is told from a bucket that is gone, and from an answer with nothing in it."""
    bucket = kind("Bucket")
    shown = bucket.details(scripted({detail.operation: missing(detail.not_set)}), BUCKET, [detail.name])
    assert shown in ({detail.name: None}, {detail.name: []})
    with pytest.raises(Refused, match="NoSuchBucket"):
        bucket.details(scripted({detail.operation: missing("NoSuchBucket")}), BUCKET, [detail.name])
    with pytest.raises(Unreachable, match="lacks what it always contains"):
        bucket.details(scripted({detail.operation: {}}), BUCKET, [detail.name])


@pytest.mark.parametrize(
    "name", ["Vpc", "Instance", "LoadBalancer", "TargetGroup", "Listener", "Topic", "Secret", "Distribution"]
)
def test_a_thing_that_vanishes_has_not_everything_unset(name: str) -> None:
    """Between the listing and a further read it went: nothing is known of it."""

    def reply(operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        raise missing("Thing.NotFound")

    found = kind(name)
    for detail in found.detailed(dict.fromkeys(found.shape.fields)):
        with pytest.raises(Refused):
            found.details(ScriptedCloud(reply), Live(name, "id", {}, {}), [detail])


@pytest.mark.parametrize(
    ("name", "detail", "operation"),
    [
        ("Vpc", "enableDnsSupport", "DescribeVpcAttribute"),
        ("LoadBalancer", "attributes", "DescribeLoadBalancerAttributes"),
        ("Topic", "attributes", "GetTopicAttributes"),
        ("Distribution", "(whole)", "GetDistributionConfig"),
    ],
)
def test_an_answer_that_lacks_what_it_always_has(name: str, detail: str, operation: str) -> None:
    """An empty answer, where AWS has none, is a failed read."""
    with pytest.raises(Unreachable, match="lacks what it always contains"):
        kind(name).details(scripted({operation: {}}), Live(name, "id", {}, {}), [detail])


def test_what_is_gone_when_its_tags_are_asked_for_is_left_out() -> None:
    """It is no thing without tags, which might look like one of ours that somebody stripped."""
    answers = {"ListTopics": {"Topics": [{"TopicArn": "arn:aws:sns:eu-west-1:1:a"}]}}
    gone = scripted({**answers, "ListTagsForResource": missing("ResourceNotFoundException")})
    assert [] == [*kind("Topic").observe(gone, Scope(everything=True))]


def test_a_listing_of_plain_ids_reads_the_tags_of_what_may_be_ours() -> None:
    """Of a thousand strange queues none is asked for: only what a node wants, and what the search for marks names."""
    region = "https://sqs.eu-west-1.amazonaws.com/1"
    urls = [f"{region}/{name}" for name in ("wanted", "orphan", *(f"strange-{number}" for number in range(1000)))]
    found = {"ResourceTagMappingList": [{"ResourceARN": "arn:aws:sqs:eu-west-1:1:orphan"}]}
    cloud = scripted(
        {"ListQueues": {"QueueUrls": urls}, "GetResources": found, "ListQueueTags": {"Tags": {OWNER_STACK: "web"}}}
    )
    scope = Scope(stacks=frozenset({"web"}), keys=frozenset({("wanted",)}), search=True)
    lives = [*kind("Queue").observe(cloud, scope)]
    assert urls == [live.id for live in lives]
    assert urls[:2] == [live.id for live in lives if live.tags]
    asked = [parameters["QueueUrl"] for operation, parameters in cloud.asked if operation == "ListQueueTags"]
    assert sorted(urls[:2]) == sorted(asked)


LISTENER = "arn:aws:elasticloadbalancing:eu-west-1:1:listener/app/theirs/1/2"


def listeners(*, search: bool) -> tuple[list[Live], list[str]]:
    """The listeners in no balancer at all, of which the search for marks names one, and the operations asked."""
    item = {"ListenerArn": LISTENER, "LoadBalancerArn": "theirs", "Port": 80, "Protocol": "HTTP"}
    marks = [{"Key": OWNER_STACK, "Value": "web"}, {"Key": OWNER_NAME, "Value": "it"}]

    def reply(operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        if operation == "GetResources":
            return {"ResourceTagMappingList": [{"ResourceARN": arn} for arn in (LISTENER, f"{LISTENER}-gone")]}
        if operation == "DescribeTags":
            return {"TagDescriptions": [{"ResourceArn": LISTENER, "Tags": marks}]}
        if parameters["ListenerArns"] == [LISTENER]:
            return {"Listeners": [item]}
        raise missing("ListenerNotFound")

    cloud = ScriptedCloud(reply)
    lives = [*kind("Listener").observe(cloud, Scope(stacks=frozenset({"web"}), search=search))]
    return lives, [operation for operation, _ in cloud.asked]


def test_what_is_ours_in_a_parent_that_nobody_names_is_found_by_its_marks() -> None:
    """Where each parent has a listing of its own, AWS's search tells of what stands in one that is not looked into.
    It is read by its id, one that is gone is left out, and nothing is asked where nothing is searched for."""
    (live,), asked = listeners(search=True)
    assert (LISTENER, "theirs", Owner("web", "it")) == (live.id, live.fields["loadBalancer"], live.owner)
    assert ["GetResources", "DescribeListeners", "DescribeListeners", "DescribeTags"] == asked
    assert ([], []) == listeners(search=False)


def test_who_may_not_search_is_told_so() -> None:
    """A missing permission keeps from finding orphans and from nothing else; another error is one."""
    listed = {"ListTopics": {"Topics": [{"TopicArn": "arn:aws:sns:eu-west-1:1:a"}]}}
    told: list[str] = []
    scope = Scope(stacks=frozenset({"web"}), search=True, unsearched=told.append)
    denied = Refused("resourcegroupstaggingapi", "GetResources", "AccessDenied", Meaning.DENIED, "no")
    (live,) = kind("Topic").observe(scripted({**listed, "GetResources": denied}), scope)
    assert ({}, [str(denied)]) == (live.tags, told)
    throttled = Refused("resourcegroupstaggingapi", "GetResources", "Throttling", Meaning.THROTTLED, "no")
    with pytest.raises(Refused):
        [*kind("Topic").observe(scripted({**listed, "GetResources": throttled}), scope)]


def test_a_queue_without_tags_is_shown_without_them() -> None:
    """SQS leaves the tags out of its answer where there are none; a refusal is still no answer."""
    listed = {"ListQueues": {"QueueUrls": ["https://sqs.eu-west-1.amazonaws.com/1/a"]}}
    (live,) = kind("Queue").observe(scripted({**listed, "ListQueueTags": {}}), Scope(everything=True))
    assert {} == live.tags
    denied = Refused("sqs", "ListQueueTags", "AccessDenied", Meaning.DENIED, "no")
    with pytest.raises(Refused):
        [*kind("Queue").observe(scripted({**listed, "ListQueueTags": denied}), Scope(everything=True))]
    gone = scripted({**listed, "ListQueueTags": missing("QueueDoesNotExist")})
    assert [] == [*kind("Queue").observe(gone, Scope(everything=True))]


# --- descriptions ---


TABLES = "arn:aws:dynamodb:eu-west-1:1:table/"


def tables(*names: str, **answers: Any) -> ScriptedCloud:
    """A cloud with tables that are described one by one; those in `answers` answer otherwise."""

    def reply(operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        found: Any
        match operation:
            case "ListTables":
                found = {"TableNames": list(names)}
            case "GetResources":
                found = {"ResourceTagMappingList": [{"ResourceARN": f"{TABLES}orphan"}]}
            case "ListTagsOfResource":
                found = {"Tags": [{"Key": OWNER_STACK, "Value": "web"}]}
            case _:
                name = parameters["TableName"]
                table = {"TableName": name, "TableArn": f"{TABLES}{name}", "TableStatus": "ACTIVE"}
                found = answers.get(name, {"Table": table})
        if isinstance(found, Exception):
            raise found
        return dict(found)

    return ScriptedCloud(reply)


WANTED = Scope(stacks=frozenset({"web"}), keys=frozenset({("wanted",)}), search=True)


def test_of_plain_ids_only_what_may_be_ours_is_described() -> None:
    """Of a thousand strange tables none is: only what a node wants, and what the search for marks names."""
    names = ["wanted", "orphan", *(f"strange-{number}" for number in range(1000))]
    cloud = tables(*names)
    lives = [*kind("DynamoDbTable").observe(cloud, WANTED)]
    assert names == [live.id for live in lives]
    assert names[:2] == [live.id for live in lives if live.tags]
    asked = [parameters for operation, parameters in cloud.asked if operation == "DescribeTable"]
    assert [{"TableName": "wanted"}, {"TableName": "orphan"}] == asked
    tags = [parameters for operation, parameters in cloud.asked if operation == "ListTagsOfResource"]
    assert [{"ResourceArn": f"{TABLES}wanted"}, {"ResourceArn": f"{TABLES}orphan"}] == tags


def test_what_is_gone_when_it_is_to_be_described_is_left_out() -> None:
    """It went after it was listed; an answer without it, or a refusal, says nothing of the kind."""
    gone = tables("wanted", "orphan", wanted=missing("ResourceNotFoundException"))
    assert ["orphan"] == [live.id for live in kind("DynamoDbTable").observe(gone, WANTED)]
    with pytest.raises(Unreachable, match="lacks what it always contains"):
        [*kind("DynamoDbTable").observe(tables("wanted", wanted={}), WANTED)]
    denied = Refused("dynamodb", "DescribeTable", "AccessDenied", Meaning.DENIED, "no")
    with pytest.raises(Refused):
        [*kind("DynamoDbTable").observe(tables("wanted", wanted=denied), WANTED)]


class ServiceSpec(Tagged):
    """What is said of a service here."""

    cluster: Annotated[str, To("Cluster"), Immutable(), Aws("cluster")]
    service_name: Annotated[str, Immutable(), Aws("serviceName")]
    desired_count: Annotated[int | None, Aws("desiredCount")] = None


class Service(AwsKind):
    """A service of ECS, as far as it is read: listed by its cluster as ARNs alone, described ten at a time."""

    spec, service, id_field, parent = ServiceSpec, "ecs", "serviceArn", "cluster"
    tagging = ServiceTags("TagResource", "UntagResource", "resourceArn", of="id", listed="tags")
    listing = Listing("ListServices", "serviceArns", page=100, parent="cluster")
    joins = (Join("DescribeServices", "services", "serviceArn", "services", 10, {"include": ["TAGS"]}, always=True),)
    states = States("status", leaving=frozenset({"draining"}), gone=frozenset({"inactive"}))
    creation, deletion = Create("CreateService", "service"), "DeleteService"


def test_many_things_are_described_in_one_call_for_each_parent() -> None:
    """So many ids a call as AWS takes, with what they stand in; what the answer leaves out is not unset."""
    cluster, region = "arn:aws:ecs:eu-west-1:1:cluster", "arn:aws:ecs:eu-west-1:1:service"
    listed = {
        f"{cluster}/blue": [f"{region}/blue/{number}" for number in range(12)],
        f"{cluster}/green": [f"{region}/green/one", f"{region}/green/lost"],
    }

    def reply(operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        if operation == "ListServices":
            return {"serviceArns": listed[parameters["cluster"]]}
        shown = [arn for arn in parameters["services"] if not arn.endswith("lost")]
        return {"services": [{"serviceArn": arn, "status": "ACTIVE", "desiredCount": 2} for arn in shown]}

    cloud = ScriptedCloud(reply)
    lives = [*Service().observe(cloud, Scope(everything=True, parents=tuple(listed)))]
    asked = [parameters for operation, parameters in cloud.asked if operation == "DescribeServices"]
    blue, green = listed.values()
    assert [(f"{cluster}/blue", 10), (f"{cluster}/blue", 2), (f"{cluster}/green", 2)] == [
        (each["cluster"], len(each["services"])) for each in asked
    ]
    assert all(each["include"] == ["TAGS"] for each in asked)
    assert [*blue, *green] == [live.id for live in lives]
    assert 2 == lives[0].fields["desiredCount"]
    assert [green[1]] == [live.id for live in lives if live.unread]


# --- one thing by its id ---

TERMINATED = {"InstanceId": "i-1", "State": {"Name": "terminated"}}


@pytest.mark.parametrize(
    ("name", "id", "operation", "parameters", "body"),
    [
        ("Vpc", "vpc-1", "DescribeVpcs", {"VpcIds": ["vpc-1"]}, {"Vpcs": [{"VpcId": "vpc-1", "State": "pending"}]}),
        ("DbProxy", "p", "DescribeDBProxies", {"DBProxyName": "p"}, {"DBProxies": [{"DBProxyName": "p"}]}),
        ("Role", "app", "GetRole", {"RoleName": "app"}, {"Role": {"RoleName": "app"}}),
        ("Bucket", "site", "HeadBucket", {"Bucket": "site"}, {"BucketRegion": "eu-west-1"}),
        (
            "LifecycleHook",
            "group/hook",
            "DescribeLifecycleHooks",
            {"AutoScalingGroupName": "group", "LifecycleHookNames": ["hook"]},
            {"LifecycleHooks": [{"AutoScalingGroupName": "group", "LifecycleHookName": "hook"}]},
        ),
        (
            "LogGroup",
            "/a/b",
            "DescribeLogGroups",
            {"logGroupNamePrefix": "/a/b"},
            {"logGroups": [{"logGroupName": "/a/b/c"}, {"logGroupName": "/a/b"}]},
        ),
    ],
)
def test_one_thing_is_asked_for_by_its_id(
    name: str, id: str, operation: str, parameters: Mapping[str, Any], body: Mapping[str, Any]
) -> None:
    """Without the size of a page, which AWS refuses beside ids; what AWS does not find is not shown."""
    cloud = scripted({operation: body})
    assert kind(name).shows(cloud, id) is True
    assert [(operation, parameters)] == cloud.asked
    assert kind(name).shows(scripted({operation: missing("Thing.NotFound")}), id) is False


@pytest.mark.parametrize(
    ("name", "id", "operation", "body"),
    [
        ("Instance", "i-1", "DescribeInstances", {"Reservations": [{"Instances": [TERMINATED]}]}),
        ("NatGateway", "nat-1", "DescribeNatGateways", {"NatGateways": [{"NatGatewayId": "nat-2"}]}),
        ("NatGateway", "nat-1", "DescribeNatGateways", {"NatGateways": []}),
        ("Secret", "arn:1", "DescribeSecret", {"ARN": "arn:1", "DeletedDate": "today"}),
        ("LogGroup", "/a/b", "DescribeLogGroups", {"logGroups": [{"logGroupName": "/a/b/c"}]}),
    ],
)
def test_what_is_gone_is_not_shown(name: str, id: str, operation: str, body: Mapping[str, Any]) -> None:
    """Neither what AWS keeps in sight for a while, nor something else."""
    assert kind(name).shows(scripted({operation: body}), id) is False


def test_what_cannot_be_told() -> None:
    """An error, or an answer without the thing where AWS would have said that it does not find it, tells nothing."""
    with pytest.raises(Unreachable):
        kind("Role").shows(scripted({"GetRole": {}}), "app")
    with pytest.raises(Refused):
        kind("Role").shows(scripted({"GetRole": Refused("iam", "GetRole", "Denied", Meaning.DENIED, "no")}), "app")
    unconfirmed = "PendingConfirmation:topic:email:a@example.com"
    assert kind("Subscription").shows(scripted({}), unconfirmed) is None


SHOWN_BY_NOTHING: dict[str, str] = {}
"""Kinds of which AWS cannot be asked for one, with the reason. There is none yet."""


@pytest.mark.parametrize("name", sorted(catalog()))
def test_every_kind_has_a_second_look(name: str) -> None:
    """Before a thing is made again for being gone, it can be asked for by its id."""

    def reply(operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        raise missing("Thing.NotFound")

    shown = kind(name).shows(ScriptedCloud(reply), "a/b")
    assert (None if name in SHOWN_BY_NOTHING else False) is shown
