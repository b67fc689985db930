"""Invariant 5 at the command line: stopped or killed at any moment, the next start goes on, once."""

import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from controller.cli.wiring import STOP_SECONDS
from tests.cli.kit import (
    NETWORK,
    Account,
    Running,
    Terminal,
    operations,
    run,
    things,
    unanswered,
    until,
    writes,
)
from tests.direct import asked_of, direct

WHOLE = {"vpc": 1, "subnet": 6, "igw": 1, "eipalloc": 2, "nat": 2, "rtb": 4, "sg": 3}


class Slow(Account):
    """An account in which every call takes a while, and that knows how many it is at work on."""

    answering = 0
    counting = threading.Lock()

    def reply(self, body: str, by: str = "") -> tuple[int, str]:
        """The answer, counted from the question to its end."""
        with self.counting:
            self.answering += 1
        try:
            return super().reply(body, by)
        finally:
            with self.counting:
                self.answering -= 1


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    """Such an account, empty."""
    with Slow(latency=0.15) as server, direct(server.url, asked_of(server)):
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        yield server


def whole(ec2: Account) -> None:
    """The next start converges: each thing is there once, and a further pass finds nothing to do."""
    ec2.latency = 0.0
    assert 0 == run("apply", NETWORK, "--yes").code
    assert WHOLE == things(ec2)
    before = len(writes(ec2))
    assert 0 == run("plan", NETWORK, "--detailed-exitcode").code
    assert before == len(writes(ec2))
    made = Counter(operation for operation in operations(ec2) if operation.startswith(("Create", "Allocate")))
    assert (1, 6, 3) == (made["CreateVpc"], made["CreateSubnet"], made["CreateSecurityGroup"])


@pytest.mark.parametrize("words", [("apply", NETWORK, "--yes"), ("run", NETWORK, "--address", "127.0.0.1:0")])
@pytest.mark.parametrize("begun", [1, 9])
def test_sigterm_lets_calls_in_flight_end(slow: Slow, words: tuple[str, ...], begun: int) -> None:
    """No further call is begun, each that was begun is logged with its end, and it takes less than 10 seconds."""
    with Running(*words) as running:
        until(lambda: len(writes(slow)) >= begun, lambda: running.said)
        code, seconds = running.stop()
    assert seconds < 10
    assert int(words[0] == "apply") == code
    assert len(running.logged("write", outcome="ok")) == len(writes(slow))
    assert len(writes(slow)) < 30
    if words[0] == "apply":
        assert "stopped; the next run finds what was created and continues from there" in running.said
    whole(slow)


@pytest.mark.parametrize("begun", [1, 4, 16])
def test_sigkill_leaks_nothing(slow: Slow, begun: int) -> None:
    """Killed without a word, between any two calls or within one, nothing is made twice and nothing is lost."""
    with Running("apply", NETWORK, "--yes") as running:
        until(lambda: len(writes(slow)) >= begun, lambda: running.said)
        running.send(signal.SIGKILL)
        assert -signal.SIGKILL == running.wait()
    until(lambda: slow.answering == 0, lambda: "what the dead had asked for is done")
    assert things(slow) != WHOLE
    whole(slow)


def test_ctrl_c_is_answered_at_once(slow: Slow) -> None:
    """On a terminal the first Ctrl-C says what it waits for, and the calls in flight end."""
    with Terminal("apply", NETWORK, "--yes") as terminal:
        until(lambda: len(writes(slow)) >= 1, lambda: terminal.screen)
        terminal.send(signal.SIGINT)
        terminal.sees("Stopping once the calls in flight have finished; interrupt again to stop immediately.")
        assert 1 == terminal.wait()
        assert "ha-network: not ready, " in terminal.screen
    whole(slow)


@pytest.fixture
def stuck(slow: Slow) -> Iterator[Slow]:
    """An account that makes the VPC and then never answers."""
    with unanswered(slow, "CreateVpc"):
        yield slow


def test_a_second_signal_ends_it_at_once(stuck: Slow) -> None:
    """Whoever asks twice does not wait for AWS, and is told what becomes of the call."""
    with Terminal("apply", NETWORK, "--yes") as terminal:
        until(lambda: "CreateVpc" in operations(stuck), lambda: terminal.screen)
        terminal.send(signal.SIGINT)
        terminal.sees("interrupt again to stop immediately.")
        began = time.monotonic()
        terminal.send(signal.SIGINT)
        assert 1 == terminal.wait()
        assert time.monotonic() - began < STOP_SECONDS - 2
        assert "was abandoned; the next run finds what it created" in terminal.screen


def test_a_call_that_does_not_end_is_given_up(stuck: Slow) -> None:
    """The platform kills after its own time; before that, the program ends by itself and says why."""
    with Running("apply", NETWORK, "--yes") as running:
        until(lambda: "CreateVpc" in operations(stuck), lambda: running.said)
        code, seconds = running.stop()
        assert (1, True) == (code, seconds < 10.5)
        assert "was abandoned; the next run finds what it created" in running.said


def test_a_stop_while_nothing_is_in_flight(slow: Slow) -> None:
    """Between two passes a stop takes no time, however long the interval is."""
    with Running("run", NETWORK, "--interval", "1h", "--address", "127.0.0.1:0") as running:
        until(lambda: "CreateRoute" in operations(slow), lambda: running.said)
        code, seconds = running.stop()
        assert (0, True) == (code, seconds < 10)
