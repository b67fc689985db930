"""A real Kubernetes API server with its etcd on loopback, as controller-runtime's envtest starts them.

The programs stand in the folder that `KUBEBUILDER_ASSETS` names; `make assets` builds them, and `make test` finds
them by itself.
"""

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ASSETS = os.environ.get("KUBEBUILDER_ASSETS", "")
TOLD_HOW = "`make assets` builds what this test needs (a Kubernetes API server, etcd, helm); it needs Go"
START_SECONDS = 100.0
SPARING = {"GOGC": "400"}
"""Half of what an API server of a few objects does is to look for garbage; so it looks less often."""
ADMIN = "admin-of-the-tests"


def asset(name: str) -> str | None:
    """Where a program stands: in the folder of the assets, or on the PATH."""
    return shutil.which(name, path=ASSETS) if ASSETS else shutil.which(name)


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class Cluster:
    """An API server for whoever asks it: where it listens, whose certificate it has, and a folder for their files."""

    def __init__(self, folder: Path, port: int, authority: Path) -> None:
        self.folder, self.port, self.authority = folder, port, authority

    @property
    def url(self) -> str:
        """Where the API server listens."""
        return f"https://127.0.0.1:{self.port}"

    def ask(
        self, method: str, path: str, body: Any = None, token: str = ADMIN, patch: str = "merge-patch+json"
    ) -> tuple[int, Any]:
        """Status and JSON of one request; status 0 while the API server is not there."""
        request = urllib.request.Request(f"{self.url}{path}", method=method)  # noqa: S310 - the test's own server
        request.add_header("Authorization", f"Bearer {token}")
        request.add_header("Content-Type", f"application/{patch}" if method == "PATCH" else "application/json")
        content = None if body is None else json.dumps(body).encode()
        try:
            trusted = ssl.create_default_context(cafile=str(self.authority))
            with urllib.request.urlopen(request, content, timeout=10, context=trusted) as answer:  # noqa: S310
                return answer.status, _parsed(answer.read())
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, _parsed(refused.read())
        except OSError:
            return 0, {}

    def get(self, path: str) -> Any:
        """What stands at a path, which has to be there."""
        status, found = self.ask("GET", path)
        assert status == 200, (path, status, found)
        return found

    def put(self, method: str, path: str, body: Any, patch: str = "merge-patch+json") -> Any:
        """Create (POST), replace (PUT) or change (PATCH) something, which has to succeed."""
        status, found = self.ask(method, path, body, patch=patch)
        assert status in (200, 201), (path, status, found)
        return found

    def namespace(self, name: str) -> str:
        """A new namespace."""
        self.put("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        return name

    def kubeconfig(self, token: str = ADMIN, namespace: str = "default") -> Path:
        """A kubeconfig for whoever has this token."""
        path = self.folder / f"kubeconfig-{abs(hash((token, namespace)))}"
        user = {"name": "user", "user": {"token": token}}
        cluster = {"server": self.url, "certificate-authority": str(self.authority)}
        context = {"cluster": "cluster", "user": "user", "namespace": namespace}
        path.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "clusters": [{"name": "cluster", "cluster": cluster}],
                    "users": [user],
                    "contexts": [{"name": "context", "context": context}],
                    "current-context": "context",
                }
            )
        )
        return path

    def kubectl(self, *words: str, stdin: str = "", check: bool = True) -> str:
        """What kubectl prints; with `check` it has to succeed."""
        return self.run("kubectl", ["--kubeconfig", str(self.kubeconfig()), *words], stdin, check)

    def run(self, name: str, words: Iterable[str], stdin: str = "", check: bool = True) -> str:
        """What one of the programs prints, both streams together; with `check` it has to succeed."""
        program = asset(name)
        assert program, f"{name} is not there; {TOLD_HOW}"
        ended = subprocess.run(
            [program, *words],
            input=stdin.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=START_SECONDS,
            check=False,
            env={**os.environ, "HOME": str(self.folder), "KUBECACHEDIR": str(self.folder / "cache")},
        )
        said = ended.stdout.decode()
        assert not check or ended.returncode == 0, said
        return said


class OwnCluster(Cluster):
    """One API server and its etcd. The API server can be stopped, killed and started again on the same port."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, free_port(), folder / "certificates" / "apiserver.crt")
        self.etcd_port = free_port()
        self._key = folder / "service-account.key"
        self._key.write_bytes(
            rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption(),
            )
        )
        tokens = folder / "tokens.csv"
        tokens.write_text(f'{ADMIN},admin,admin,"system:masters"\n')
        self.etcd = self._spawn_etcd()
        try:
            self.server = self.start()
        except BaseException:
            self.close()
            raise

    def _spawn_etcd(self) -> "subprocess.Popen[bytes]":
        peers = free_port()
        return self._spawn(
            "etcd",
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls=http://127.0.0.1:{self.etcd_port}",
            f"--advertise-client-urls=http://127.0.0.1:{self.etcd_port}",
            f"--listen-peer-urls=http://127.0.0.1:{peers}",
            "--unsafe-no-fsync",
            "--log-level=error",
        )

    def start(self) -> "subprocess.Popen[bytes]":
        """Start the API server, and wait until it is ready."""
        self.server = self._spawn(
            "kube-apiserver",
            f"--etcd-servers=http://127.0.0.1:{self.etcd_port}",
            "--bind-address=127.0.0.1",
            f"--secure-port={self.port}",
            f"--cert-dir={self.folder / 'certificates'}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={self._key}",
            f"--service-account-signing-key-file={self._key}",
            f"--token-auth-file={self.folder / 'tokens.csv'}",
            "--authorization-mode=RBAC",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--profiling=false",
        )
        self._wait(lambda: self.ask("GET", "/readyz")[0] == 200)
        return self.server

    def kill(self) -> None:
        """End the API server at once, as a crash does."""
        self.server.kill()
        self.server.wait()

    def send(self, number: int) -> None:
        """Send the API server a signal (SIGSTOP freezes it, SIGCONT lets it go on)."""
        self.server.send_signal(number)

    def close(self) -> None:
        """End both programs."""
        for each in (self.server, self.etcd):
            each.send_signal(signal.SIGCONT)
            each.kill()
            each.wait()

    def _spawn(self, name: str, *words: str) -> "subprocess.Popen[bytes]":
        program = asset(name)
        assert program, f"{name} is not there; {TOLD_HOW}"
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [program, *words], stdout=log, stderr=log, stdin=subprocess.DEVNULL, env={**os.environ, **SPARING}
            )

    def _wait(self, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            ended = self.server.poll() is not None or self.etcd.poll() is not None
            if ended or time.monotonic() > deadline:
                logs = [path.read_text()[-2000:] for path in self.folder.glob("*.log")]
                raise AssertionError("the API server did not start:\n" + "\n".join(logs))
            time.sleep(0.05)


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content.decode(errors="replace")
