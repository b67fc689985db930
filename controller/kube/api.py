"""The way to the API server: requests with a time limit, watches, and the ways in which it can refuse.

The only module that imports `kubernetes`, whose part is configuration, authentication and HTTP. What is asked, how
often and what follows from an answer is decided elsewhere.

    HoldfastError
    ├── NoCluster        there is no API server to be found: neither a pod nor a kubeconfig
    ├── ApiRefused       the server answered, and the answer is no (`status` and `reason` say which)
    └── ApiUnreachable   no answer: no connection, a connection that broke, or silence for too long
"""

import json
import os
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import urllib3
import yaml
from kubernetes.client import ApiClient, Configuration
from kubernetes.config import (
    ConfigException,
    list_kube_config_contexts,
    load_incluster_config,
    load_kube_config,
)
from urllib3.exceptions import HTTPError

from controller.core.model.cloud import HoldfastError

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 10.0
"""So long the API server may take to answer, unless said otherwise."""
CONNECTIONS = 64
_OWN_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
DEFAULT_KUBECONFIG = "~/.kube/config"
_NO_KUBECONFIG = (yaml.YAMLError, AttributeError, LookupError, TypeError, ValueError)
"""What the library falls over when a file is some other file."""

Object = dict[str, Any]
"""An object of the API server, as JSON."""
Body = Object | list[Object]
Query = Mapping[str, str | int | bool]


class NoCluster(HoldfastError):
    """There is no API server to be found; the message says what would help."""


@dataclass
class ApiRefused(HoldfastError):
    """The API server's answer was an error. `reason` is Kubernetes' own word: `NotFound`, `Conflict`, `Expired`."""

    method: str
    path: str
    status: int
    reason: str
    message: str
    fields: tuple[str, ...] = ()
    """The fields that are invalid, where it says so."""

    def __str__(self) -> str:
        return f"the API server refused {self.method} {self.path}: {self.status} {self.reason}: {self.message}"

    @property
    def gone(self) -> bool:
        """Whether the thing is not there."""
        return self.status == 404

    @property
    def conflict(self) -> bool:
        """Whether somebody else was quicker: what was asked was based on an older state."""
        outdated = self.method == "PATCH" and self.status == 422  # a test of a patch failed, or it is another object
        return self.status == 409 or (outdated and all(field.startswith("metadata.") for field in self.fields))

    @property
    def expired(self) -> bool:
        """Whether the resource version is too old to go on from; only a new list helps."""
        return self.status == 410

    @property
    def denied(self) -> bool:
        """Whether the account may not do this."""
        return self.status in (401, 403)


@dataclass
class ApiUnreachable(HoldfastError):
    """No answer came; `reason` says why."""

    method: str
    path: str
    reason: str

    def __str__(self) -> str:
        return f"the API server did not answer {self.method} {self.path}: {self.reason}"


class Api(Protocol):
    """What may be asked of an API server. Safe to use from many threads. Raises `ApiRefused`, `ApiUnreachable`."""

    def ask(
        self,
        method: str,
        path: str,
        body: Body | None = None,
        query: Query | None = None,
        seconds: float = ANSWER_SECONDS,
    ) -> Object:
        """One request and its answer. A PATCH is a merge patch, or a JSON patch where its body is a list."""
        ...

    def lines(self, path: str, query: Query, silence: float) -> Iterator[Object]:
        """What a watch says, one event at a time; ends when the server ends it, fails after `silence` seconds."""
        ...


def connect() -> tuple[Api, str]:
    """The API server of the pod, or of the kubeconfig, and the namespace that is meant by default.

    As `kubectl` finds it: the pod's service account, else `KUBECONFIG`, else `~/.kube/config`.
    Raises `NoCluster`.
    """
    configuration, named = Configuration(), os.environ.get("KUBECONFIG")
    if not named and "KUBERNETES_SERVICE_HOST" in os.environ:
        namespace = _of_the_pod(configuration)
    else:
        namespace = _of_the_kubeconfig(configuration, named or DEFAULT_KUBECONFIG)
    configuration.connection_pool_maxsize = CONNECTIONS
    return _Http(configuration), namespace


def _of_the_pod(configuration: Configuration) -> str:
    try:
        load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call] # the library's
        return _OWN_NAMESPACE.read_text().strip() or "default"
    except (ConfigException, OSError) as error:
        raise NoCluster(f"this pod has no usable service account: {error}; mount the token") from None


