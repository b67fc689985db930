"""What is live and cannot stand beside what the document chooses is not taken along; all else is, by examples."""

from pathlib import Path
from typing import Any

import pytest

from controller.aws.catalog import catalog
from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.wire import value_at
from controller.core.model.live import Live
from controller.core.model.node import Node
from controller.core.model.reference import Address
from controller.core.model.writer import WriteContext
from controller.core.planning.diff import Unknowable, diff
from tests.engine.harness import ScriptedCloud
from tests.kinds.fixtures import samples
from tests.kinds.test_ignored import live_of, step_of

KNOWN = WriteContext(known=lambda value: value)
ABSENT = object()


def kind_of(name: str) -> AwsKind:
    """A kind of the catalog."""
    kind = catalog()[name]
    assert isinstance(kind, AwsKind)
    return kind


def correction(kind: AwsKind, fields: dict[str, Any], live: Live) -> dict[str, dict[str, Any]]:
    """The parameters of the calls that correct a thing, by their operations."""
    node = Node(Address(kind.name, "it"), fields, {})
    changes = diff(kind.shape, fields, live.fields, lambda each: Unknowable(str(each))).changes
    calls = kind.update(node, changes, live, KNOWN)
    assert [] == [problem for call in calls for problem in kind.problems(call)]
    return {call.operation: dict(call.parameters) for call in calls}


def of_bucket(name: str, answer: dict[str, Any], said: Any) -> dict[str, Any]:
    """What is put for one aspect of a bucket of which AWS shows this."""
    kind, bucket = kind_of("Bucket"), Live("Bucket", "site", {}, {})
    read = kind.details(ScriptedCloud(lambda operation, parameters: answer), bucket, [name])
    (sent,) = correction(kind, {name: said}, kind.completed(bucket, read)).values()
    return sent


ENCRYPTED = {
    "ServerSideEncryptionConfiguration": {
        "Rules": [
            {
                "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "key-1"},
                "BucketKeyEnabled": True,
                "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
            }
        ]
    }
}


@pytest.mark.parametrize(
    ("algorithm", "by_default", "bucket_key"),
    [
        ("AES256", {"SSEAlgorithm": "AES256"}, True),
        ("aws:kms:dsse", {"SSEAlgorithm": "aws:kms:dsse", "KMSMasterKeyID": "key-1"}, ABSENT),
    ],
)
def test_an_encryption_keeps_what_fits_it(algorithm: str, by_default: dict[str, Any], bucket_key: Any) -> None:
    """What is blocked stays; a key of KMS does only beside KMS, a bucket key not beside two layers."""
    sent = of_bucket("encryption", ENCRYPTED, {"sseAlgorithm": algorithm})
    (rule,) = sent["ServerSideEncryptionConfiguration"]["Rules"]
    assert {"EncryptionType": ["SSE-C"]} == rule["BlockedEncryptionTypes"]
    assert by_default == rule["ApplyServerSideEncryptionByDefault"]
    assert bucket_key == rule.get("BucketKeyEnabled", ABSENT)


def test_a_lifecycle_keeps_its_minimum_size_and_an_old_prefix() -> None:
    """A rule of old with a prefix of its own keeps it as a filter: without one it would be for all objects."""
    old = {"ID": "old", "Prefix": "logs/", "Status": "Enabled", "Expiration": {"Days": 30}}
    other = {"ID": "other", "Filter": {"Prefix": "tmp/"}, "Status": "Enabled", "Expiration": {"Days": 2}}
    answer = {"Rules": [old, other], "TransitionDefaultMinimumObjectSize": "varies_by_storage_class"}
    rules = [
        {"id": "old", "status": "Enabled", "filter": {"prefix": "logs/"}, "expiration": {"days": 30}},
        {"id": "other", "status": "Enabled", "filter": {"prefix": "tmp/"}, "expiration": {"days": 1}},
    ]
    sent = of_bucket("lifecycleRules", answer, rules)
    assert "varies_by_storage_class" == sent["TransitionDefaultMinimumObjectSize"]
    filters = [(rule["ID"], rule["Filter"], "Prefix" in rule) for rule in sent["LifecycleConfiguration"]["Rules"]]
    assert [("old", {"Prefix": "logs/"}, False), ("other", {"Prefix": "tmp/"}, False)] == filters


def test_a_rule_of_all_objects_is_not_one_of_some() -> None:
    """A document that leaves the filter open means all objects: a prefix that AWS shows in its old form is drift."""
    kind, bucket = kind_of("Bucket"), Live("Bucket", "site", {}, {})
    old = {"ID": "old", "Prefix": "logs/", "Status": "Enabled", "Expiration": {"Days": 30}}
    cloud = ScriptedCloud(lambda operation, parameters: {"Rules": [old]})
    live = kind.completed(bucket, kind.details(cloud, bucket, ["lifecycleRules"]))
    said = {"lifecycleRules": [{"id": "old", "status": "Enabled", "filter": {}, "expiration": {"days": 30}}]}
    found = diff(kind.shape, said, live.fields, lambda each: Unknowable(str(each)))
    assert ["lifecycleRules[old]"] == [change.path for change in found.changes]


