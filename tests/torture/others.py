"""What is not the stack's in an account: made before all else, and never to be changed."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.torture.scene import OWNER_NAME, OWNER_STACK

ANYBODY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


class Others:
    """A few things of somebody else; alike: named as ours would be, and marked for a stack with nearly our name."""

    def __init__(self, client: Callable[[str], Any], stack: str, *, alike: bool) -> None:
        self.client = client
        self.prefix = f"{stack}-old" if alike else "legacy"
        marks = {OWNER_STACK: f"{stack}-old", OWNER_NAME: "app"} if alike else {}
        self.tags = [{"Key": key, "Value": value} for key, value in {"Name": self.prefix, **marks}.items()]
        self.names = {f"{self.prefix}-{word}" for word in ("assets", "app", "alerts")}
        self._make()

    def _make(self) -> None:
        name = self.prefix
        self.client("s3").create_bucket(Bucket=f"{name}-assets")
        self.client("s3").put_bucket_tagging(Bucket=f"{name}-assets", Tagging={"TagSet": self.tags})
        self.client("iam").create_role(RoleName=f"{name}-app", AssumeRolePolicyDocument=ANYBODY, Tags=self.tags)
        (vpc,) = self.client("ec2").describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
        group = self.client("ec2").create_security_group(
            GroupName=f"{name}-app",
            Description="The application, open to the load balancer only",
            VpcId=vpc["VpcId"],
            TagSpecifications=[{"ResourceType": "security-group", "Tags": self.tags}],
        )["GroupId"]
        topic = self.client("sns").create_topic(Name=f"{name}-alerts", Tags=self.tags)["TopicArn"]
        self.parameter = f"/{name}/endpoint"
        self.client("ssm").put_parameter(Name=self.parameter, Value="x", Type="String", Tags=self.tags)
        target = self.client("elbv2").create_target_group(
            Name=f"{name}-app", Protocol="HTTP", Port=8080, VpcId=vpc["VpcId"], Tags=self.tags
        )["TargetGroups"][0]["TargetGroupArn"]
        self.group, self.topic, self.target = group, topic, target
        self.names |= {group, topic, self.parameter, target}

    def seen(self) -> Mapping[str, str]:
        """Each by its name, in a form that can be compared."""
        return dict(self._seen())

    def _seen(self) -> Iterator[tuple[str, str]]:
        for name, ask in self._looks().items():
            try:
                found = ask()
            except Exception as error:  # noqa: BLE001  # whatever it is: it is not as it was
                found = {"gone": str(error)}
            yield name, json.dumps({**found, "ResponseMetadata": None}, sort_keys=True, default=str)

    def _looks(self) -> Mapping[str, Callable[[], dict[str, Any]]]:
        s3, iam, ec2, sns, ssm, elbv2 = map(self.client, ("s3", "iam", "ec2", "sns", "ssm", "elbv2"))
        bucket, role = f"{self.prefix}-assets", f"{self.prefix}-app"
        return {
            "bucket": lambda: s3.list_objects_v2(Bucket=bucket),
            "tags of the bucket": lambda: s3.get_bucket_tagging(Bucket=bucket),
            "role": lambda: iam.get_role(RoleName=role),
            "policies of the role": lambda: iam.list_attached_role_policies(RoleName=role),
            "group": lambda: ec2.describe_security_groups(GroupIds=[self.group]),
            "topic": lambda: sns.get_topic_attributes(TopicArn=self.topic),
            "parameter": lambda: ssm.get_parameter(Name=self.parameter),
            "target group": lambda: elbv2.describe_target_groups(TargetGroupArns=[self.target]),
        }
