"""What goes wrong around AWS: one clear message, code 1, nothing written, and never a traceback."""

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from controller.aws.client import cloud as client
from controller.cli.commands import read
from controller.cli.main import COMMANDS as BY_NAME
from emulators.ec2.store import Fault, Members
from tests.cli.conftest import Write
from tests.cli.kit import NETWORK, Account, Ran, Terminal, run, writes

COMMANDS = (("plan",), ("apply", "--yes"), ("destroy", "--yes"), ("run", "--once"))


def all_fail(*said: str) -> None:
    """Each command that needs AWS ends with 1 and says this on standard error."""
    for command, *options in COMMANDS:
        ran = run(command, NETWORK, *options)
        assert 1 == ran.code, command
        assert "Traceback" not in ran.said
        for text in said:
            assert text in ran.err, command


def answer(ec2: Account, code: str, message: str, *operations: str, status: int = 400) -> None:
    """These operations, or all, are refused with this code; also who is calling, when all are."""

    def hook(asked: str, parameters: Members, moment: str) -> None:
        if moment == "before" and (not operations or asked in operations):
            raise Fault(code, status, message)

    ec2.before_reply = hook


def test_no_credentials(ec2: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without credentials the message says which setting brings some."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    all_fail("ha-network", "no AWS credentials found: set AWS_PROFILE, or give the pod, task or instance a role")
    assert [] == ec2.calls


def test_half_of_the_credentials(ec2: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key without its secret is named."""
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    all_fail("credentials", "AWS_SECRET_ACCESS_KEY")


def test_a_profile_that_does_not_exist(ec2: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistyped profile is named, with the setting that it comes from."""
    monkeypatch.setenv("AWS_PROFILE", "prodution")
    all_fail("the profile prodution is not in the AWS configuration files: check AWS_PROFILE")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ExpiredToken", "The security token included in the request is expired"),
        ("RequestExpired", "Request has expired."),
        ("InvalidClientTokenId", "The security token included in the request is invalid."),
    ],
)
def test_expired_credentials(ec2: Account, monkeypatch: pytest.MonkeyPatch, code: str, message: str) -> None:
    """Credentials that AWS no longer takes: AWS's words, and how to renew them."""

    def reply(body: str, by: str) -> tuple[int, str]:
        return 403, (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
            "<RequestId>1</RequestId></ErrorResponse>"
        )

    monkeypatch.setattr(ec2, "reply", reply)
    ran = run("plan", NETWORK)
    assert (1, "") == (ran.code, ran.out)
    assert f"ha-network: sts:GetCallerIdentity {code}: {message}; renew the credentials (`aws sso login`" in ran.err


def test_credentials_that_expire_before_the_listings(ec2: Account) -> None:
    """Nothing that could not be listed is taken for missing: all nodes are unknown, and nothing is written."""
    answer(ec2, "RequestExpired", "Request has expired.")
    ran = run("apply", NETWORK, "--yes")
    assert (1, []) == (ran.code, writes(ec2))
    assert "ha-network: unknown: 19 of 19 nodes; left alone until they can be read:" in ran.err
    assert "DescribeVpcs RequestExpired: Request has expired." in ran.err


def test_one_denied_listing_leaves_one_kind_unknown(ec2: Account) -> None:
    """What could be seen is shown, what could not is named with the permission that lacks; code 1."""
    run("apply", NETWORK, "--yes")
    vpc = next(thing for thing in ec2.world.things["vpc"].values() if thing.get("Tags"))
    vpc.change(EnableDnsHostnames=False)
    answer(ec2, "UnauthorizedOperation", "You are not authorized.", "DescribeNatGateways", status=403)
    ran = run("plan", NETWORK)
    assert 1 == ran.code
    assert "~ Vpc/main" in ran.out
    assert "? NatGateway/a" in ran.out
    assert "ha-network: unknown: 2 of 19 nodes" in ran.err
    assert "ec2:DescribeNatGateways UnauthorizedOperation: You are not authorized." in ran.err
    before = len(writes(ec2))
    assert 1 == run("apply", NETWORK, "--yes").code
    assert {"ModifyVpcAttribute"} == {call.operation for call in writes(ec2)[before:]}


def test_a_region_that_does_not_exist(write: Write) -> None:
    """A region of the right form that AWS does not have is told with its place, before AWS is asked for anything."""
    ran = run("plan", write(region="us-east-9"))
    assert (1, "") == (ran.code, ran.out)
    assert "spec.region: AWS has no region us-east-9; did you mean us-east-" in ran.err


