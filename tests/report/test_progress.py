"""What is shown while a plan is applied."""

import io

import pytest
from rich.console import Console

from controller.report.progress import Progress, Silent, Wait, progress_on
from tests.clock import Clock


def terminal() -> Console:
    """A terminal of 80 columns."""
    return Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None)


def text_of(console: Console) -> str:
    """All that was written to it."""
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def shown(progress: Progress) -> str:
    """The live lines of this moment."""
    console = Console(file=io.StringIO(), width=80, color_system=None)
    console.print(progress.lines())
    return text_of(console)


def test_what_runs_and_what_is_waited_for_is_shown() -> None:
    """Each call with its time, and below what it all waits for."""
    clock = Clock(0.0)
    progress = Progress(terminal(), clock)
    progress.started("NatGateway/a", "CreateNatGateway")
    progress.waiting([Wait("DbInstance/db", "AWS is still working on it: creating")])
    waiting = "… NatGateway/a CreateNatGateway {} s\n  DbInstance/db: AWS is still working on it: creating{}\n"
    assert waiting.format(0, "") == shown(progress)
    clock.time = 42
    assert waiting.format(42, " (for 42 s)") == shown(progress)


def test_a_wait_goes_on_between_two_looks() -> None:
    """The time is that of the wait, not that since it was last told of."""
    clock = Clock(0.0)
    progress = Progress(terminal(), clock)
    clock.time = 100
    progress.waiting([Wait("DbInstance/db", "AWS is still working on it", 60)])
    clock.time = 115
    assert "(for 75 s)" in shown(progress)


def test_an_ended_call_leaves_one_line_that_stays() -> None:
    """With the time it took, and with the reason where it failed."""
    console, clock = terminal(), Clock(0.0)
    with Progress(console, clock) as progress:
        progress.started("Vpc/main", "CreateVpc")
        clock.time = 2
        progress.finished("Vpc/main", "CreateVpc", "succeeded", "")
        progress.finished("Role/web", "CreateRole", "denied", "no iam:CreateRole")
        assert shown(progress) == ""
    assert "✓ Vpc/main CreateVpc 2 s\n" in text_of(console)
    assert "… Vpc/main" not in text_of(console).partition("✓")[2]
    assert "✗ Role/web CreateRole 0 s denied: no iam:CreateRole\n" in text_of(console)


def test_many_calls_fit_on_a_screen() -> None:
    """The first ones by name, the rest as a number."""
    progress = Progress(terminal(), Clock(0.0))
    for number in range(50):
        progress.started(f"Thing/{number}", "CreateThing")
    assert 9 == len(shown(progress).splitlines())
    assert "and 42 more" in shown(progress)


def test_messages_cannot_steer_the_terminal() -> None:
    """Escape codes in what AWS says are written out, and brackets are no markup."""
    console = terminal()
    with Progress(console, Clock(0.0)) as progress:
        progress.finished("Thing/a", "CreateThing", "invalid", "\x1b[2J [red]x")
    assert "\\x1b[2J [red]x" in text_of(console)


def test_nothing_is_said_when_piped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe gets the silent twin, and so does a terminal that cannot redraw a line."""
    piped = Console(file=io.StringIO(), force_terminal=False)
    with progress_on(piped) as progress:
        progress.started("Vpc/main", "CreateVpc")
        progress.waiting([Wait("Vpc/main", "anything")])
        progress.finished("Vpc/main", "CreateVpc", "succeeded", "")
    assert text_of(piped) == ""
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(progress_on(terminal()), Silent)


def test_a_terminal_gets_the_live_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where lines can be redrawn, they are."""
    monkeypatch.setenv("TERM", "xterm-256color")
    assert isinstance(progress_on(terminal()), Progress)
