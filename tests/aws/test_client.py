"""The client against a small server of our own that answers what it is told, on a clock that does not run."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import ThreadingHTTPServer
from itertools import islice
from pathlib import Path
from typing import Any

import botocore.endpoint
import pytest

from controller.aws.client import cloud as client
from controller.aws.client.cloud import AwsCloud, RequestRecord, new_session
from controller.aws.client.limits import UNEVEN_SECONDS, Limits
from controller.core.model.cloud import Meaning, Refused, Unreachable
from tests.aws.answering import LOST, Aws, World, answering, answering_for, failing


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, Callable[[Aws], None]]]:
    """A server that lives for the module; the second part gives it its next answers."""
    with ThreadingHTTPServer(("127.0.0.1", 0), answering_for(Aws())) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()

        def answer_with(aws: Aws) -> None:
            http.RequestHandlerClass = answering_for(aws)

        yield f"http://127.0.0.1:{http.server_port}", answer_with
        http.shutdown()
        thread.join()


@pytest.fixture
def world(server: tuple[str, Callable[[Aws], None]], monkeypatch: pytest.MonkeyPatch) -> World:
    """A world in which waiting for a retry takes no time."""
    url, answer_with = server
    world = World(Aws())
    answer_with(world.aws)
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)

    class Time:
        sleep = world.retries.append

    monkeypatch.setattr(botocore.endpoint, "time", Time)
    return world


def refused(world: World, service: str, operation: str, parameters: dict[str, Any]) -> Refused:
    with pytest.raises(Refused) as caught:
        world.cloud().call(service, operation, parameters)
    return caught.value


def unreachable(cloud: AwsCloud, operation: str = "DescribeVpcs") -> Unreachable:
    with pytest.raises(Unreachable) as caught:
        cloud.call("ec2", operation, {})
    return caught.value


def test_an_answer(world: World) -> None:
    """A call returns AWS's body without the transport's metadata, and the request id beside it."""
    world.aws.answers["DescribeVpcs"] = [answering("<vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet>")]
    answer = world.cloud().call("ec2", "DescribeVpcs", {"VpcIds": ["vpc-1"]})
    assert ({"Vpcs": [{"VpcId": "vpc-1"}]}, "r-1", 1) == (answer.body, answer.request_id, answer.attempts)
    assert [RequestRecord("ec2", "DescribeVpcs", "ok", 0.0, 1, False)] == world.records
    assert "vpc-1" == world.aws.asked[0]["VpcId.1"]


def test_the_user_agent_names_us(world: World) -> None:
    """AWS's own logs show which calls are ours."""
    world.cloud().account()
    assert "holdfast/" in world.aws.agents[0]


def test_the_account_is_asked_once(world: World) -> None:
    """However many threads ask for the account, AWS is asked once."""
    cloud = world.cloud()
    with ThreadPoolExecutor(8) as threads:
        accounts = set(threads.map(lambda _: cloud.account(), range(32)))
    assert {"123456789012"} == accounts
    assert 1 == world.aws.count("GetCallerIdentity")


def test_a_client_is_made_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many threads come at once, a service has one client, made when it is first needed."""
    session = new_session()
    made: list[str] = []
    create = session.create_client

    def counting(service: str, **options: Any) -> Any:
        made.append(service)
        return create(service, **options)

    monkeypatch.setattr(session, "create_client", counting)
    world.aws.answers["DescribeVpcs"] = [answering("<vpcSet/>")]
    cloud = world.cloud(session=session)
    assert [] == made
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: cloud.call("ec2", "DescribeVpcs", {}), range(16)))
    assert ["ec2"] == made


def test_sessions_share_the_models() -> None:
    """A further account does not read and keep the service models anew."""
    first, second = new_session(), new_session()
    assert first.get_component("data_loader") is second.get_component("data_loader")


def test_models_of_ones_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`AWS_DATA_PATH` works as in every AWS tool."""
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    assert str(tmp_path) in new_session().get_component("data_loader").search_paths


