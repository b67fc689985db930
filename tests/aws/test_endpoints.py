"""Which AWS a session talks to: what is remembered of one endpoint is never taken for that of AWS or of another."""

from pathlib import Path

import pytest
from botocore.session import Session

from controller.aws.client.cloud import AwsCloud
from controller.aws.client.endpoints import endpoint_of

LOCAL, OTHER = "http://127.0.0.1:4566", "http://127.0.0.1:5000"
PROFILE = """\
[profile plain]
region = us-east-1
[profile whole]
endpoint_url = {url}
[profile partly]
services = mine
[services mine]
ec2 =
  endpoint_url = {url}
s3 =
  addressing_style = path
"""


@pytest.fixture
def profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A configuration file with profiles that have endpoints of their own."""
    path = tmp_path / "config"
    path.write_text(PROFILE.format(url=LOCAL))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))


def found(monkeypatch: pytest.MonkeyPatch, profile: str | None = None, **variables: str) -> str:
    """The endpoint with these variables of the environment."""
    with monkeypatch.context() as environment:
        for name, value in variables.items():
            environment.setenv(name, value)
        return endpoint_of(Session(profile=profile))


def test_aws_itself_has_none(monkeypatch: pytest.MonkeyPatch, profiles: None) -> None:
    """Nothing set, set to nothing, ignored, or set to another way to AWS."""
    assert "" == found(monkeypatch)
    assert "" == found(monkeypatch, "plain")
    assert "" == found(monkeypatch, AWS_ENDPOINT_URL="")
    assert "" == found(monkeypatch, AWS_ENDPOINT_URL=LOCAL, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS="true")
    assert "" == found(monkeypatch, "whole", AWS_IGNORE_CONFIGURED_ENDPOINT_URLS="true")
    own = "https://vpce-0a1b-2c3d.ec2.eu-west-1.vpce.amazonaws.com"
    assert "" == found(monkeypatch, AWS_ENDPOINT_URL_EC2=own, AWS_ENDPOINT_URL_STS="https://sts.eu-west-1.api.aws")


def test_other_endpoints_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """By what they are; also where only one service has one, and where the name only looks like AWS's."""
    several = [
        found(monkeypatch, AWS_ENDPOINT_URL=LOCAL),
        found(monkeypatch, AWS_ENDPOINT_URL=OTHER),
        found(monkeypatch, AWS_ENDPOINT_URL_EC2=LOCAL),
        found(monkeypatch, AWS_ENDPOINT_URL_RDS=LOCAL),
        found(monkeypatch, AWS_ENDPOINT_URL=LOCAL, AWS_ENDPOINT_URL_RDS=OTHER),
        found(monkeypatch, AWS_ENDPOINT_URL="https://amazonaws.com.example.org"),
        found(monkeypatch, AWS_ENDPOINT_URL="https://notamazonaws.com"),
    ]
    assert len(several) == len({*several, ""} - {""})
    assert {8} == {len(each) for each in several}


def test_the_same_endpoint_is_the_same_wherever_it_is_set(monkeypatch: pytest.MonkeyPatch, profiles: None) -> None:
    """In the environment or in a profile, with or without a slash, or once more for a service."""
    for_all, for_one = found(monkeypatch, AWS_ENDPOINT_URL=LOCAL), found(monkeypatch, AWS_ENDPOINT_URL_EC2=LOCAL)
    assert for_all == found(monkeypatch, AWS_ENDPOINT_URL=f"{LOCAL}/")
    assert for_all == found(monkeypatch, AWS_ENDPOINT_URL=LOCAL, AWS_ENDPOINT_URL_EC2=LOCAL)
    assert for_all == found(monkeypatch, "whole")
    assert for_all == found(monkeypatch, "partly", AWS_ENDPOINT_URL=LOCAL)
    assert for_one == found(monkeypatch, "partly")


def test_an_endpoint_with_a_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """What becomes part of a path tells nothing of it."""
    digest = found(monkeypatch, AWS_ENDPOINT_URL="http://me:hunter2@127.0.0.1")
    assert set(digest) <= set("0123456789abcdef")


def test_a_cloud_knows_its_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    """From its own session, with no request."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", LOCAL)
    assert endpoint_of(Session()) == AwsCloud("us-east-1").endpoint()
