"""ACM, CloudWatch, Logs, SNS, SSM and Secrets Manager answer as AWS does: see `emulators.patched_moto.patches`."""

import json
from typing import Any

from tests.emulators.conftest import Client
from tests.emulators.refusals import refusal

TAGS = [{"Key": "a", "Value": "1"}]


def common(asked: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """What is found of what was asked for."""
    return {name: found.get(name) for name in asked}


def test_a_certificate_has_what_was_asked_for(client: Client) -> None:
    """Its key, its options and its tags; the listing shows unusual keys when they are asked for."""
    acm = client("acm")
    asked: dict[str, Any] = {
        "KeyAlgorithm": "EC_prime256v1",
        "Options": {"CertificateTransparencyLoggingPreference": "DISABLED"},
    }
    made = acm.request_certificate(DomainName="a.example.com", ValidationMethod="DNS", Tags=TAGS, **asked)
    named = {"CertificateArn": made["CertificateArn"]}
    found = acm.describe_certificate(**named)["Certificate"]
    assert (asked["KeyAlgorithm"], "a.example.com") == (found["KeyAlgorithm"], found["DomainName"])
    assert asked["Options"].items() <= found["Options"].items()
    assert TAGS == acm.list_tags_for_certificate(**named)["Tags"]
    enabled = {"CertificateTransparencyLoggingPreference": "ENABLED"}
    acm.update_certificate_options(**named, Options=enabled)
    assert enabled.items() <= acm.describe_certificate(**named)["Certificate"]["Options"].items()
    assert [] == acm.list_certificates()["CertificateSummaryList"]
    [listed] = acm.list_certificates(Includes={"keyTypes": ["EC_prime256v1"]})["CertificateSummaryList"]
    assert made["CertificateArn"] == listed["CertificateArn"]


def test_a_certificate_is_issued(client: Client) -> None:
    """At once, as all things are in the emulator."""
    acm = client("acm")
    named = {"CertificateArn": acm.request_certificate(DomainName="a.b", ValidationMethod="DNS")["CertificateArn"]}
    assert "ISSUED" == acm.describe_certificate(**named)["Certificate"]["Status"]


def test_a_log_group_has_what_was_asked_for(client: Client) -> None:
    """Its class, its key and its protection, which keeps it from being deleted."""
    logs = client("logs")
    asked = {"logGroupClass": "INFREQUENT_ACCESS", "deletionProtectionEnabled": True}
    logs.create_log_group(logGroupName="web", **asked)
    [found] = logs.describe_log_groups()["logGroups"]
    assert asked == common(asked, found)
    assert "ValidationException" == refusal(logs.delete_log_group, logGroupName="web")
    key = {"kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/a"}
    logs.associate_kms_key(logGroupName="web", **key)
    assert key == common(key, logs.describe_log_groups()["logGroups"][0])
    logs.disassociate_kms_key(logGroupName="web")
    assert "kmsKeyId" not in logs.describe_log_groups()["logGroups"][0]
    logs.put_log_group_deletion_protection(logGroupIdentifier=found["logGroupArn"], deletionProtectionEnabled=False)
    logs.delete_log_group(logGroupName="web")
    assert "ResourceNotFoundException" == refusal(logs.delete_log_group, logGroupName="web")


def test_a_topic_shows_every_attribute(client: Client) -> None:
    """Those of the creation and those of a change."""
    sns = client("sns")
    asked = {"TracingConfig": "Active", "SignatureVersion": "2", "DisplayName": "d", "KmsMasterKeyId": "alias/a"}
    named = {"TopicArn": sns.create_topic(Name="web", Attributes=asked)["TopicArn"]}
    assert asked == common(asked, sns.get_topic_attributes(**named)["Attributes"])
    role = {"SQSFailureFeedbackRoleArn": "arn:aws:iam::123456789012:role/a", "TracingConfig": "PassThrough"}
    for name, value in role.items():
        sns.set_topic_attributes(**named, AttributeName=name, AttributeValue=value)
    assert role == common(role, sns.get_topic_attributes(**named)["Attributes"])
    fifo = {"FifoTopic": "true", "FifoThroughputScope": "Topic", "ArchivePolicy": '{"MessageRetentionPeriod": "30"}'}
    named = {"TopicArn": sns.create_topic(Name="web.fifo", Attributes=fifo)["TopicArn"]}
    assert fifo == common(fifo, sns.get_topic_attributes(**named)["Attributes"])


def test_a_parameter_shows_its_policies(client: Client) -> None:
    """Each with its text and its type, beside all else that was put."""
    ssm = client("ssm")
    policy = {"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": "2099-01-01T00:00:00Z"}}
    asked = {"Name": "/a", "Type": "String", "Tier": "Advanced", "Description": "d", "AllowedPattern": ".*"}
    ssm.put_parameter(**asked, Value="v", Policies=json.dumps([policy]), Tags=TAGS)
    [found] = ssm.describe_parameters()["Parameters"]
    assert asked == common(asked, found)
    [shown] = found["Policies"]
    assert ("Expiration", policy) == (shown["PolicyType"], json.loads(shown["PolicyText"]))
    assert TAGS == ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/a")["TagList"]


def test_an_alarm_comes_back_as_it_was_put(client: Client) -> None:
    """moto is right here, and this is where it would be noticed if it no longer were."""
    watch = client("cloudwatch")
    asked = {
        "AlarmName": "cpu",
        "AlarmDescription": "d",
        "ActionsEnabled": False,
        "AlarmActions": ["arn:aws:sns:us-east-1:123456789012:x"],
        "MetricName": "CPUUtilization",
        "Namespace": "AWS/EC2",
        "Statistic": "Average",
        "Dimensions": [{"Name": "AutoScalingGroupName", "Value": "web"}],
        "Period": 60,
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
        "Threshold": 80.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    }
    watch.put_metric_alarm(**asked, Tags=TAGS)
    watch.put_metric_alarm(**asked)
    [found] = watch.describe_alarms()["MetricAlarms"]
    assert asked == common(asked, found)
    assert TAGS == watch.list_tags_for_resource(ResourceARN=found["AlarmArn"])["Tags"]


def test_a_secret_keeps_what_a_change_leaves_out(client: Client) -> None:
    """moto is right here, and this is where it would be noticed if it no longer were."""
    secrets = client("secretsmanager")
    kept = {"Name": "web", "Description": "d", "KmsKeyId": "alias/a", "Tags": TAGS}
    secrets.create_secret(**kept, SecretString="one")
    secrets.put_secret_value(SecretId="web", SecretString="two")
    secrets.update_secret(SecretId="web", SecretString="three")
    assert kept == common(kept, secrets.describe_secret(SecretId="web"))
    [listed] = secrets.list_secrets()["SecretList"]
    assert kept == common(kept, listed)