def test_a_website_of_pages_ends_a_redirect_and_keeps_its_error_page() -> None:
    """A redirect of all requests stands beside nothing else; an error page stays beside another index."""
    redirect = {"RedirectAllRequestsTo": {"HostName": "www.example.com"}}
    pages = {"IndexDocument": {"Suffix": "home.html"}, "ErrorDocument": {"Key": "lost.html"}}
    index = {"indexDocument": "index.html"}
    assert {"IndexDocument": {"Suffix": "index.html"}} == of_bucket("website", redirect, index)[
        "WebsiteConfiguration"
    ]
    sent = of_bucket("website", pages, index)["WebsiteConfiguration"]
    assert {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "lost.html"}} == sent


def test_logs_keep_their_grants() -> None:
    """Grants are no field, and go on with another prefix."""
    grants = [{"Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"}}]
    answer = {"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": "old/", "TargetGrants": grants}}
    sent = of_bucket("logging", answer, {"targetBucket": "logs", "targetPrefix": "new/"})
    enabled = {"TargetBucket": "logs", "TargetPrefix": "new/", "TargetGrants": grants}
    assert enabled == sent["BucketLoggingStatus"]["LoggingEnabled"]


# --- groups ---

OVERRIDES = [
    {"InstanceType": "m7g.large", "LaunchTemplateSpecification": {"LaunchTemplateId": "lt-2", "Version": "3"}},
    {"InstanceType": "m7i.large", "WeightedCapacity": "1"},
]
GROUP = {
    "AutoScalingGroupName": "web",
    "MinSize": 1,
    "MaxSize": 2,
    "DesiredCapacity": 1,
    "MixedInstancesPolicy": {
        "LaunchTemplate": {
            "LaunchTemplateSpecification": {
                "LaunchTemplateId": "lt-1",
                "LaunchTemplateName": "web",
                "Version": "1",
            },
            "Overrides": OVERRIDES,
        },
        "InstancesDistribution": {"OnDemandBaseCapacity": 1, "SpotAllocationStrategy": "price-capacity-optimized"},
    },
}
MIXED = {
    "autoScalingGroupName": "web",
    "launchTemplate": "lt-1",
    "launchTemplateVersion": "2",
    "overrides": [
        {"instanceType": "m7g.large", "launchTemplate": "lt-2", "launchTemplateVersion": "3"},
        {"instanceType": "m7i.large", "weightedCapacity": "1"},
    ],
    "instancesDistribution": {"onDemandBaseCapacity": 1},
}


@pytest.mark.parametrize(
    ("more", "operation", "at"),
    [
        ({}, "UpdateAutoScalingGroup", "MixedInstancesPolicy"),
        ({"instanceRefresh": {}}, "StartInstanceRefresh", "DesiredConfiguration.MixedInstancesPolicy"),
    ],
)
def test_a_policy_keeps_the_templates_of_its_overrides(more: dict[str, Any], operation: str, at: str) -> None:
    """Another version of the template takes along what else the policy says, whether a refresh brings it or not."""
    kind = kind_of("AutoScalingGroup")
    live = kind.live(GROUP)
    assert live is not None
    policy = value_at(correction(kind, {**MIXED, **more}, live)[operation], at)
    assert {"LaunchTemplateId": "lt-1", "Version": "2"} == policy["LaunchTemplate"]["LaunchTemplateSpecification"]
    assert OVERRIDES == policy["LaunchTemplate"]["Overrides"]
    assert GROUP["MixedInstancesPolicy"]["InstancesDistribution"] == policy["InstancesDistribution"]  # type: ignore[index]


# --- templates and alarms ---

VERSION = {
    "LaunchTemplateId": "lt-1",
    "LaunchTemplateName": "web",
    "VersionNumber": 4,
    "DefaultVersion": True,
    "DefaultVersionNumber": 4,
    "LaunchTemplateData": {
        "InstanceRequirements": {"VCpuCount": {"Min": 2}, "MemoryMiB": {"Min": 4096}},
        "ImageId": "ami-1",
        "KernelId": "aki-1",
        "IamInstanceProfile": {"Name": "web"},
        "Placement": {"Tenancy": "host", "HostId": "h-1"},
        "BlockDeviceMappings": [
            {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8, "VolumeInitializationRate": 100}}
        ],
    },
}


