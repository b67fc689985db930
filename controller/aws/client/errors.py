"""Failures of calls as the engine knows them; `meanings.py` says what AWS's codes mean."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from botocore import exceptions as raised
from botocore.parsers import ResponseParserError

from controller.aws.client.echoes import repeats
from controller.aws.client.meanings import meaning_of, within_of
from controller.aws.client.ways_out import way_out
from controller.core.model.cloud import Meaning, Refused, Unreachable

_NOT_UNDERSTOOD = (ResponseParserError, ValueError, KeyError)


NEVER_SENT = (
    raised.ConnectTimeoutError,
    raised.EndpointConnectionError,
    raised.ProxyConnectionError,
    raised.SSLError,
)
"""Failures of the way to AWS: it has not got the request."""


def translated(
    error: Exception, service: str, operation: str, region: str, secrets: Iterable[str] = ()
) -> Refused | Unreachable:
    """The error as the engine knows it, with nothing in it that was a parameter's value.

    AWS's own text is kept where it repeats nothing of the given secrets; botocore's texts are replaced, for they
    repeat values.
    """
    if isinstance(error, raised.ClientError):
        return _answered(error, service, operation, secrets)
    for kind, meaning, words in _REASONS:
        if isinstance(error, kind):
            sent = meaning is not Meaning.CREDENTIALS and not isinstance(error, NEVER_SENT)
            return Unreachable(service, operation, meaning, _reason(error, words, region), sent)
    if isinstance(error, raised.BotoCoreError):
        message = "botocore refused the call before it was sent"
        return Refused(service, operation, type(error).__name__, Meaning.INVALID, message)
    return Unreachable(service, operation, Meaning.TRANSIENT, _reason(error, _UNFORESEEN, region))


def _answered(
    error: raised.ClientError, service: str, operation: str, secrets: Iterable[str]
) -> Refused | Unreachable:
    said, metadata = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
    code, message = said.get("Code") or "Unknown", said.get("Message") or ""
    meaning = meaning_of(code, metadata.get("HTTPStatusCode", 0), message)
    if error.operation_name != operation:  # botocore's own call on the way, for credentials
        passing = meaning in (Meaning.THROTTLED, Meaning.TRANSIENT)
        reason = f"credentials were refused by {error.operation_name} ({code}): check the role and its trust policy"
        follows = Meaning.TRANSIENT if passing else Meaning.CREDENTIALS
        return Unreachable(service, operation, follows, reason, sent=False)
    if repeats(message, secrets):
        message = "the error message of AWS is omitted because it repeats part of a secret in the request"
    unabridged = said.get("Message") or ""
    return Refused(
        service,
        operation,
        code,
        meaning,
        message,
        metadata.get("RequestId", ""),
        within_of(code, unabridged, meaning),
        way_out(code, unabridged, meaning),
    )


_SSO = (raised.SSOError, raised.TokenRetrievalError, raised.NoAuthTokenError)
_CONFIGURATION = (raised.ConfigNotFound, raised.ConfigParseError, raised.InvalidConfigError)
_REASONS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Meaning, str], ...] = (
    (
        raised.NoCredentialsError,
        Meaning.CREDENTIALS,
        "no AWS credentials found: set AWS_PROFILE, or give the pod, task or instance a role",
    ),
    (raised.PartialCredentialsError, Meaning.CREDENTIALS, "the credentials from {provider} lack {cred_var}"),
    (
        raised.ProfileNotFound,
        Meaning.CREDENTIALS,
        "the profile {profile} is not in the AWS configuration files: check AWS_PROFILE",
    ),
    (_SSO, Meaning.CREDENTIALS, "the SSO session has expired: run `aws sso login`"),
    (raised.LoginError, Meaning.CREDENTIALS, "the session has expired: run `aws login`"),
    (
        (raised.CredentialRetrievalError, raised.MetadataRetrievalError, RuntimeError),
        Meaning.CREDENTIALS,
        "credentials could not be retrieved{from_provider}: check the role, or the command that provides them",
    ),
    (_CONFIGURATION, Meaning.CREDENTIALS, "the AWS configuration file cannot be used: check AWS_CONFIG_FILE"),
    (raised.SSLError, Meaning.TRANSIENT, "the certificate of {host} is not trusted: check AWS_CA_BUNDLE"),
    (raised.ProxyConnectionError, Meaning.TRANSIENT, "the proxy {host} cannot be reached: check HTTPS_PROXY"),
    (
        raised.ConnectTimeoutError,
        Meaning.TRANSIENT,
        "connecting to {host} timed out: check the network and the region, {region}",
    ),
    (raised.ReadTimeoutError, Meaning.TRANSIENT, "{host} ({region}) did not respond in time"),
    (raised.ConnectionClosedError, Meaning.TRANSIENT, "{host} ({region}) closed the connection without a response"),
    (
        raised.EndpointConnectionError,
        Meaning.TRANSIENT,
        "{host} cannot be reached: check the network and the region, {region} (or AWS_ENDPOINT_URL)",
    ),
    (
        (raised.ConnectionError, raised.HTTPClientError, raised.IncompleteReadError),
        Meaning.TRANSIENT,
        "the connection to {host} ({region}) failed: {kind}",
    ),
    (raised.PaginationError, Meaning.TRANSIENT, "the listing did not advance: AWS returned the same token twice"),
    (
        _NOT_UNDERSTOOD,
        Meaning.TRANSIENT,
        "the response could not be parsed: is this an AWS endpoint? ({kind})",
    ),
    (OSError, Meaning.CREDENTIALS, "a file named in the AWS configuration cannot be read: {file}"),
)
"""The first that fits decides. The words take only what is no parameter: names, hosts, kinds of error."""


_UNFORESEEN = "the call failed unexpectedly ({kind}): please report this if it persists"


def _reason(error: Exception, words: str, region: str) -> str:
    known = getattr(error, "kwargs", {})
    url = urlsplit(str(known.get("endpoint_url") or known.get("proxy_url") or ""))
    provider = known.get("provider", "")
    return words.format(
        profile=known.get("profile"),
        provider=provider,
        from_provider=f" from {provider}" if provider else "",
        cred_var=known.get("cred_var"),
        host=_host(url.scheme, url.hostname, url.port),
        region=region,
        kind=type(error).__name__,
        file=getattr(error, "filename", None) or "unknown",
    )


def _host(scheme: str, name: str | None, port: int | None) -> str:
    """No path, no query, no user: they may carry values."""
    if not name:
        return "the endpoint"
    return f"{scheme}://{name}" + (f":{port}" if port else "")
