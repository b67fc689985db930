"""Invariant 6 for every kind that takes a secret: the value reaches AWS, and nothing that is said has it."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus
from urllib.request import Request, urlopen

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, EndpointConnectionError

from emulators.patched_moto import emulator
from tests.cli.conftest import Write
from tests.cli.kit import Ran, Running, Terminal, fetch, run, until
from tests.cli.test_secret import forget

SECRET = "hunter2-öß+=%&'quoted"  # as awkward in JSON, in a URL and on a screen as AWS takes them
WHOLE = json.dumps({"password": SECRET})
STORES = ("{env: PLANTED}", "{secretsManager: planted, key: password}")
RESOURCES = """\
Vpc: {main: {cidrBlock: 10.0.0.0/16}}
Subnet:
  a: {vpc: main, cidrBlock: 10.0.1.0/24, availabilityZone: us-east-1a}
  b: {vpc: main, cidrBlock: 10.0.2.0/24, availabilityZone: us-east-1b}
InternetGateway: {main: {vpc: main}}
LoadBalancer: {web: {subnets: [a, b]}}
Listener:
  web:
    loadBalancer: web
    port: 443
    protocol: HTTPS
    certificate: {id: CERTIFICATE}
    defaultActions:
      - type: authenticate-oidc
        authenticateOidcConfig:
          issuer: https://example.com
          authorizationEndpoint: https://example.com/authorize
          tokenEndpoint: https://example.com/token
          userInfoEndpoint: https://example.com/user
          clientId: site
          clientSecret: {secret: STORE}
      - {type: fixed-response, fixedResponseConfig: {statusCode: "404"}}
DbInstance:
  db:
    engine: postgres
    dbInstanceClass: db.t4g.micro
    allocatedStorage: 20
    masterUsername: app
    masterUserPassword: {secret: STORE}
    tags: {holdfast.dev/skip-final-snapshot: "true"}
Parameter: {token: {type: SecureString, description: a token, secureValue: {secret: STORE}}}
Secret: {token: {secretString: {secret: STORE}}}
"""
TAKING = {
    "CreateDBInstance": "DbInstance/db",
    "PutParameter": "Parameter/token",
    "CreateSecret": "Secret/token",
    "CreateListener": "Listener/web",
}
"""The calls that carry the secret, with their nodes."""
PLANS = (("plan",), ("plan", "-o", "json"), ("plan", "-o", "markdown"))
GRAPHS = (*(("graph", "-o", form) for form in ("mermaid", "dot", "svg")), ("graph", "--offline"))
Client = Callable[[str], Any]


def forms(value: str) -> Iterator[str]:
    """How a value looks on its way: as it is, in JSON, in a URL, in base64, and what tells it in any of them."""
    yield from (value, json.dumps(value)[1:-1], quote(value, safe=""), quote_plus(value), repr(value)[1:-1])
    yield base64.b64encode(value.encode()).decode()


FORMS = (*forms(SECRET), *forms(WHOLE), "hunter", SECRET[-8:], base64.b64encode(b"hunter2").decode()[:8])


def silent(text: str) -> None:
    """The secret is in the text in no form and in no case."""
    assert [] == [form for form in FORMS if form.casefold() in text.casefold()]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The emulator of all tests here."""
    with emulator() as url:
        yield url


