"""The command line itself: help, usage errors, and where output can go."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from controller import __version__
from controller.cli.arguments import ABOUT, duration
from controller.cli.main import COMMANDS
from tests.cli.kit import DEADLINE, NETWORK, Account, command, environment, run, run_process


def test_help_names_every_command() -> None:
    """Whoever types `holdfast --help` sees every command, and with which one to begin."""
    ran = run("--help")
    assert (0, "") == (ran.code, ran.err)
    for name in COMMANDS:
        assert f"\n    {name}" in ran.out
    assert "holdfast demo " in ran.out
    assert set(ABOUT) == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself(name: str) -> None:
    """The help of a command says what it does, what each option means, and what its exit codes mean."""
    ran = run(name, "--help")
    assert (0, "") == (ran.code, ran.err)
    text = " ".join(ran.out.split())
    assert ABOUT[name][0] in text
    assert "Exit code" in text or name == "schema"
    assert max(map(len, ran.out.splitlines())) <= 100


def test_version() -> None:
    """`holdfast --version` tells which one runs."""
    assert f"holdfast {__version__}\n" == run("--version").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "required: COMMAND"),
        (("plna", "x"), "invalid choice: 'plna'"),
        (("plan",), "required: PATH"),
        (("plan", "x", "-o", "yaml"), "invalid choice: 'yaml'"),
        (("apply", "x", "--timeout", "soon"), "'soon' is not a duration; write 30s, 5m or 1h"),
        (("apply", "x", "--timeout", "0"), "'0' is not a duration; write 30s, 5m or 1h"),
        (("run", "x", "--interval", "-5"), "--interval"),
        (("graph", "x", "-o", "png"), "invalid choice: 'png'"),
        (("plan", "x", "--log-level", "loud"), "invalid choice: 'loud'"),
        (("validate", "x", "--nonsense"), "unrecognized arguments: --nonsense"),
    ],
)
def test_a_usage_error_ends_with_1(words: tuple[str, ...], said: str) -> None:
    """Code 2 means that a plan is not empty, so a typing error has another, and says where to read on."""
    ran = run(*words)
    assert (1, "") == (ran.code, ran.out)
    assert said in ran.err
    assert "--help`." in ran.err


def test_durations() -> None:
    """Times are written as people write them."""
    assert [1.5, 30, 30, 300, 3600] == [duration(text) for text in ("1.5", "30", "30s", "5m", "1h")]


def test_the_log_level_may_stand_before_or_after_the_command() -> None:
    """Nobody has to remember on which side of the command the option belongs."""
    assert 0 == run("--log-level", "debug", "validate", NETWORK).code
    assert 0 == run("validate", NETWORK, "--log-level", "debug").code


@pytest.mark.parametrize("words", [("schema",), ("--help",), ("graph", str(NETWORK), "--offline", "-o", "svg")])
def test_a_reader_that_leaves_early_is_no_error_to_tell(words: tuple[str, ...]) -> None:
    """`holdfast … | head` shows what was read, and neither a traceback nor a complaint."""
    reading, writing = os.pipe()
    os.close(reading)  # the reader has left before the first word
    try:
        ended = subprocess.run(
            command(*words), env=environment(), stdout=writing, stderr=subprocess.PIPE, timeout=DEADLINE, check=False
        )
    finally:
        os.close(writing)
    assert b"" == ended.stderr
    assert ended.returncode == 1 or words == ("--help",)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the device that is always full is Linux's")
def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """Output that could not be written is an error with its reason, not half a plan and code 0."""
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            command("schema"), env=environment(), stdout=full, stderr=subprocess.PIPE, timeout=DEADLINE, check=False
        )
    assert 1 == ended.returncode
    assert b"the output could not be written: No space left on device\n" == ended.stderr


def test_closed_streams_are_no_reason_to_fail() -> None:
    """Started by something that closes standard output and error, a command still does its work."""
    script = "import os, subprocess, sys; os.close(1); os.close(2); os.execv(sys.argv[1], sys.argv[1:])"
    words = [sys.executable, "-c", script, *command("validate", NETWORK)]
    assert 0 == subprocess.run(words, env=environment(), timeout=DEADLINE, check=False).returncode


@pytest.mark.parametrize("settings", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}])
def test_signs_that_the_encoding_lacks_are_written_out(ec2: Account, settings: dict[str, str]) -> None:
    """A terminal or pipe without UTF-8 gets everything, the arrows and dots as escapes."""
    assert 0 == run("apply", NETWORK, "--yes").code
    vpc = next(thing for thing in ec2.world.things["vpc"].values() if thing.get("Tags"))
    vpc.change(EnableDnsHostnames=False)
    ran = run_process("plan", NETWORK, **settings)
    assert (0, "") == (ran.code, ran.err)
    assert "drifted, to be updated" in ran.out
    assert 0 == run_process("kinds", "Subnet", **settings).code
