"""What is wrong with an architecture is told: offline all at once, each at its place; by AWS in AWS's own words."""

import json
import re
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from controller.engine.memory import Memory
from emulators.patched_moto import emulator
from tests.cli.conftest import Write
from tests.cli.kit import run

NETWORK = """\
Vpc: {main: {cidrBlock: 10.0.0.0/16}}
Subnet:
  a: {vpc: main, cidrBlock: 10.0.1.0/24, availabilityZone: us-east-1a}
  b: {vpc: main, cidrBlock: 10.0.2.0/24, availabilityZone: us-east-1b}
"""
IN_CLEAR = (
    "a secret must not appear in a document; write {secret: {env: NAME}}, {secret: {secretsManager: name, key: …}} "
    "or {secret: {secretKeyRef: {name: …, key: …}}}"
)
HASTY = (
    "healthCheckGracePeriod 0 with healthCheckType ELB terminates instances before they can respond; "
    "allow as many seconds as they need to start"
)
PLAIN = "{type: fixed-response, fixedResponseConfig: {statusCode: '404'}}"
LOGIN = (
    "{type: authenticate-oidc, authenticateOidcConfig: {issuer: i, authorizationEndpoint: a, tokenEndpoint: t, "
    "userInfoEndpoint: u, clientId: c, clientSecret: hunter2}}"
)
DATABASE = "engine: postgres, dbInstanceClass: db.t4g.micro"
GROUP = "launchTemplate: app, subnets: [a]"
LISTENER = "loadBalancer: {id: arn}"
PASSWORD = ("masterUserPassword", IN_CLEAR)
PROBLEMS = [
    ("DbInstance", f"{DATABASE}, masterUserPassword: hunter2", *PASSWORD),
    ("DbInstance", f"{DATABASE}, masterUserPassword: {{text: hunter2}}", *PASSWORD),
    (
        "DbInstance",
        f"{DATABASE}, masterUserPassword: {{from: hunter2, attribute: a}}",
        "masterUserPassword",
        IN_CLEAR,
    ),
    ("DbInstance", f"{DATABASE}, masterUserPassword: {{secret: {{hunter2: x}}}}", *PASSWORD),
    (
        "DbInstance",
        f"{DATABASE}, allocatedStorage: 50, maxAllocatedStorage: 20",
        "",
        "maxAllocatedStorage (20) must be greater than allocatedStorage (50); 0 disables storage autoscaling",
    ),
    ("Parameter", "type: SecureString, secureValue: hunter2", "secureValue", IN_CLEAR),
    ("Secret", "secretString: [hunter2]", "secretString", IN_CLEAR),
    (
        "Listener",
        f"{LISTENER}, port: 80, protocol: HTTP, defaultActions: [{LOGIN}, {PLAIN}]",
        "defaultActions[0].authenticateOidcConfig.clientSecret",
        IN_CLEAR,
    ),
    (
        "Listener",
        f"{LISTENER}, port: 443, protocol: HTTPS, defaultActions: [{PLAIN}]",
        "protocol",
        "protocol HTTPS, TLS or QUIC requires certificate; add certificate",
    ),
    (
        "AutoScalingGroup",
        f"{GROUP}, minSize: 2, maxSize: 4, healthCheckType: ELB, healthCheckGracePeriod: 0",
        "",
        HASTY,
    ),
    ("AutoScalingGroup", f"{GROUP}, minSize: 5, maxSize: 4", "maxSize", "minSize (5) is greater than maxSize (4)"),
    (
        "AutoScalingGroup",
        f"{GROUP}, minSize: 1, maxSize: 4, desiredCapacity: 6",
        "maxSize",
        "desiredCapacity (6) is greater than maxSize (4)",
    ),
]
"""Kind and fields of a node, where in it something is wrong, and what is said of that."""