@pytest.fixture
def client(server: str, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Clients of an account that has the secret in its Secrets Manager; a program that starts knows of none."""
    urlopen(Request(f"{server}/moto-api/reset", method="POST"), timeout=10).close()  # noqa: S310 - loopback
    monkeypatch.setenv("PLANTED", SECRET)
    forget(monkeypatch)
    session: Any = boto3.Session(region_name="us-east-1")
    session.client("secretsmanager").create_secret(Name="planted", SecretString=WHOLE)
    made: Client = session.client
    return made


@pytest.fixture
def path(client: Client, write: Write, request: pytest.FixtureRequest) -> Path:
    """A document in which each kind that takes a secret has it from one of the stores."""
    certificate = client("acm").request_certificate(DomainName="example.com")["CertificateArn"]
    text = RESOURCES.replace("CERTIFICATE", certificate).replace("STORE", getattr(request, "param", STORES[1]))
    return write("small", text, allow="[Create, Update, Replace, Delete]")


def said(path: Path, command: str, *words: str) -> Ran:
    """A command on the document, at the most talkative; the secret is in nothing that it says."""
    ran = run(command, path, *words, "--log-level", "debug")
    silent(ran.said)
    return ran


def listener_of(client: Client) -> dict[str, Any]:
    """The listener, as AWS shows it."""
    (balancer,) = client("elbv2").describe_load_balancers()["LoadBalancers"]
    (found,) = client("elbv2").describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    return dict(found)


def planted(client: Client) -> list[str]:
    """What AWS was given, where the emulator gives it back."""
    return [
        client("secretsmanager").get_secret_value(SecretId="small-token")["SecretString"],
        client("ssm").get_parameter(Name="small-token", WithDecryption=True)["Parameter"]["Value"],
        listener_of(client)["DefaultActions"][0]["AuthenticateOidcConfig"]["ClientSecret"],
    ]


@pytest.mark.parametrize("path", STORES, ids=["env", "secretsManager"], indirect=True)
def test_it_reaches_aws_and_nobody_else(client: Client, path: Path) -> None:
    """From the first look at the document to the end of the stack, whichever command and form is asked for."""
    for words in (("validate",), *PLANS, *GRAPHS):
        assert 0 == said(path, *words).code
    assert 0 == said(path, "apply", "--yes").code
    assert [SECRET] * 3 == planted(client)
    for words in (*PLANS, *GRAPHS, ("run", "--once"), ("apply", "--yes", "-o", "json"), ("destroy", "--yes")):
        assert 0 == said(path, *words).code


def test_a_drift_of_what_holds_it_shows_none_of_it(
    client: Client, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that never used the secret does not show what it reads of a thing that somebody else has changed."""
    assert 0 == said(path, "apply", "--yes").code
    arn, actions = itemgetter("ListenerArn", "DefaultActions")(listener_of(client))
    client("elbv2").modify_listener(ListenerArn=arn, DefaultActions=actions[1:])
    changed = {"Type": "SecureString", "Value": SECRET, "Description": "changed"}
    client("ssm").put_parameter(Name="small-token", Overwrite=True, **changed)
    for words in (*PLANS, *GRAPHS, ("run", "--once")):
        forget(monkeypatch)
        ran = said(path, *words)
        assert {"Listener/web", "Parameter/token"} <= {*re.findall(r"\w+/\w+", ran.said)}


def refused(operation: str) -> Exception:
    """AWS's answer that has the value in it, in every form that AWS may quote it in."""
    message = f"Value ({'|'.join(forms(SECRET))}) is invalid."
    return ClientError({"Error": {"Code": "InvalidParameterValue", "Message": message}}, operation)


def cut(operation: str) -> Exception:
    """AWS's answer that has parts of the value in it, in another case."""
    message = f"Value {SECRET.upper()} begins with {SECRET[:9]}... and ends with ...{SECRET[-8:].upper()}"
    return ClientError({"Error": {"Code": "InvalidParameterValue", "Message": message}}, operation)


def unreachable(operation: str) -> Exception:
    """No connection, to an address that has the value in it."""
    return EndpointConnectionError(endpoint_url=f"https://aws/?Action={operation}&Value={quote_plus(SECRET)}")


def mistaken(operation: str) -> Exception:
    """What no call should raise."""
    return ValueError(f"{operation} cannot do {SECRET}")


@pytest.mark.parametrize("failure", [refused, cut, unreachable, mistaken])
def test_a_failure_that_repeats_it(
    path: Path, failure: Callable[[str], Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the call that carries it fails, the reason is told without it."""
    made: Callable[..., Any] = BaseClient.__dict__["_make_api_call"]

    def failing(self: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
        if operation in TAKING:
            raise failure(operation)
        return made(self, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", failing)
    ran = said(path, "run", "--once")
    assert 1 == ran.code
    assert {*TAKING.values()} <= {line.get("node") for line in map(json.loads, ran.err.splitlines())}


def test_a_secret_where_a_number_belongs(client: Client, write: Write) -> None:
    """A value of the wrong type is told by its parameter, and the call is never made."""
    path = write("small", "Volume: {it: {availabilityZone: us-east-1a, size: {secret: {env: PLANTED}}}}")
    ran = said(path, "apply", "--yes")
    assert 1 == ran.code
    assert "Size must be an integer, not a string" in ran.said
    assert [] == client("ec2").describe_volumes()["Volumes"]


def test_a_secret_without_the_key(client: Client, write: Write) -> None:
    """What cannot be read is told by its name, and not by what else is kept there."""
    store = "{secretsManager: planted, key: nothing}"
    ran = said(write("small", f"Secret: {{token: {{secretString: {{secret: {store}}}}}}}"), "apply", "--yes")
    assert 1 == ran.code
    assert "Secret/token" in ran.said
    assert "the secret planted has no key nothing" in ran.said


def test_the_screen_that_moves(path: Path) -> None:
    """On a terminal the lines that come and go while it works have nothing of it either."""
    with Terminal("apply", path, "--yes", "--log-level", "debug") as terminal:
        assert 0 == terminal.wait()
        assert "Parameter/token" in terminal.screen
        silent(terminal.screen)


def test_the_loop_and_its_metrics(client: Client, path: Path) -> None:
    """The program that goes on says nothing of it, to whoever reads its log or asks for its metrics."""
    with Running("run", path, "--interval", "1", "--address", "127.0.0.1:0", "--log-level", "debug") as running:
        address = running.address()
        until(lambda: fetch(f"{address}/readyz")[0] == 200, lambda: running.said)
        until(lambda: running.logged("write", node="Listener/web"), lambda: running.said)
        for page in ("metrics", "healthz", "readyz"):
            silent(fetch(f"{address}/{page}")[1])
        assert 0 == running.stop()[0]
        silent(running.said)


USER_DATA = '{text: "login ${password}", with: {password: {secret: {env: PLANTED}}}}'


@pytest.mark.parametrize(
    "resources",
    [
        f"LaunchTemplate: {{it: {{instanceType: t3.micro, userData: {USER_DATA}}}}}",
        f"Instance: {{it: {{image: {{id: ami-1}}, instanceType: t3.micro, userData: {USER_DATA}}}}}",
        f"LaunchConfiguration: {{it: {{image: {{id: ami-1}}, instanceType: t3.micro, userData: {USER_DATA}}}}}",
    ],
    ids=["LaunchTemplate", "Instance", "LaunchConfiguration"],
)
def test_user_data_takes_none(client: Client, write: Write, resources: str) -> None:
    """AWS shows user data to whoever may look at what has it: a secret in it is refused, with the way to do it."""
    ran = said(write("small", resources), "validate")
    assert 1 == ran.code
    assert "userData must not contain a secret" in ran.said
