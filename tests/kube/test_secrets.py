"""Secrets of Kubernetes: those beside the Stack and no others, and never a value in what is said."""

import base64

import pytest

from controller.core.model.cloud import Meaning, Refused, Unreachable
from controller.core.model.reference import Secret
from controller.core.model.stack import Stack
from controller.kube.api import Api, connect
from controller.kube.secrets import STORE, KubernetesSecrets
from tests.kube.cluster import Cluster
from tests.kube.fakes import Away, FakeServer, Refusing

STACK = Stack("web", "eu-west-1", {}, namespace="here")
PATH = "/api/v1/namespaces/here/secrets/db"


def secret(key: str = "password", name: str = "db") -> Secret:
    """One key of a Secret."""
    return Secret(STORE, name, key)


@pytest.fixture
def server() -> FakeServer:
    server = FakeServer()
    content = {
        "password": b"hunter2",
        "empty": b"",
        "lines": b"a\nb\n",
        "binary": b"\xff\xfe",
        "letters": "größe".encode(),
    }
    server.put(PATH, {"data": {key: base64.b64encode(value).decode() for key, value in content.items()}})
    server.put("/api/v1/namespaces/victim/secrets/db", {"data": {"password": "c3RvbGVu"}})
    return server


def refusal(server: FakeServer, wanted: Secret) -> Refused:
    """What reading it is refused with."""
    with pytest.raises(Refused) as caught:
        KubernetesSecrets(server).read(STACK, wanted)
    return caught.value


@pytest.mark.parametrize(
    ("key", "value"), [("password", "hunter2"), ("empty", ""), ("lines", "a\nb\n"), ("letters", "größe")]
)
def test_the_value_of_a_key(server: FakeServer, key: str, value: str) -> None:
    """As it is, to the last letter."""
    assert value == KubernetesSecrets(server).read(STACK, secret(key))


def test_one_that_is_not_there(server: FakeServer) -> None:
    """It is named with its namespace; that only a person can mend."""
    failure = refusal(server, secret(name="other"))
    assert ("Secret here/other does not exist", Meaning.INVALID) == (failure.message, failure.meaning)


def test_a_key_that_is_not_there(server: FakeServer) -> None:
    """It is named; those that are there are not."""
    failure = refusal(server, secret("passwort"))
    assert ("Secret here/db has no key passwort", Meaning.INVALID) == (failure.message, failure.meaning)
    server.put(PATH, {})
    assert "has no key password" in refusal(server, secret()).message


@pytest.mark.parametrize("content", ["//8=", "not base64", "/w"])
def test_what_is_no_text(server: FakeServer, content: str) -> None:
    """It is said without a byte of it."""
    server.put(PATH, {"data": {"password": content}})
    failure = refusal(server, secret())
    assert "Secret here/db: the value of the key password is not text" == failure.message
    assert failure.__cause__ is None
    assert content not in repr(failure)


def test_one_that_may_not_be_read(server: FakeServer) -> None:
    """The message says which value of the chart lets it."""
    server.faults.append(Refusing(403, "Forbidden"))
    failure = refusal(server, secret())
    assert Meaning.DENIED is failure.meaning
    assert "secretKeyRefs.enabled" in failure.message


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_fault_that_passes(server: FakeServer, status: int) -> None:
    """It is tried again."""
    server.faults.append(Refusing(status))
    assert Meaning.TRANSIENT is refusal(server, secret()).meaning


def test_an_api_server_that_is_away(server: FakeServer) -> None:
    """So is this."""
    server.faults.append(Away())
    with pytest.raises(Unreachable) as caught:
        KubernetesSecrets(server).read(STACK, secret())
    assert Meaning.TRANSIENT is caught.value.meaning


ELSEWHERE = [
    "../../victim/secrets/db",
    "..%2F..%2Fvictim%2Fsecrets%2Fdb",
    "../../../namespaces/victim/secrets/db",
    "..",
    ".",
    "",
    "db/../../../victim/secrets/db",
    "db?fieldSelector=x",
    "db#",
    "db ",
    "db\n",
    "DB",
    "a" * 254,
]


@pytest.mark.parametrize("name", ELSEWHERE)
def test_no_name_leads_elsewhere(server: FakeServer, name: str) -> None:
    """Whoever may write a Stack reads nothing with it beyond its namespace: such a name is not even asked for."""
    assert "is not a valid Secret name" in refusal(server, secret(name=name)).message
    assert [] == server.asked


@pytest.mark.parametrize("name", ["a", "a-b.c-1", "1", "a" * 253])
def test_what_can_be_a_name(server: FakeServer, name: str) -> None:
    """As Kubernetes has it."""
    server.put(f"/api/v1/namespaces/here/secrets/{name}", {"data": {"password": "eA=="}})
    assert "x" == KubernetesSecrets(server).read(STACK, secret(name=name))


# --- a real API server ---


@pytest.fixture
def api(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Api:
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig()))
    return connect()[0]


def test_a_real_secret(cluster: Cluster, api: Api) -> None:
    """One that was made as people make them, and only from the Stack's own namespace."""
    home = cluster.namespace("secrets")
    cluster.kubectl("create", "secret", "generic", "db", "--from-literal=password=hunter2", "--namespace", home)
    assert "hunter2" == KubernetesSecrets(api).read(Stack("web", "r", {}, namespace=home), secret())
    cluster.namespace("secrets-elsewhere")
    for name in ("db", f"../../{home}/secrets/db"):
        with pytest.raises(Refused) as caught:
            KubernetesSecrets(api).read(Stack("web", "r", {}, namespace="secrets-elsewhere"), secret(name=name))
        assert Meaning.INVALID is caught.value.meaning