def test_a_region_that_cannot_be_reached(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the region."""

    def unknown(host: str, *_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, f"{host}: Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    ran = run("plan", write(region="us-east-2"))
    assert (1, "") == (ran.code, ran.out)
    assert "cannot be reached: check the network and the region, us-east-2" in ran.err


def test_the_wrong_account(ec2: Account, write: Write) -> None:
    """With another account's credentials nothing is read there beyond the question whose they are."""
    path = write("small", accountId='"999999999999"')
    for command, *options in COMMANDS:
        ran = run(command, path, *options)
        assert 1 == ran.code
        assert "stack small is for account 999999999999, but the credentials are for 123456789012" in ran.err
    assert {"GetCallerIdentity"} == {call.operation for call in ec2.calls}


def test_an_endpoint_that_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody listens, the message names the address and the settings that lead there."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    all_fail(
        "http://127.0.0.1:1 cannot be reached: check the network and the region, us-east-1 (or AWS_ENDPOINT_URL)"
    )


@pytest.fixture
def silent() -> Iterator[str]:
    """An endpoint that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken: list[socket.socket] = []

        def take() -> None:
            while True:
                try:
                    taken.append(listener.accept()[0])
                except OSError:
                    return

        threading.Thread(target=take, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    for connection in taken:
        connection.close()


def test_an_endpoint_that_hangs_is_not_waited_for_without_end(silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence ends with a message: every wait for an answer has a limit, and so has the number of tries."""
    assert client.READ_TIMEOUT_SECONDS <= 60
    monkeypatch.setenv("AWS_ENDPOINT_URL", silent)
    monkeypatch.setattr(client, "READ_TIMEOUT_SECONDS", 0.2)
    began = time.monotonic()
    ran: Ran = run("plan", NETWORK)
    assert (1, "") == (ran.code, ran.out)
    assert f"{silent} (us-east-1) did not respond in time" in ran.err
    assert time.monotonic() - began < 20


def test_a_wait_on_a_terminal_is_told_and_can_be_interrupted(silent: str) -> None:
    """Whoever waits sees for how long and for what, and Ctrl-C ends it at once with code 130."""
    with Terminal("plan", NETWORK, AWS_ENDPOINT_URL=silent) as terminal:
        terminal.sees("Reading from AWS for 2 s: no answer yet")
        terminal.send(2)
        assert 130 == terminal.wait()
        assert "Interrupted." in terminal.screen
        assert "Traceback" not in terminal.screen


@pytest.mark.parametrize("page", ["<html><body>It works!</body></html>", "", "{}"])
def test_an_answer_that_is_none_of_aws(ec2: Account, monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    """A web server of another kind at the endpoint is not taken for an account without resources."""
    monkeypatch.setattr(ec2, "reply", lambda body, by: (200, page))
    all_fail("ha-network", "sts:GetCallerIdentity", "the response could not be parsed")


# --- what nobody expected ---


def broken(*_: Any) -> int:
    """A command with a mistake in it."""
    raise ZeroDivisionError("of all\nthings")


def test_a_bug_is_one_line_and_where_to_report_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever nobody expected ends with code 1, a line of what it was, and no traceback."""
    monkeypatch.setitem(BY_NAME, "schema", broken)
    ran = run("schema")
    assert (1, "") == (ran.code, ran.out)
    assert "has a bug: ZeroDivisionError: of all things\n" in ran.err
    assert "Please report it" in ran.err
    assert "Traceback" not in ran.err


def test_a_bug_has_its_traceback_for_those_who_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """With `--log-level debug` the traceback is there, for the report."""
    monkeypatch.setitem(BY_NAME, "schema", broken)
    ran = run("schema", "--log-level", "debug")
    assert 1 == ran.code
    assert "Traceback (most recent call last)" in ran.err
    assert "in broken" in ran.err


def test_a_bug_in_a_thread_is_told_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that dies does so without a traceback, and with nothing secret."""

    def threaded(*_: Any) -> int:
        thread = threading.Thread(target=broken)
        thread.start()
        thread.join()
        return 0

    monkeypatch.setattr(threading, "excepthook", threading.excepthook)  # put back after the test
    monkeypatch.setitem(BY_NAME, "schema", threaded)
    ran = run("schema")
    assert "has a bug: ZeroDivisionError: of all things\n" in ran.err
    assert "Traceback" not in ran.err


def test_a_bug_in_the_engine_is_told_the_same_way(ec2: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that comes from deep within, while threads are at work."""
    monkeypatch.setattr(read, "render_plan", broken)
    ran = run("plan", NETWORK)
    assert 1 == ran.code
    assert "has a bug: ZeroDivisionError" in ran.err
