"""`holdfast demo`: the first thing that anybody tries."""

import builtins
import os
import re
import urllib.request
from typing import Any
from urllib.parse import urlencode

import pytest

from controller.cli.commands.demo import document_path
from controller.cli.stories import STORIES
from emulators.patched_moto import emulator
from tests.cli.kit import ESCAPE, Ran, Running, Terminal, fetch, run, run_process, series, until


def test_the_story() -> None:
    """It needs no account, ends with 0 writes and code 0, and is plain when piped."""
    # Settings that would lead past the emulator, had they any effect.
    elsewhere = {
        "AWS_ENDPOINT_URL_EC2": "http://127.0.0.1:1",
        "AWS_PROFILE": "nobody",
        "HTTP_PROXY": "http://127.0.0.1:1",
    }
    ran = run_process("demo", **elsewhere)
    ends_in_sync(ran, "ha-web-tier", nodes=35)
    assert ESCAPE not in ran.said
    assert 'holdfast_node_drifted{stack="ha-web",kind="NatGateway",node="b",state="missing"} 1' in ran.out
    assert "docs/manual.md" in ran.err


@pytest.mark.parametrize(("name", "nodes"), [("static-edge", 11), ("network", 19)])
def test_the_other_stories(name: str, nodes: int) -> None:
    """Every document of `desired` has a story, and each is told to its good end."""
    ends_in_sync(run("demo", "--stack", name), name, nodes)


def ends_in_sync(ran: Ran, name: str, nodes: int) -> None:
    """Each chapter ended with every node in sync, and the last with nothing to do."""
    broken = len(STORIES[name].mishaps)
    assert 0 == ran.code, ran.said
    chapters = re.findall(r"^━━ (\d+)\. ", ran.out, re.MULTILINE)
    assert [str(number) for number in range(1, broken + 3)] == chapters
    assert "0 writes, every node in sync" == ran.out.splitlines()[-1]
    assert broken + 1 == ran.out.count(f"\n{nodes} nodes in sync\n")
    assert "blocked" not in ran.out


def test_every_document_has_a_story() -> None:
    """`--stack` knows all that is in `desired`, and no other; a name that is none is a usage error."""
    assert {path.stem for path in document_path("network").parent.glob("*.yaml")} == STORIES.keys()
    ran = run_process("demo", "--stack", "nothing")
    assert (1, "") == (ran.code, ran.out)
    assert "ha-web-tier" in ran.err


def test_colour_on_a_terminal() -> None:
    """On a terminal it is coloured, and shows the calls as they are made."""
    with Terminal("demo", "--stack", "network") as terminal:
        terminal.sees("━━ 2. ")
        assert ESCAPE in terminal.screen
        assert "✓ Vpc/main" in terminal.screen
        assert "CreateVpc" in terminal.screen


def test_it_goes_on_when_asked_to() -> None:
    """With `--serve` drift made through the endpoint is corrected, and /metrics tells of it; a stop ends it."""
    with Running("demo", "--stack", "network", "--serve", "--address", "127.0.0.1:0") as running:
        found = until(lambda: re.search(r"AWS_ENDPOINT_URL=(\S+)", running.out.decode()), lambda: running.said)
        address = running.address()
        assert f"curl {address}/metrics" in running.out.decode()
        until(lambda: in_sync(address) == 19, lambda: running.said)
        living = ask(found[1], "DescribeNatGateways", **{"Filter.1.Name": "state", "Filter.1.Value.1": "available"})
        gateway = re.findall(r"<natGatewayId>(nat-\w+)</natGatewayId>", living)[0]
        before = detected(address)
        ask(found[1], "DeleteNatGateway", NatGatewayId=gateway)
        until(lambda: running.logged("write", operation="ec2:CreateNatGateway"), lambda: running.said)
        until(lambda: in_sync(address) == 19, lambda: running.said)
        assert before + 1 == detected(address)
        code, seconds = running.stop()
        assert (0, True) == (code, seconds < 10)


def test_a_port_in_use_is_told_before_the_story() -> None:
    """Nobody watches the whole story to learn at its end that the port is taken."""
    ran = run("demo", "--serve", "--address", "nowhere")
    assert (1, "") == (ran.code, ran.out)
    assert '"nowhere" is not an address to listen on' in ran.err


def test_without_the_emulator_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Installed without its extra, the demo names it."""
    importing = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("moto"):
            raise ImportError(name)
        return importing(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    ran = run("demo")
    assert (1, "") == (ran.code, ran.out)
    assert "pip install 'holdfast[demo]'" in ran.err


def test_the_settings_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the story the program's AWS settings are what they were before."""
    monkeypatch.setenv("AWS_PROFILE", "mine")
    before = dict(os.environ)
    with emulator() as endpoint:
        assert endpoint == os.environ["AWS_ENDPOINT_URL"]
        assert "AWS_PROFILE" not in os.environ
    assert before == dict(os.environ)


def in_sync(address: str) -> int:
    """How many nodes the metrics show in sync."""
    return len(series(fetch(f"{address}/metrics")[1], "holdfast_node_drifted", state="in-sync"))


def detected(address: str) -> float:
    """How many drifts of NAT gateways were detected so far."""
    return sum(series(fetch(f"{address}/metrics")[1], "holdfast_drift_detected_total", kind="NatGateway"))


def ask(endpoint: str, operation: str, **parameters: str) -> str:
    """A call as somebody else makes it, past Holdfast."""
    body = urlencode({"Action": operation, "Version": "2016-11-15", **parameters}).encode()
    credential = "Credential=demo/20250101/us-east-1/ec2/aws4_request"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0"}
    request = urllib.request.Request(endpoint, body, headers)  # noqa: S310 - a test's own server
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - a test's own server
        return str(answer.read().decode())
