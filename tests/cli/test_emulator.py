"""`holdfast emulator`: an AWS to try documents on, for every other command."""

import re
import socket
from pathlib import Path

from tests.cli.kit import Running, run_process, until

DESIRED = Path(__file__).parents[2] / "desired"


def test_other_commands_work_against_it() -> None:
    """What it prints are the settings of a shell; with them a plan finds an empty account. A stop ends it well."""
    with Running("emulator", "--address", "127.0.0.1:0") as emulator:
        until(lambda: "AWS_DEFAULT_REGION" in emulator.out.decode(), lambda: emulator.said)
        settings = dict(re.findall(r"^export (\w+)=(\S+)$", emulator.out.decode(), re.MULTILINE))
        planned = run_process("plan", DESIRED / "network.yaml", **settings)
        assert 0 == planned.code, planned.said
        assert "19 to create" in planned.out
        assert 0 == emulator.stop()[0]


def test_a_taken_port_is_an_error() -> None:
    """It says so, and what to do; it does not hang, and no traceback is seen."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = run_process("emulator", "--address", f"127.0.0.1:{taken.getsockname()[1]}")
    assert (1, "") == (ran.code, ran.out)
    assert "choose another with --address" in ran.err
    assert "Traceback" not in ran.err