def _of_the_kubeconfig(configuration: Configuration, files: str) -> str:
    try:
        load_kube_config(files, client_configuration=configuration)  # type: ignore[no-untyped-call] # the library's
        _, active = list_kube_config_contexts(files)  # type: ignore[no-untyped-call] # the library's
    except (ConfigException, OSError, *_NO_KUBECONFIG) as error:
        raise NoCluster(
            f"no cluster found: this is not a pod, and the kubeconfig cannot be used: {error}; "
            "set KUBECONFIG, or run in a pod"
        ) from None
    return str(active.get("context", {}).get("namespace") or "default")


class _Http:
    """The real API server."""

    def __init__(self, configuration: Configuration) -> None:
        self._client = ApiClient(configuration)
        self._host = configuration.host.rstrip("/")

    def ask(
        self,
        method: str,
        path: str,
        body: Body | None = None,
        query: Query | None = None,
        seconds: float = ANSWER_SECONDS,
    ) -> Object:
        with _translated(method, path):
            answer = self._send(method, path, query, body, seconds, whole=True)
            return _checked(method, path, answer)

    def lines(self, path: str, query: Query, silence: float) -> Iterator[Object]:
        with _translated("WATCH", path):
            answer = self._send("GET", path, query, None, silence, whole=False)
            try:
                if answer.status >= 300:
                    _checked("WATCH", path, answer)
                yield from _events(answer)
            finally:
                answer.close()

    def _send(
        self, method: str, path: str, query: Query | None, body: Body | None, seconds: float, whole: bool
    ) -> urllib3.BaseHTTPResponse:
        headers = {"Accept": "application/json", "User-Agent": "holdfast"}
        if body is not None:
            patch = "application/json-patch+json" if isinstance(body, list) else "application/merge-patch+json"
            headers["Content-Type"] = patch if method == "PATCH" else "application/json"
        self._client.update_params_for_auth(headers, [], ["BearerToken"], path, method, body)
        parameters = urllib.parse.urlencode({key: _worded(value) for key, value in (query or {}).items()})
        return self._client.rest_client.pool_manager.request(
            method,
            f"{self._host}{path}{f'?{parameters}' if parameters else ''}",
            body=None if body is None else json.dumps(body).encode(),
            headers=headers,
            timeout=urllib3.Timeout(
                total=seconds if whole else None, connect=min(CONNECT_SECONDS, seconds), read=seconds
            ),
            retries=False,  # or urllib3 asks again by itself, and floods the log
            preload_content=whole,
        )


def _worded(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class _translated:  # noqa: N801 - reads as what it does
    """Whatever the library raises, said in our own words."""

    def __init__(self, method: str, path: str) -> None:
        self._method, self._path = method, path

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, HTTPError | OSError | ConfigException):
            raise ApiUnreachable(self._method, self._path, _reason(error)) from None
        if isinstance(error, ValueError):  # some proxy's page, or half a line
            raise ApiUnreachable(self._method, self._path, "its response is not JSON") from None


def _reason(error: BaseException) -> str:
    """The innermost reason; the outer ones name our own machinery."""
    inner = getattr(error, "reason", None) or error.__cause__
    return _reason(inner) if isinstance(inner, BaseException) else str(error) or type(error).__name__


def _checked(method: str, path: str, answer: urllib3.BaseHTTPResponse) -> Object:
    content = answer.data
    try:
        parsed: Any = json.loads(content)
    except ValueError:
        parsed = None
    if answer.status < 300:
        if isinstance(parsed, dict):
            return parsed
        raise ApiUnreachable(method, path, "its response is not a JSON object")
    told: Object = parsed if isinstance(parsed, dict) else {"message": content.decode(errors="replace")[:500]}
    reason, message = told.get("reason") or answer.reason, told.get("message") or ""
    raise ApiRefused(method, path, answer.status, str(reason), str(message), _fields(told))


def _fields(told: Object) -> tuple[str, ...]:
    details = told.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    return tuple(str(cause.get("field")) for cause in causes or () if isinstance(cause, dict))


def _events(answer: urllib3.BaseHTTPResponse) -> Iterator[Object]:
    rest = b""
    for chunk in answer.stream(amt=None):
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            if line.strip():
                yield json.loads(line)
