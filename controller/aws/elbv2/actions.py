"""What is done with a request: the actions of a listener and those of a rule are alike."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from controller.core.model.equality import AsText
from controller.core.model.shape import Tree
from controller.core.model.spec import Aws, Keyed, Sensitive, Spec, To, WriteOnly


class WeightedTargetGroup(Spec):
    """One of several target groups."""

    target_group: Annotated[str, To("TargetGroup"), Aws("TargetGroupArn")]
    """The target group."""
    weight: int | None = None
    """Its share of the requests, 0 to 999. AWS's default: 1."""


class Stickiness(Spec):
    """Whether a client stays with the target group it was sent to first."""

    enabled: bool
    """Whether it does."""
    duration_seconds: int | None = None
    """For how long, up to a week."""


class RedirectConfig(Spec):
    """Where a client is sent; `#{host}`, `#{path}`, `#{port}`, `#{protocol}` and `#{query}` are what it asked for."""

    status_code: Literal["HTTP_301", "HTTP_302"]
    """Whether for good (`HTTP_301`) or for now (`HTTP_302`)."""
    protocol: str | None = None
    """`HTTP` or `HTTPS`. AWS's default: the same."""
    host: str | None = None
    """The host. AWS's default: the same."""
    port: Annotated[str | None, AsText()] = None
    """The port. AWS's default: the same."""
    path: str | None = None
    """The path, from its slash on. AWS's default: the same."""
    query: str | None = None
    """The query, without its question mark. AWS's default: the same."""


class FixedResponseConfig(Spec):
    """An answer that the load balancer gives itself."""

    status_code: Annotated[str, AsText()]
    """A code from 200 to 599, without 3xx."""
    content_type: str | None = None
    """`text/plain`, `text/css`, `text/html`, `application/javascript` or `application/json`."""
    message_body: str | None = None
    """The text of the answer."""


class _Session(Spec):
    """What a login by either way may say."""

    on_unauthenticated_request: Literal["deny", "allow", "authenticate"] | None = None
    """What happens to who is not logged in. AWS's default: `authenticate`."""
    scope: str | None = None
    """What is asked of the identity provider. AWS's default: `openid`."""
    session_cookie_name: str | None = None
    """The name of the cookie. AWS's default: `AWSELBAuthSessionCookie`."""
    session_timeout: int | None = None
    """How long a login lasts, in seconds. AWS's default: a week."""
    authentication_request_extra_params: dict[str, str] | None = None
    """Further parameters of the request that the identity provider gets."""


class AuthenticateOidcConfig(_Session):
    """A login by an identity provider that speaks OpenID Connect."""

    issuer: str
    """The provider, by its URL."""
    authorization_endpoint: str
    """The URL at which it authorizes."""
    token_endpoint: str
    """The URL at which it gives tokens."""
    user_info_endpoint: str
    """The URL at which it tells of users."""
    client_id: str
    """The id by which it knows this client."""
    client_secret: Annotated[str, Sensitive(), WriteOnly()]
    """The secret by which it knows this client."""


class AuthenticateCognitoConfig(_Session):
    """A login by Amazon Cognito."""

    user_pool_arn: str
    """The ARN of the user pool."""
    user_pool_client_id: str
    """The id of the user pool's client."""
    user_pool_domain: str
    """The prefix of the user pool's domain, or its whole domain."""


class Action(Spec):
    """One action. The last one of a list answers; what comes before it are logins.

    AWS shows a single target group both by itself and as one of several: either way of writing it is found again.
    """

    type: Literal["forward", "redirect", "fixed-response", "authenticate-oidc", "authenticate-cognito"]
    """What is done; the other fields say how."""
    target_group: Annotated[str | None, To("TargetGroup"), Aws("TargetGroupArn")] = None
    """To `forward`: the one target group."""
    target_groups: Annotated[
        list[WeightedTargetGroup] | None, Keyed("targetGroup"), Aws("ForwardConfig.TargetGroups")
    ] = None
    """To `forward`, in place of `targetGroup`: up to five target groups, each with its share."""
    stickiness: Annotated[Stickiness | None, Aws("ForwardConfig.TargetGroupStickinessConfig")] = None
    """With `targetGroups`: whether a client stays with the group it was sent to first."""
    redirect_config: RedirectConfig | None = None
    """To `redirect`: where to."""
    fixed_response_config: FixedResponseConfig | None = None
    """For a `fixed-response`: the answer."""
    authenticate_oidc_config: AuthenticateOidcConfig | None = None
    """To `authenticate-oidc`: the identity provider."""
    authenticate_cognito_config: AuthenticateCognitoConfig | None = None
    """To `authenticate-cognito`: the user pool."""
    order: int | None = None
    """Its place among several actions. Unset: as they are written."""

    @model_validator(mode="after")
    def _says_how(self) -> "Action":
        said = {name for names in _HOW.values() for name in names if getattr(self, name) is not None}
        wanted = _HOW.get(self.type, ())
        if len(said) != 1 or not said <= {*wanted}:
            message = "an action of type {type} says how in {wanted}, and in nothing else"
            how = " or ".join(to_camel(name) for name in wanted)
            raise PydanticCustomError("action", message, {"type": self.type, "wanted": how})
        if self.stickiness and not self.target_groups:
            raise PydanticCustomError("action", "stickiness is between several targetGroups; name them there")
        return self


_HOW: Mapping[str, tuple[str, ...]] = {
    "forward": ("target_group", "target_groups"),
    "redirect": ("redirect_config",),
    "fixed-response": ("fixed_response_config",),
    "authenticate-oidc": ("authenticate_oidc_config",),
    "authenticate-cognito": ("authenticate_cognito_config",),
}


def in_order(actions: Iterable[Tree]) -> list[Tree]:
    """Actions by their places, which AWS wants to be told where there are several."""
    numbered = [{"order": number, **action} for number, action in enumerate(actions, 1)]
    if not all(isinstance(action["order"], int) for action in numbered):  # one of them is known only later
        return numbered
    return sorted(numbered, key=lambda action: action["order"])
