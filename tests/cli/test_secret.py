"""Invariant 6: a secret appears in nothing that a command says, whatever happens to it on its way."""

from pathlib import Path
from typing import Any

import pytest

from controller.cli.commands import read, write
from controller.report import secrecy
from emulators.ec2.store import Fault, Members
from tests.cli.conftest import Write
from tests.cli.kit import Account, Running, fetch, run, until, writes

SECRET = 'hunter2/öß+"quoted"'  # as awkward in JSON, in a URL and on a screen as secrets are
RESOURCES = """\
Vpc: {main: {cidrBlock: 10.0.0.0/16}}
SecurityGroup:
  app:
    vpc: main
    description: {secret: {env: PLANTED}}
    ingress:
      - {protocol: tcp, fromPort: 80, toPort: 80, cidr: 10.0.0.0/8, description: {secret: {env: PLANTED}}}
"""
FORMS = (SECRET, "hunter2", 'öß+\\"', "\\u00f6\\u00df", "hunter2%2F")


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Know of no secret, as a program that has just been started."""
    for name, value in vars(secrecy.Secrets()).items():
        monkeypatch.setattr(secrecy._SECRETS, name, value)


@pytest.fixture
def path(ec2: Account, write: Write, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A document whose texts are a secret of the environment."""
    forget(monkeypatch)
    monkeypatch.setenv("PLANTED", SECRET)
    return write("small", RESOURCES)


def silent_on_it(text: str) -> None:
    """The secret is in the text in no form."""
    assert [] == [form for form in FORMS if form in text]


def sent(ec2: Account) -> str:
    """All that was sent to AWS."""
    return repr([call.parameters for call in writes(ec2)])


@pytest.mark.parametrize("level", ["info", "debug"])
def test_it_reaches_aws_and_nobody_else(ec2: Account, path: Path, level: str) -> None:
    """Plans, closing lines, logs and pictures, before and after AWS shows it in what is live."""
    for _ in range(2):
        for words in (
            ("plan", path),
            ("plan", path, "-o", "json"),
            ("plan", path, "-o", "markdown"),
            ("apply", path, "--yes"),
            ("apply", path, "--yes", "-o", "json"),
            *(("graph", path, "-o", form) for form in ("mermaid", "dot", "svg")),
            ("graph", path, "--offline"),
            ("run", path, "--once"),
            ("validate", path),
        ):
            silent_on_it(run(*words, "--log-level", level).said)
    assert "hunter2" in sent(ec2)


def test_a_program_that_never_used_it_hides_it_all_the_same(
    ec2: Account, path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS shows the text to whoever lists: a plan of a drift in the very rule that holds it shows none of it."""
    assert 0 == run("apply", path, "--yes").code
    text = RESOURCES.replace("toPort: 80", "toPort: 81").replace("fromPort: 80", "fromPort: 81")
    for words in (("plan",), ("plan", "-o", "json"), ("plan", "-o", "markdown"), ("apply", "--yes")):
        forget(monkeypatch)
        ran = run(words[0], write("small", text), *words[1:])
        assert "SecurityGroup/app" in ran.said
        silent_on_it(ran.said)


def test_aws_repeating_it_in_an_error(ec2: Account, path: Path) -> None:
    """An error message that quotes the parameter is shown without it, in the log and at the end."""

    def hook(asked: str, parameters: Members, moment: str) -> None:
        if asked == "CreateSecurityGroup" and moment == "before":
            words = f"Value ({SECRET}) for parameter GroupDescription is invalid."
            raise Fault("UnauthorizedOperation", message=words)  # which apply does not try again

    ec2.before_reply = hook
    for words in (("apply", path, "--yes"), ("apply", path, "--yes", "-o", "json"), ("run", path, "--once")):
        ran = run(*words, "--log-level", "debug", "--state", "none")  # or the last would wait before it tries again
        assert 1 == ran.code
        assert "for parameter GroupDescription is invalid" in ran.said
        silent_on_it(ran.said)


def test_an_exception_that_carries_it(ec2: Account, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even a bug's message and traceback have it."""

    def broken(*_: Any, **__: Any) -> None:
        raise ValueError(f"cannot do {SECRET}")

    monkeypatch.setattr(read, "render_plan", broken)
    monkeypatch.setattr(write, "show_plans", broken)
    for words in (("plan", path), ("apply", path, "--yes")):
        forget(monkeypatch)
        ran = run(*words, "--log-level", "debug")
        assert "ValueError: cannot do (secret)" in ran.err
        silent_on_it(ran.said)


def test_a_secret_that_is_not_set_is_told_by_its_name(
    ec2: Account, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its secret a node is not made, and the message names the variable."""
    monkeypatch.delenv("PLANTED")
    ran = run("apply", path, "--yes")
    assert 1 == ran.code
    assert "the environment variable PLANTED is not set" in ran.out
    assert ["CreateVpc"] == [call.operation for call in writes(ec2)]


def test_the_loop_and_its_metrics(ec2: Account, path: Path) -> None:
    """The long-running program keeps it out of its log and its metrics as well."""
    with Running("run", path, "--interval", "1", "--address", "127.0.0.1:0", "--log-level", "debug") as running:
        address = running.address()
        until(lambda: "hunter2" in sent(ec2), lambda: running.said)
        until(lambda: fetch(f"{address}/readyz")[0] == 200, lambda: running.said)
        metrics = fetch(f"{address}/metrics")[1]
        assert 0 == running.stop()[0]
        silent_on_it(metrics)
        silent_on_it(running.said)