def places(path: Path, text: str) -> list[tuple[int, str]]:
    """Line and path in the document of every problem that is told."""
    found = re.findall(rf"^{re.escape(str(path))}:(\d+):\d+: (\S+): ", text, re.MULTILINE)
    return [(int(line), place) for line, place in found]


@pytest.mark.parametrize(("kind", "fields", "field", "words"), PROBLEMS)
def test_what_is_wrong_is_told_at_its_place(write: Write, kind: str, fields: str, field: str, words: str) -> None:
    """File, line, column, the path of the field, and what would be right; a password in clear is not repeated."""
    path = write("small", f"{kind}: {{it: {{{fields}}}}}")
    ran = run("validate", path)
    place = ".".join(filter(None, ("spec", "resources", kind, "it", field)))
    assert (1, "") == (ran.code, ran.out)
    assert (7, place) in places(path, ran.err)
    assert f"{place}: {words}\n" in ran.err
    assert "hunter2" not in ran.said


@pytest.mark.parametrize("command", [("validate",), ("plan",), ("apply", "--yes")])
def test_everything_that_is_wrong_is_told_at_once(write: Write, command: tuple[str, ...]) -> None:
    """One look at a document is enough: every problem of every node is there, in the order of the document."""
    lines = []
    for kind, problems in groupby(PROBLEMS, key=itemgetter(0)):
        lines += [f"{kind}:", *(f"  n{number}: {{{fields}}}" for number, (_, fields, _, _) in enumerate(problems))]
    path = write("small", "\n".join(lines))
    ran = run(command[0], path, *command[1:])
    told = places(path, ran.err)
    assert 1 == ran.code
    assert set() == {words for *_, words in PROBLEMS if words not in ran.err}
    assert sorted(told, key=itemgetter(0)) == told
    assert len(PROBLEMS) <= len(told)
    assert "hunter2" not in ran.said


# --- what only AWS can say ---


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The emulator of all tests here."""
    with emulator() as url:
        yield url


REFUSED = [
    (
        "DbInstance",
        "engine: postgres, dbInstanceClass: db.enormous, allocatedStorage: 20",
        "dbInstanceClass",
        "Invalid DB Instance class: db.enormous",
    ),
    (
        "DbInstance",
        f"{DATABASE}, engineVersion: 99, allocatedStorage: 20",
        "engineVersion",
        "Cannot find version 99 for postgres",
    ),
]
"""Kind and fields of a node, the field that AWS does not like, and its words for that."""


@pytest.fixture
def account(server: str) -> None:
    """An account with nothing in it."""
    urlopen(Request(f"{server}/moto-api/reset", method="POST"), timeout=10).close()  # noqa: S310 - loopback


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(("kind", "fields", "field", "words"), REFUSED)
def test_what_aws_refuses_is_told_in_its_words(
    write: Write, monkeypatch: pytest.MonkeyPatch, kind: str, fields: str, field: str, words: str
) -> None:
    """Code 1, the node with AWS's reason, the call with the fields it was for; all the others are made."""
    monkeypatch.setattr(
        Memory, "is_new", lambda *_: False
    )  # what it is made beside is not new: nothing is tried again
    path = write("small", f"{NETWORK}{kind}: {{it: {{{fields}}}}}")
    ran = run("apply", path, "--yes")
    assert 1 == ran.code
    assert [] != [line for line in ran.out.splitlines() if f"{kind}/it" in line and words in line]
    log = [json.loads(line) for line in ran.err.splitlines() if line.startswith("{")]
    (refused,) = [line for line in log if line["event"] == "write" and line["outcome"] != "ok"]
    assert f"{kind}/it" == refused["node"]
    assert field in refused["changes"]
    assert words in refused["message"]
    states = {each["address"]: each["state"] for each in run("plan", path, "-o", "json").json["nodes"]}
    others = dict.fromkeys(("Vpc/main", "Subnet/a", "Subnet/b"), "in-sync")
    assert {**others, f"{kind}/it": "missing"} == states
