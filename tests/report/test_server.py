"""The HTTP server that Prometheus and the platform ask."""

import http.client
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry, Gauge

from controller.core.model.cloud import HoldfastError
from controller.report.server import AddressInUse, CannotListen, Server, parse_address

Complaints = dict[str, str]


@pytest.fixture
def complaints() -> Complaints:
    """What is wrong, by `healthy` and `ready`; empty when nothing is."""
    return {}


@pytest.fixture
def server(complaints: Complaints) -> Iterator[Server]:
    """A server on a free port of this machine."""
    registry = CollectorRegistry()
    Gauge("holdfast_leader", "text", registry=registry).set(1)
    found = Server("127.0.0.1:0", registry, lambda: complaints.get("healthy"), lambda: complaints.get("ready"))
    yield found
    found.close()


def ask(server: Server, path: str, method: str = "GET") -> tuple[int, str, str]:
    """Status, body and content type."""
    connection = http.client.HTTPConnection(server.address, timeout=10)
    connection.request(method, path)
    answer = connection.getresponse()
    found = answer.status, answer.read().decode(), answer.headers["Content-Type"]
    connection.close()
    return found


def test_metrics_are_served(server: Server) -> None:
    """In Prometheus's text form, with the content type that says so."""
    status, body, kind = ask(server, "/metrics?x=1")
    assert status == 200
    assert "holdfast_leader 1.0" in body
    assert kind.startswith("text/plain; version=")


@pytest.mark.parametrize(("path", "of"), [("/healthz", "healthy"), ("/readyz", "ready")])
def test_a_complaint_is_a_503_with_its_reason(server: Server, complaints: Complaints, path: str, of: str) -> None:
    """Each path asks its own question, every time anew."""
    assert (200, "ok\n") == ask(server, path)[:2]
    complaints[of] = "no pass for 10 minutes"
    assert (503, "no pass for 10 minutes\n") == ask(server, path)[:2]


def test_anything_else_is_not_found(server: Server) -> None:
    """With a word about what there is."""
    status, body, _ = ask(server, "/")
    assert status == 404
    assert "/metrics" in body


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/nothing"])
def test_head_is_get_without_the_body(server: Server, path: str) -> None:
    """The same status, nothing after the headers."""
    assert ask(server, path)[0] == ask(server, path, "HEAD")[0]
    assert ask(server, path, "HEAD")[1] == ""


def test_a_port_in_use_says_what_to_do(server: Server) -> None:
    """The address, the reason, and the way out."""
    with pytest.raises(AddressInUse, match=f"{server.address} is in use.*--address") as caught:
        Server(server.address, CollectorRegistry(), lambda: None, lambda: None)
    assert isinstance(caught.value, HoldfastError)


def test_a_closed_server_frees_its_port(server: Server) -> None:
    """Another one can take it at once."""
    first = Server("127.0.0.1:0", CollectorRegistry(), lambda: None, lambda: None)
    address = first.address
    first.close()
    second = Server(address, CollectorRegistry(), lambda: None, lambda: None)
    assert address == second.address
    second.close()


def test_an_answer_that_fails_does_not_end_the_server(
    server: Server, complaints: Complaints, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller is left without an answer, the next one gets theirs."""

    def broken(*_: object) -> str:
        raise RuntimeError("broken")

    monkeypatch.setattr("controller.report.server.scrub", broken)
    with pytest.raises(http.client.RemoteDisconnected):
        ask(server, "/healthz")
    monkeypatch.undo()
    assert 200 == ask(server, "/healthz")[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("localhost:0", ("localhost", 0)),
        (":8080", ("", 8080)),
        ("[::1]:9090", ("::1", 9090)),
        ("[::]:80", ("::", 80)),
    ],
)
def test_addresses_are_read(text: str, expected: tuple[str, int]) -> None:
    """Both families, names, and all interfaces."""
    assert expected == parse_address(text)


@pytest.mark.parametrize("text", ["8080", "host", "host:", "host:x", "::1:80", "h:70000", "h:-1", "", "h:²"])
def test_what_is_no_address_is_told_so(text: str) -> None:
    """With the forms that would be right."""
    with pytest.raises(CannotListen, match=r"127\.0\.0\.1:8080"):
        parse_address(text)


def test_an_address_of_another_machine_is_told_so() -> None:
    """Not as an address in use, but with the system's reason."""
    with pytest.raises(CannotListen, match=r"cannot listen on 192\.0\.2\.1:0") as caught:
        Server("192.0.2.1:0", CollectorRegistry(), lambda: None, lambda: None)
    assert not isinstance(caught.value, AddressInUse)


def test_both_families_are_served() -> None:
    """IPv6 where the machine has it, and the address comes back in brackets."""
    try:
        found = Server("[::1]:0", CollectorRegistry(), lambda: None, lambda: None)
    except CannotListen:
        pytest.skip("this machine has no IPv6")
    assert found.address.startswith("[::1]:")
    assert 200 == ask(found, "/healthz")[0]
    found.close()
