"""Logs, and the secrets that are never in them."""

import base64
import io
import json
import logging
import sys
from collections.abc import Iterator
from threading import Thread
from typing import Any
from urllib.parse import quote

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from controller.core.model.call import Call
from controller.core.model.reference import Address, Secret
from controller.report import logs, plan_json, secrecy, shown
from controller.report.secrecy import HIDDEN, Secrets

PASSWORD = 'p@ss "w0rd"\\ü'


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[Secrets]:
    """Logs as they were before, and secrets that no other test sees."""
    found = Secrets()
    for module in (secrecy, plan_json, shown, logs):
        monkeypatch.setattr(module, "scrub", found.scrub)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield found
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def stream() -> io.StringIO:
    """Where JSON lines go."""
    found = io.StringIO()
    logs.set_up("debug", found)
    return found


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """The lines, parsed."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_with_level_and_time_in_utc(stream: io.StringIO) -> None:
    """A constant message and what belongs to it in keys."""
    structlog.get_logger().info("A node was created", node=Address("Vpc", "main"), tries=1)
    (line,) = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert {"event": "A node was created", "level": "info", "node": "Vpc/main", "tries": 1} == line


def test_a_terminal_gets_readable_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """One coloured line, no JSON, and the name of the stack is not taken for a stack trace."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = Terminal()
    logs.set_up("info", terminal)
    structlog.get_logger().warning("A read failed", kind="Vpc", stack="ha-web")
    (line,) = terminal.getvalue().splitlines()
    assert "\x1b" in line
    assert all(word in line for word in ("warning", "A read failed", "Vpc", "ha-web"))
    assert not line.startswith("{")


def test_no_colour_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR set, a terminal gets readable lines without colours."""
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal()
    logs.set_up("info", terminal)
    structlog.get_logger().info("Hello", stack="ha-web")
    assert "\x1b" not in terminal.getvalue()
    assert "in=ha-web" in terminal.getvalue()


def test_logs_go_to_the_standard_error_of_the_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever redirects it later gets the lines, as a live display does."""
    logs.set_up()
    later = io.StringIO()
    monkeypatch.setattr(sys, "stderr", later)
    structlog.get_logger().info("Hello")
    assert "Hello" in later.getvalue()