def test_buckets_of_the_account(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clouds find the buckets of their account and region by themselves, and ask for the account once."""
    found: list[tuple[str, str, str]] = []

    def finding(account: str, region: str, service: str) -> Limits:
        found.append((account, region, service))
        return world.limits

    monkeypatch.setattr(client, "shared_limits", finding)
    world.aws.answers["DescribeVpcs"] = [answering("<vpcSet/>")]
    cloud = world.cloud(limits=None)
    cloud.call("ec2", "DescribeVpcs", {})
    cloud.call("ec2", "DescribeVpcs", {})
    account = ("123456789012", "eu-west-1", "ec2")
    assert [("", "eu-west-1", "sts"), account, account] == found
    assert 1 == world.aws.count("GetCallerIdentity")


def test_calls_wait_for_their_token(world: World) -> None:
    """A call takes its token first, and waits when there is none."""
    world.aws.answers["CreateNatGateway"] = [answering("")]
    cloud = world.cloud()
    for _ in range(12):
        cloud.call("ec2", "CreateNatGateway", {"SubnetId": "subnet-1"})
    assert [UNEVEN_SECONDS, UNEVEN_SECONDS + 1, UNEVEN_SECONDS + 2] == world.waits


def test_the_wait_comes_before_the_signature(world: World) -> None:
    """A signature grows old: a request is signed when its token is there, not before the wait."""
    order: list[str] = []
    session = new_session()
    session.register("before-sign.ec2", lambda **_: order.append("signed"))
    limits = Limits(clock=lambda: 0.0, sleep=lambda _: order.append("waited"))
    limits.slow_down("ec2", "DescribeVpcs", {})
    world.aws.answers["DescribeVpcs"] = [answering("<vpcSet/>")]
    world.cloud(session=session, limits=limits).call("ec2", "DescribeVpcs", {})
    assert ["waited", "signed"] == order


def test_a_throttled_call_is_repeated_and_slows_us_down(world: World) -> None:
    """Every refusal is recorded, takes a token and slows the bucket; the answer counts its attempts."""
    world.aws.answers["DescribeVpcs"] = [failing("RequestLimitExceeded", status=503), answering("<vpcSet/>")]
    answer = world.cloud().call("ec2", "DescribeVpcs", {})
    assert 2 == answer.attempts
    assert [("throttled", 1, True), ("ok", 2, False)] == world.outcomes()
    assert [pytest.approx(1 / 10)] == world.waits
    assert 1 == len(world.retries)


def test_a_call_that_stays_throttled(world: World) -> None:
    """Botocore gives up after three attempts, and says so in AWS's words."""
    world.aws.answers["DescribeVpcs"] = [failing("RequestLimitExceeded", status=503)]
    failure = refused(world, "ec2", "DescribeVpcs", {})
    assert Refused("ec2", "DescribeVpcs", "RequestLimitExceeded", Meaning.THROTTLED, "no", "r-1") == failure
    assert [("throttled", number, True) for number in (1, 2, 3)] == world.outcomes()


def test_a_refusal(world: World) -> None:
    """A refusal is recorded by its meaning and not repeated."""
    world.aws.answers["DeleteVpc"] = [failing("DependencyViolation", "has subnets")]
    failure = refused(world, "ec2", "DeleteVpc", {"VpcId": "vpc-1"})
    assert Refused("ec2", "DeleteVpc", "DependencyViolation", Meaning.IN_USE, "has subnets", "r-1", 3600.0) == failure
    assert [("in-use", 1, False)] == world.outcomes()


def test_a_secret_that_aws_repeats(world: World) -> None:
    """AWS's words are left out where they have a part of a password, and botocore's exception is dropped."""
    world.aws.answers["CreateDBInstance"] = [failing("InvalidParameterValue", "HUNTER... is too short")]
    parameters = {
        "DBInstanceIdentifier": "db",
        "DBInstanceClass": "c",
        "Engine": "e",
        "MasterUserPassword": "hunter2",
    }
    failure = refused(world, "rds", "CreateDBInstance", parameters)
    assert "InvalidParameterValue" == failure.code
    assert "hunter" not in repr(failure).casefold()
    assert failure.__context__ is None
    assert failure.__cause__ is None


def test_a_malformed_call(world: World) -> None:
    """A wrong parameter is named and its value is not; nothing is sent, and that is recorded."""
    failure = refused(world, "ec2", "CreateVpc", {"CidrBlock": ["hunter2"], "Secret": "hunter2"})
    assert ("ParamValidation", Meaning.INVALID) == (failure.code, failure.meaning)
    assert "CidrBlock must be a string, not a list" in failure.message
    assert "hunter2" not in repr(failure)
    assert failure.__context__ is None
    assert [] == world.aws.asked
    assert [("invalid", 0, False)] == world.outcomes()


def test_a_parameter_that_only_botocore_refuses(world: World) -> None:
    """What botocore refuses for reasons that are not in the model is refused without a value as well."""
    failure = refused(world, "s3", "GetBucketPolicy", {"Bucket": "hunter2 !"})
    assert "ParamValidation" == failure.code
    assert "hunter2" not in repr(failure)


@pytest.mark.parametrize("error", [TypeError("hunter2"), AttributeError("hunter2"), IndexError("hunter2")])
def test_what_nobody_foresaw(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever botocore's parts raise when a client is made (a token file of another form) ends that call, and no
    more: it is an error that the loop knows, and the next call makes the client."""
    session = new_session()
    made, errors = session.create_client, [error]

    def making(*arguments: Any, **options: Any) -> Any:
        if errors:
            raise errors.pop()
        return made(*arguments, **options)

    monkeypatch.setattr(session, "create_client", making)
    cloud = AwsCloud("eu-west-1", session, limits=Limits(clock=lambda: 0.0), permit=lambda: "made")
    failure = unreachable(cloud)
    assert Meaning.TRANSIENT is failure.meaning
    assert type(error).__name__ in failure.reason
    assert "hunter2" not in repr(failure)
    assert "not sent: made" == unreachable(cloud).reason


def test_an_unknown_operation(world: World) -> None:
    """An operation that AWS does not have is refused by name."""
    assert "AWS has no operation ec2:CreateVpcs" == refused(world, "ec2", "CreateVpcs", {}).message


def test_an_unknown_service(world: World) -> None:
    """So is a service that AWS does not have."""
    assert "UnknownServiceError" == refused(world, "ec3", "CreateVpc", {}).code


def test_no_credentials(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without credentials nothing is sent, and the reason says what to set."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    failure = unreachable(world.cloud())
    assert Meaning.CREDENTIALS is failure.meaning
    assert "AWS_PROFILE" in failure.reason
    assert [("credentials", 0, False)] == world.outcomes()


def test_an_unknown_profile(world: World) -> None:
    """A profile that no file has is named by the first call, not by the program's start."""
    failure = unreachable(world.cloud(session=new_session("nowhere")))
    assert Meaning.CREDENTIALS is failure.meaning
    assert "nowhere" in failure.reason


def test_a_role_that_may_not_be_assumed(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A refused role is a matter of credentials, and not AWS's answer to the call."""
    config = tmp_path / "config"
    role = "role_arn = arn:aws:iam::123456789012:role/x\ncredential_source = Environment\nregion = eu-west-1"
    config.write_text(f"[profile other]\n{role}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    world.aws.answers["AssumeRole"] = [failing("AccessDenied", "hunter2", 403)]
    failure = unreachable(world.cloud(session=new_session("other")))
    assert Meaning.CREDENTIALS is failure.meaning
    assert "AssumeRole" in failure.reason
    assert 0 == world.aws.count("DescribeVpcs")


def test_no_endpoint(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody listens, the reason names the endpoint and the region; each attempt is recorded."""
    with ThreadingHTTPServer(("127.0.0.1", 0), answering_for(Aws())) as closed:
        url = f"http://127.0.0.1:{closed.server_port}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    failure = unreachable(world.cloud())
    assert Meaning.TRANSIENT is failure.meaning
    assert url in failure.reason
    assert "eu-west-1" in failure.reason
    assert [("transient", number, False) for number in (1, 2, 3)] == world.outcomes()


def test_an_answer_that_is_not_awss(world: World) -> None:
    """A page of some other server is no answer, and its text is not repeated."""
    world.aws.answers["DescribeVpcs"] = [(200, "<html>hunter2")]
    failure = unreachable(world.cloud())
    assert Meaning.TRANSIENT is failure.meaning
    assert "hunter2" not in failure.reason
    assert [("transient", 1, False)] == world.outcomes()


def test_an_answer_without_its_result(world: World) -> None:
    """So is an answer that lacks what it must have."""
    world.aws.answers["DescribeDBInstances"] = [answering("")]
    with pytest.raises(Unreachable, match="could not be parsed"):
        world.cloud().call("rds", "DescribeDBInstances", {})
    assert [("transient", 1, False)] == world.outcomes()


@pytest.mark.parametrize("answer", [LOST, failing("InternalError", status=500)])
def test_a_lost_answer_makes_nothing_twice(world: World, answer: tuple[int, str]) -> None:
    """When nobody knows whether a VPC was made, no second one is asked for."""
    world.aws.answers["CreateVpc"] = [answer]
    with pytest.raises((Unreachable, Refused)) as caught:
        world.cloud().call("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"})
    assert isinstance(caught.value, Unreachable | Refused)
    assert Meaning.TRANSIENT is caught.value.meaning
    assert 1 == world.aws.count("CreateVpc")
    assert [("transient", 1, False)] == world.outcomes()


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [("DescribeVpcs", {}), ("DeleteVpc", {"VpcId": "v"}), ("CreateNatGateway", {"SubnetId": "s"})],
)
def test_a_lost_answer_to_what_may_be_repeated(world: World, operation: str, parameters: dict[str, Any]) -> None:
    """Reads, deletions and creations with a token of their own are asked for again."""
    world.aws.answers[operation] = [LOST, answering("")]
    assert 2 == world.cloud().call("ec2", operation, parameters).attempts


def test_a_throttled_creation_is_repeated(world: World) -> None:
    """A creation that AWS refused as too many was not made, and is asked for again."""
    world.aws.answers["CreateVpc"] = [failing("RequestLimitExceeded", status=503), answering("")]
    assert 2 == world.cloud().call("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}).attempts


def page(name: str, item: str, token: str) -> tuple[int, str]:
    return answering(f"<{name}><item>{item}</item></{name}><nextToken>{token}</nextToken>")


SUBNETS = [page("subnetSet", f"<subnetId>subnet-{number}</subnetId>", token) for number, token in ((1, "a"), (2, ""))]


def test_pages(world: World) -> None:
    """A listing is walked to its end with the page size asked for; each page is a recorded request."""
    world.aws.answers["DescribeSubnets"] = list(SUBNETS)
    pages = list(world.cloud().pages("ec2", "DescribeSubnets", {"MaxResults": 1000}))
    assert ["subnet-1", "subnet-2"] == [subnet["SubnetId"] for body in pages for subnet in body["Subnets"]]
    assert all("ResponseMetadata" not in body for body in pages)
    assert ["1000", "1000"] == [asked["MaxResults"] for asked in world.aws.asked]
    assert [None, "a"] == [asked.get("NextToken") for asked in world.aws.asked]
    assert [("ok", 1, False), ("ok", 1, False)] == world.outcomes()


def test_pages_take_tokens(world: World) -> None:
    """Each page waits for a token of its own."""
    world.aws.answers["DescribeSubnets"] = list(SUBNETS)
    world.limits.slow_down("ec2", "DescribeSubnets", {})
    list(world.cloud().pages("ec2", "DescribeSubnets", {}))
    assert [pytest.approx(0.1), pytest.approx(0.2)] == world.waits


def test_a_listing_that_breaks_off(world: World) -> None:
    """An error on the second page is raised: half a listing never looks like a whole one."""
    world.aws.answers["DescribeSubnets"] = [SUBNETS[0], failing("UnauthorizedOperation", status=403)]
    walk = world.cloud().pages("ec2", "DescribeSubnets", {})
    next(walk)
    with pytest.raises(Refused) as caught:
        next(walk)
    assert Meaning.DENIED is caught.value.meaning


def test_a_listing_without_pages(world: World) -> None:
    """What AWS gives in one piece is one call."""
    world.aws.answers["DescribeAddresses"] = [answering("<addressesSet/>")]
    assert [{"Addresses": []}] == list(world.cloud().pages("ec2", "DescribeAddresses", {}))
    assert 1 == world.aws.count("DescribeAddresses")


def test_a_listing_that_botocore_cannot_walk(world: World) -> None:
    """A listing that has pages but no paginator is walked all the same."""
    name = "trafficMirrorFilterRuleSet"
    world.aws.answers["DescribeTrafficMirrorFilterRules"] = [page(name, "", "a"), page(name, "", "")]
    assert 2 == len(list(world.cloud().pages("ec2", "DescribeTrafficMirrorFilterRules", {})))
    assert [None, "a"] == [asked.get("NextToken") for asked in world.aws.asked]


@pytest.mark.parametrize("operation", ["DescribeSubnets", "DescribeTrafficMirrorFilterRules"])
def test_a_listing_that_does_not_advance(world: World, operation: str) -> None:
    """A server that gives one token for ever does not hold us for ever."""
    world.aws.answers[operation] = [page("subnetSet", "", "a")]
    with pytest.raises(Unreachable, match="did not advance"):
        list(islice(world.cloud().pages("ec2", operation, {}), 9))
    assert 2 == world.aws.count(operation)


def test_the_region() -> None:
    """The cloud knows its region without asking anyone."""
    assert "eu-west-1" == AwsCloud("eu-west-1").region


def test_one_clients_settings_are_not_anothers(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment said when one client was made does not stay behind for the next."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    world.aws.answers["DescribeVpcs"] = [answering("<vpcSet/>")]
    world.cloud().call("ec2", "DescribeVpcs", {})
    monkeypatch.delenv("AWS_MAX_ATTEMPTS")
    world.aws.answers["DescribeSubnets"] = [(0, ""), answering("<subnetSet/>")]
    assert world.cloud().call("ec2", "DescribeSubnets", {}).attempts == 2


# --- the gate ---


def test_what_is_forbidden_is_never_sent(world: World) -> None:
    """Neither a call nor a page nor the question for the account; AWS has no part in it, so nothing is counted."""
    cloud = world.cloud(permit=lambda: "this is not the leader")
    assert "not sent: this is not the leader" == unreachable(cloud).reason
    for forbidden in (cloud.account, lambda: next(cloud.pages("ec2", "DescribeSubnets", {}))):
        with pytest.raises(Unreachable):
            forbidden()
    assert [] == world.aws.asked
    assert [] == world.outcomes()


def test_what_becomes_forbidden_while_it_waits_is_not_sent(world: World) -> None:
    """However long a call waits for its token: it is asked for as it leaves, not as it came."""
    reason: list[str] = []
    limits = Limits(clock=lambda: 0.0, sleep=lambda _: reason.append("late"))
    limits.slow_down("ec2", "CreateVpc", {})
    with pytest.raises(Unreachable, match="not sent: late"):
        world.cloud(limits=limits, permit=lambda: "".join(reason)).call(
            "ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}
        )
    assert [] == world.aws.asked


@pytest.mark.parametrize("first", [LOST, failing("RequestLimitExceeded", status=503)])
def test_what_becomes_forbidden_before_it_is_repeated_is_not_repeated(world: World, first: tuple[int, str]) -> None:
    """Each attempt is a request of its own."""
    world.aws.answers["DeleteVpc"] = [first, answering("")]
    with pytest.raises(Unreachable, match="not sent: too late"):
        world.cloud(permit=lambda: "too late" if world.retries else "").call("ec2", "DeleteVpc", {"VpcId": "v"})
    assert 1 == world.aws.count("DeleteVpc")


def test_what_is_permitted_again_is_sent(world: World) -> None:
    """A cloud remembers no refusal, and one gate is that of all regions."""
    world.aws.answers["DescribeVpcs"] = [answering("<vpcSet/>")]
    reasons = iter(["no", "", ""])
    cloud = client.clouds(permit=lambda: next(reasons))("eu-west-1")
    unreachable(cloud)
    assert cloud.call("ec2", "DescribeVpcs", {}).attempts
