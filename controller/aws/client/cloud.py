"""AWS as the engine sees it: one account and region, every call limited, counted, timed and translated.

The commands wire it: `AwsCloud("eu-west-1", new_session("production"), observe=metrics.request)`. Clouds of
one account are given the same session; the token buckets find each other by themselves.

Where credentials, endpoints and proxies come from is botocore's affair, as with every AWS tool.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from copy import copy
from dataclasses import dataclass
from typing import Any

from botocore import exceptions as raised
from botocore import xform_name
from botocore.client import BaseClient
from botocore.config import Config
from botocore.loaders import Loader, create_loader
from botocore.model import OperationModel
from botocore.session import Session

from controller import __version__
from controller.aws.client.endpoints import endpoint_of
from controller.aws.client.errors import NEVER_SENT, translated
from controller.aws.client.limits import Clock, Limits, shared_limits
from controller.aws.client.meanings import meaning_of
from controller.aws.client.models import continuation, secrets_in, shared_loader, token_of
from controller.aws.client.parser import PageParserFactory
from controller.aws.client.validation import malformed
from controller.core.model.cloud import Answer, HoldfastError, Meaning, Refused, Unreachable


@dataclass(frozen=True)
class RequestRecord:
    """One HTTP request to AWS and how it ended; with `attempts` 0, a call that never became a request."""

    service: str
    operation: str
    outcome: str
    """`ok`, or the `Meaning` of the error."""
    seconds: float
    """From sending to the parsed answer; waiting for a token or before a retry is not in it."""
    attempts: int
    """Which attempt of its call this was: 1 is the first, more are retries."""
    throttled: bool


Observe = Callable[[RequestRecord], None]


def _unobserved(record: RequestRecord) -> None:
    """Nobody wants to know."""


Permit = Callable[[], str]
"""Asked before each request, as late as can be: why it may not be sent, or nothing."""


def _permitted() -> str:
    """Nobody forbids it."""
    return ""


_making = threading.Lock()
"""A session makes one client at a time: botocore's sessions are not made for threads, its clients are."""


READ_TIMEOUT_SECONDS = 30.0
"""So long AWS may take to answer one request."""


def _config() -> Config:
    """The settings of a client, made anew for each: botocore writes what it finds elsewhere into them."""
    return Config(
        retries={"mode": "standard"},
        max_pool_connections=32,
        connect_timeout=4,  # less than a leader's margin: what is begun in its term has left before the next
        read_timeout=READ_TIMEOUT_SECONDS,
        user_agent_extra=f"holdfast/{__version__}",
    )


def new_session(profile: str | None = None) -> Session:
    """A session with our parser, and with the models that all sessions of the program share.

    Reads nothing yet: a profile that does not exist is told by the first call.
    """
    session = Session(profile=profile)
    session.register_component("response_parser_factory", PageParserFactory())
    session.lazy_register_component("data_loader", lambda: _loader(session))
    return session


def _loader(session: Session) -> Loader:
    models_of_their_own = session.get_config_variable("data_path")
    return create_loader(models_of_their_own) if models_of_their_own else shared_loader()