def test_a_version_keeps_what_no_field_stands_for() -> None:
    """A type takes the place of requirements, an ARN that of a name, a tenancy that of a host; the rest stays."""
    kind = kind_of("LaunchTemplate")
    live = kind.live(VERSION)
    assert live is not None
    said = {
        "launchTemplateName": "web",
        "instanceType": "m7g.large",
        "instanceProfile": "arn:aws:iam::123456789012:instance-profile/web",
        "placement": {"tenancy": "default"},
        "blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": {"volumeSize": 16}}],
    }
    assert {
        "ImageId": "ami-1",
        "KernelId": "aki-1",
        "InstanceType": "m7g.large",
        "IamInstanceProfile": {"Arn": said["instanceProfile"]},
        "Placement": {"Tenancy": "default"},
        "BlockDeviceMappings": [
            {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 16, "VolumeInitializationRate": 100}}
        ],
    } == correction(kind, said, live)["CreateLaunchTemplateVersion"]["LaunchTemplateData"]


@pytest.mark.parametrize(("kernel", "ready"), [("aki-1", True), ("aki-2", False)])
def test_a_newer_version_is_ours_if_it_kept_all(kernel: str, ready: bool) -> None:
    """What differs from the default one in something that no field stands for is for something else."""
    data = {**VERSION["LaunchTemplateData"], "KernelId": kernel, "ImageId": "ami-2"}  # type: ignore[dict-item]
    newer = {**VERSION, "VersionNumber": 5, "DefaultVersion": False, "LaunchTemplateData": data}
    live = kind_of("LaunchTemplate").live({**VERSION, "LaunchTemplateVersion": newer})
    assert live is not None
    assert ready is (live.prepared is not None)


ALARM = {
    "AlarmName": "slow",
    "MetricName": "Latency",
    "Namespace": "web",
    "Period": 60,
    "ExtendedStatistic": "p99",
    "EvaluateLowSampleCountPercentile": "ignore",
    "EvaluationPeriods": 3,
    "ComparisonOperator": "GreaterThanThreshold",
    "Threshold": 2.0,
    "Dimensions": [],
    "WarmUpConfiguration": {"WarmUpPeriodDurationInMinutes": 15},
}


def test_an_alarm_keeps_its_warm_up_and_not_the_percentile() -> None:
    """A statistic takes the place of a percentile, and of what is said of that."""
    kind = kind_of("Alarm")
    live = kind.live(ALARM)
    assert live is not None
    sent = correction(kind, {"alarmName": "slow", "statistic": "Average", "threshold": 2.0}, live)["PutMetricAlarm"]
    gone = ("ExtendedStatistic", "EvaluateLowSampleCountPercentile", "Dimensions", "AlarmName")
    expected = {name: value for name, value in ALARM.items() if name not in gone}
    assert {**expected, "Statistic": "Average"} == {name: sent[name] for name in sent if name != "AlarmName"}


@pytest.mark.parametrize(
    ("kind", "live", "gone"),
    [
        ("Alarm", {"statistic": None, "extendedStatistic": "p99"}, ["extendedStatistic"]),
        ("Alarm", {"alarmDescription": "other"}, []),
        (
            "Bucket",
            {"website": {"redirectAllRequestsTo": {"hostName": "www.example.com"}}},
            ["website.redirectAllRequestsTo"],
        ),
    ],
)
def test_the_plan_shows_what_goes(kind: str, live: dict[str, Any], gone: list[str], tmp_path: Path) -> None:
    """What the call takes away because it cannot stand beside the document's choice is a change of the plan."""
    (sample,) = [each for each in samples() if (each.kind.name, each.name) == (kind, "document")]
    stack = sample.stack(tmp_path)
    shown = {**live_of(stack, sample.it).fields, **live}
    found = step_of(stack, sample.it, {name: value for name, value in shown.items() if value is not None})
    assert gone == [change.path for change in found.changes if change.desired is None]
    assert found.calls


# --- actions ---

OIDC = {
    "Issuer": "https://id.example.com",
    "AuthorizationEndpoint": "https://id.example.com/authorize",
    "TokenEndpoint": "https://id.example.com/token",
    "UserInfoEndpoint": "https://id.example.com/user",
    "ClientId": "web",
}


def test_an_action_that_is_left_as_it_is_keeps_its_secret() -> None:
    """AWS never shows a client secret: it is told to use the one that it has."""
    kind = kind_of("ListenerRule")
    forward = {"Type": "forward", "Order": 2, "TargetGroupArn": "arn:aws:elasticloadbalancing:tg/old"}
    first = {"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": OIDC}
    conditions = [{"Field": "path-pattern", "Values": ["/"], "PathPatternConfig": {"Values": ["/"]}}]
    rule = {"RuleArn": "arn:rule", "Priority": "1", "Conditions": conditions, "Actions": [first, forward]}
    live = kind.live({**rule, "ListenerArn": "arn:listener", "IsDefault": False})
    assert live is not None
    actions = [live.fields["actions"][0], {**live.fields["actions"][1], "targetGroup": "arn:new"}]
    sent = correction(kind, {**live.fields, "actions": actions}, live)["ModifyRule"]["Actions"]
    assert {**OIDC, "UseExistingClientSecret": True} == sent[0]["AuthenticateOidcConfig"]
    assert "arn:new" == sent[1]["TargetGroupArn"]