@pytest.mark.parametrize(("level", "expected"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
def test_the_level_is_respected(level: str, expected: int) -> None:
    """Nothing below it is written."""
    stream = io.StringIO()
    logs.set_up(level, stream)
    log = structlog.get_logger()
    for each in logs.LEVELS:
        getattr(log, each)("Something")
    assert expected == len(lines(stream))


def test_libraries_are_heard_from_warnings_on(stream: io.StringIO) -> None:
    """Their debug output shows whole requests, so it stays silent at any level of ours."""
    logging.getLogger("botocore").debug("request body with everything")
    logging.getLogger("botocore").warning("Retrying %s", "later")
    (line,) = lines(stream)
    assert "Retrying later" == line["event"]


def test_a_secret_is_in_no_value_at_any_depth(stream: io.StringIO, fresh: Secrets) -> None:
    """Not in a mapping, a list, a key, a message, an exception, or the cause of one."""
    fresh.conceal(PASSWORD)
    log = structlog.get_logger()
    deep = {"list": [{"text": f"x{PASSWORD}y"}], PASSWORD: {PASSWORD}, "tuple": (PASSWORD, 1)}
    log.info(PASSWORD, deep=deep, error=ValueError(PASSWORD))
    try:
        try:
            raise KeyError(PASSWORD)
        except KeyError as error:
            raise ValueError(f"bad {PASSWORD}") from error
    except ValueError:
        log.exception("It failed")
    text = stream.getvalue()
    for form in (PASSWORD, repr(PASSWORD)[1:-1], json.dumps(PASSWORD)[1:-1], "w0rd"):
        assert form not in text
    assert "Traceback" in lines(stream)[1]["exception"]


def test_what_libraries_say_has_no_secret_either(stream: io.StringIO, fresh: Secrets) -> None:
    """Neither in the arguments of their lines nor in their exceptions."""
    fresh.conceal(PASSWORD)
    try:
        raise ValueError(PASSWORD)
    except ValueError:
        logging.getLogger("botocore").exception("Failed with %s", PASSWORD)
    assert "w0rd" not in stream.getvalue()
    assert "ValueError" in lines(stream)[0]["exception"]


def test_a_line_that_cannot_be_written_shows_nothing(stream: io.StringIO, capfd: pytest.CaptureFixture[str]) -> None:
    """A value that cannot even be printed costs its line, and none of its neighbours is shown instead."""

    class Broken:
        def __str__(self) -> str:
            raise RuntimeError("cannot be printed")

    structlog.get_logger().info("Hello", neighbour="correct horse", value=Broken())
    assert "A log line could not be written\n" == stream.getvalue()
    assert "" == capfd.readouterr().err


def test_a_terminal_shows_no_secret_either(fresh: Secrets) -> None:
    """Also not as a local variable of a traceback."""
    terminal = Terminal()
    logs.set_up("info", terminal)
    fresh.conceal("correct horse")
    try:
        raise ValueError("correct horse")
    except ValueError:
        structlog.get_logger().exception("It failed", value="correct horse")
    assert "correct" not in terminal.getvalue().replace("# correct", "")
    assert HIDDEN in terminal.getvalue()


def test_a_call_is_logged_without_its_secrets(stream: io.StringIO) -> None:
    """A parameter that is a secret says so and nothing else, not even where it is kept."""
    call = Call("rds", "CreateDBInstance", {"Id": "db", "MasterUserPassword": Secret("env", "DB_PASSWORD")})
    structlog.get_logger().info("A call is made", call=call)
    expected = {"Id": "db", "MasterUserPassword": {"secret": True}}
    assert expected == lines(stream)[0]["call"]["parameters"]
    assert "DB_PASSWORD" not in stream.getvalue()


def test_a_plan_shows_no_secret_that_aws_shows(fresh: Secrets) -> None:
    """A secret that was put into a text is observed in the plain; the reports hide it all the same."""
    fresh.conceal("correct horse")
    assert {"userData": f"export PW={HIDDEN}"} == plan_json.plain({"userData": "export PW=correct horse"})
    assert "correct" not in shown.visible("a correct horse b")


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
def test_encoded_forms_are_hidden(fresh: Secrets, before: str) -> None:
    """In base64 at any place of a longer text, in a URL, in JSON, in a repr."""
    fresh.conceal(PASSWORD)
    encoded = base64.b64encode(f"{before}{PASSWORD} and more".encode()).decode()
    left = fresh.scrub(encoded).replace(HIDDEN, "")
    assert len(encoded) - len(left) >= len(PASSWORD.encode()) * 8 // 6 - 1, "at most one letter remains in part"
    for text in (quote(PASSWORD), json.dumps({"a": PASSWORD}), repr([PASSWORD]), f"x{PASSWORD}"):
        assert "w0rd" not in fresh.scrub(text)


@given(st.lists(st.text('abc=\\/\n"é', min_size=4), max_size=5), st.text('abc=\\/\n"é'))
def test_no_registered_value_survives(values: list[str], around: str) -> None:
    """Whatever the secrets are, also when one is part of another."""
    secrets = Secrets()
    for value in values:
        secrets.conceal(value)
    for value in values:
        assert value not in secrets.scrub(f"{around}{value}{around}")


def test_lines_of_a_long_secret_are_hidden_one_by_one(fresh: Secrets) -> None:
    """A key in PEM form is safe where a report cuts it at its line breaks."""
    fresh.conceal("-----BEGIN-----\nMIIEowIBAAKCAQEA\n-----END-----")
    assert HIDDEN == fresh.scrub("MIIEowIBAAKCAQEA")


def test_a_very_short_secret_is_hidden_only_where_it_stands_alone(fresh: Secrets) -> None:
    """Hiding every letter a would leave no text to read; nothing is not a secret at all."""
    fresh.conceal("")
    fresh.conceal("a")
    assert [HIDDEN, "banana", ""] == [fresh.scrub(text) for text in ("a", "banana", "")]


def test_secrets_can_be_registered_from_many_threads(fresh: Secrets) -> None:
    """None is lost."""
    values = [f"secret-{number:04}" for number in range(200)]
    threads = [Thread(target=fresh.conceal, args=(value,)) for value in values]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {HIDDEN} == {fresh.scrub(value) for value in values}