class AwsCloud:
    """The `Cloud` of one account and region."""

    def __init__(
        self,
        region: str,
        session: Session | None = None,
        limits: Limits | None = None,
        observe: Observe = _unobserved,
        permit: Permit = _permitted,
        clock: Clock = time.monotonic,
    ) -> None:
        """Without `limits` the program's buckets of the account are used; for them the account is asked.

        What `permit` forbids is not sent: the call ends as `Unreachable`, however long it had waited before.
        """
        self._region = region
        self._session = session or new_session()
        self._given_limits = limits
        self._observe = observe
        self._permit = permit
        self._clock = clock
        self._clients: dict[str, BaseClient] = {}
        self._account = ""
        self._asking = threading.Lock()
        self._clouds = {region: self}

    @property
    def region(self) -> str:
        """The region's name."""
        return self._region

    def at(self, region: str) -> "AwsCloud":
        """The same account in another region, asked with the same credentials; made once."""
        if region in ("", self._region):
            return self
        with _making:
            if region not in self._clouds:
                there = self._clouds[region] = copy(self)
                there._region, there._clients, there._asking = region, {}, threading.Lock()
            return self._clouds[region]

    def account(self) -> str:
        """The account of the credentials; one request in the life of this object."""
        with self._asking:
            if not self._account:
                self._account = str(self.call("sts", "GetCallerIdentity", {}).body["Account"])
            return self._account

    def endpoint(self) -> str:
        """What tells the AWS behind the endpoint from others that have the same account; empty for AWS itself."""
        return endpoint_of(self._session)

    def call(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Answer:
        """Make one call; the promise is `Cloud.call`'s."""
        flight = self._new_flight(service, operation, parameters)
        body = self._perform(flight, lambda: self._method(service, operation)(**parameters))
        metadata = body.get("ResponseMetadata", {})
        _refuse_if_unsuccessful(service, operation, body)
        attempts = metadata.get("RetryAttempts", 0) + 1
        return Answer(_without_metadata(body), metadata.get("RequestId", ""), attempts)

    def delay(self, service: str, operation: str, parameters: Mapping[str, Any], ahead: int = 0) -> float:
        """Seconds until the bucket lets such a call go; the promise is `Cloud.delay`'s."""
        return self._limits(service).delay(service, operation, parameters, ahead)

    def pages(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Walk a listing; the promise is `Cloud.pages`'s. To limits and metrics each page is a call."""
        walk = self._walk(service, operation, parameters)
        while True:
            page = self._perform(self._new_flight(service, operation, parameters), lambda: next(walk, None))
            if page is None:
                return
            yield _without_metadata(page)

    def _walk(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        method = self._method(service, operation)
        client = self._client(service)
        if client.can_paginate(xform_name(operation)):
            yield from client.get_paginator(xform_name(operation)).paginate(**parameters)
            return
        onward = continuation(client.meta.service_model.operation_model(operation))
        token: Any = None
        while True:
            page = method(**parameters)
            if onward is None:
                yield page
                return
            previous, token = token, _at(page, onward[1])
            yield page
            if not token:
                return
            if token == previous:
                raise raised.PaginationError(message="the same token twice")
            parameters = {**parameters, onward[0]: token}

    def _new_flight(self, service: str, operation: str, parameters: Mapping[str, Any]) -> "_Flight":
        limits = self._limits(service)
        return _Flight(service, operation, parameters, limits, self._observe, self._permit, self._clock)

    def _perform(self, flight: "_Flight", request: Callable[[], Any]) -> Any:
        """Run the request with its flight known to the hooks, and translate what it raises."""
        token = _flight.set(flight)
        try:
            return request()
        except HoldfastError:
            raise
        except Exception as error:  # noqa: BLE001  # botocore raises what its parts do: a bad token file is a TypeError
            failure = self._failure(error, flight)
        finally:
            _flight.reset(token)
        # Raised out here, so that it does not carry botocore's error, whose text may hold a secret.
        flight.failed(failure.meaning)
        raise failure

    def _failure(self, error: Exception, flight: "_Flight") -> Refused | Unreachable:
        service, operation, client = flight.service, flight.operation, self._clients.get(flight.service)
        if client is None:  # it could not even be made
            return translated(error, service, operation, self._region)
        shape = client.meta.service_model.operation_model(operation).input_shape
        if isinstance(error, raised.ParamValidationError):
            complaints = "; ".join(map(str, malformed(shape, flight.parameters)))
            message = complaints or "a parameter does not have the form that AWS requires"
            return Refused(service, operation, "ParamValidation", Meaning.INVALID, message)
        secrets = secrets_in(shape, flight.parameters)
        return translated(error, service, operation, self._region, secrets)

    def _limits(self, service: str) -> Limits:
        if self._given_limits is not None:
            return self._given_limits
        # STS tells the account, so its own bucket cannot be the account's.
        account = "" if service == "sts" else self.account()
        return shared_limits(account, self._region, service)

    def _method(self, service: str, operation: str) -> Callable[..., dict[str, Any]]:
        client = self._client(service)
        name = xform_name(operation)
        if name not in client.meta.method_to_api_mapping:
            message = f"AWS has no operation {service}:{operation}"
            raise Refused(service, operation, "UnknownOperation", Meaning.INVALID, message)
        method: Callable[..., dict[str, Any]] = getattr(client, name)
        return method

    def _client(self, service: str) -> BaseClient:
        client = self._clients.get(service)
        if client is not None:
            return client
        with _making:
            if service not in self._clients:
                client = self._session.create_client(service, region_name=self._region, config=_config())
                _watch(client)
                self._clients[service] = client
            return self._clients[service]


def clouds(observe: Observe = _unobserved, permit: Permit = _permitted) -> Callable[[str], AwsCloud]:
    """The cloud of each region asked for, made once; all share one session, and so one set of credentials."""
    making, made = threading.Lock(), list[AwsCloud]()

    def cloud(region: str) -> AwsCloud:
        with making:
            made.extend([] if made else [AwsCloud(region, observe=observe, permit=permit)])
        return made[0].at(region)

    return cloud


def _refuse_if_unsuccessful(service: str, operation: str, body: Mapping[str, Any]) -> None:
    """Some batch calls answer 200 with the failures inside; one of ours is about one thing, so that is its answer.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVpcEndpoints.html
    """
    for item in body.get("Unsuccessful") or ():
        error, request_id = item.get("Error", {}), body.get("ResponseMetadata", {}).get("RequestId", "")
        code, message = error.get("Code", ""), error.get("Message", "")
        raise Refused(service, operation, code, meaning_of(code, 400, message), message, request_id)


def _without_metadata(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "ResponseMetadata"}


def _at(page: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = page
    for name in path:
        value = (value or {}).get(name)
    return value


@dataclass
class _Flight:
    """One call under way, with all its attempts. Botocore's hooks run in the thread of the call."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    limits: Limits
    observe: Observe
    permit: Permit
    clock: Clock
    attempts: int = 0
    sent: float | None = None
    forbidden: bool = False
    """The last attempt was not sent, so that AWS has no part in how it ended."""

    def wait(self) -> None:
        self.limits.wait(self.service, self.operation, self.parameters)

    def leaves(self) -> None:
        forbidden = self.permit()
        self.forbidden = bool(forbidden)
        if forbidden:
            raise Unreachable(self.service, self.operation, Meaning.TRANSIENT, f"not sent: {forbidden}", sent=False)
        self.attempts += 1
        self.sent = self.clock()

    def arrives(self, outcome: str) -> None:
        if self.forbidden:
            return
        seconds = 0.0 if self.sent is None else self.clock() - self.sent
        self.sent = None
        throttled = outcome == Meaning.THROTTLED
        if throttled:
            self.limits.slow_down(self.service, self.operation, self.parameters)
        record = RequestRecord(self.service, self.operation, outcome, seconds, self.attempts, throttled)
        self.observe(record)

    def failed(self, meaning: Meaning) -> None:
        """Record what no hook saw: a call that never left, or an answer that could not be parsed."""
        if self.sent is not None or not self.attempts:
            self.arrives(meaning.value)


_flight: ContextVar[_Flight] = ContextVar("flight")


def _watch(client: BaseClient) -> None:
    service = client.meta.service_model.service_id.hyphenize()
    hooks: dict[str, Callable[..., None]] = {
        "request-created": _before_signing,
        "before-send": _leaving,
        "response-received": _arrived,
        "needs-retry": _ask_once,
    }
    for event, hook in hooks.items():
        client.meta.events.register_first(f"{event}.{service}", hook)


def _before_signing(**_: Any) -> None:
    # For every attempt, and before the signature: that grows old while we wait.
    _flight.get().wait()


def _leaving(**_: Any) -> None:
    _flight.get().leaves()


def _arrived(parsed_response: Mapping[str, Any] | None, **_: Any) -> None:
    if parsed_response is None:
        _flight.get().arrives(Meaning.TRANSIENT.value)
    else:
        _flight.get().arrives(_meaning(parsed_response) or "ok")


def _meaning(parsed: Mapping[str, Any]) -> Meaning | None:
    status = parsed.get("ResponseMetadata", {}).get("HTTPStatusCode", 200)
    error = parsed.get("Error", {})
    return meaning_of(error.get("Code", ""), status, error.get("Message", "")) if status >= 300 else None


_MAKES = ("Allocate", "Copy", "Create", "Import", "Publish", "Request", "Run", "Send", "Start")


def _has_token(operation: OperationModel) -> bool:
    """Whether AWS knows the call when it is repeated; what its model flags botocore never leaves out."""
    flight = _flight.get()
    path = token_of(flight.service, operation.name)
    return bool(operation.idempotent_members) or bool(path and _at(flight.parameters, tuple(path.split("."))))


def _ask_once(
    operation: OperationModel, response: tuple[Any, Any] | None, caught_exception: Exception | None, **_: Any
) -> None:
    """Keep botocore from repeating a call that may have made something, when it carries no token that AWS knows.

    An answer that was lost on the way back says nothing about the thing: asked again, AWS would make a second
    one. The next pass sees what there is.
    """
    if not operation.name.startswith(_MAKES) or _has_token(operation):
        return
    if caught_exception is not None:
        if not isinstance(caught_exception, NEVER_SENT):
            raise caught_exception
    elif response is not None and _meaning(response[1]) is Meaning.TRANSIENT:
        raise raised.ClientError(response[1], operation.name)
