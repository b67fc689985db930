"""What is done with a request: the actions of a listener and those of a rule are alike."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from controller.aws.structures.rules import ABSOLUTE
from controller.core.model.conditions import IsNot
from controller.core.model.equality import AsText, Blank, Default
from controller.core.model.limits import Among, Bounds, Count, Legal
from controller.core.model.rules import AtLeastOne, Check
from controller.core.model.shape import Tree
from controller.core.model.spec import Aws, Computed, Excludes, Form, Keyed, Sensitive, Spec, To, WriteOnly

_BOTH = Computed("AWS shows a single target group in both forms")


class WeightedTargetGroup(Spec):
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupTuple.html"""

    target_group: Annotated[str, To("TargetGroup"), Aws("TargetGroupArn")]
    """The target group."""
    weight: Annotated[int | None, Bounds(0, 999), Default(1)] = None
    """The weight. AWS's default: 1."""


class Stickiness(Spec):
    """Target group stickiness."""

    enabled: Annotated[bool, Blank()]
    """Whether it is enabled."""
    duration_seconds: Annotated[int | None, Bounds(1, 604_800)] = None
    """The duration, up to a week."""


_PORT = Legal(r"#\{port\}|[1-9][0-9]{0,4}", "it must be a port from 1 to 65535, or #{port}")


class RedirectConfig(Spec):
    """A redirect; `#{host}`, `#{path}`, `#{port}`, `#{protocol}` and `#{query}` reuse parts of the requested URL."""

    constraints = (
        AtLeastOne(
            "protocol",
            "host",
            "port",
            "path",
            page="https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RedirectActionConfig.html",
        ),
    )

    status_code: Literal["HTTP_301", "HTTP_302"]
    """Permanent (`HTTP_301`) or temporary (`HTTP_302`)."""
    protocol: Annotated[str | None, Default("#{protocol}")] = None
    """`HTTP` or `HTTPS`. AWS's default: the same."""
    host: Annotated[str | None, Default("#{host}")] = None
    """The host. AWS's default: the same."""
    port: Annotated[str | None, _PORT, Default("#{port}"), AsText()] = None
    """The port. AWS's default: the same."""
    path: Annotated[str | None, ABSOLUTE, Default("/#{path}")] = None
    """The path, with its leading slash. AWS's default: the same."""
    query: Annotated[str | None, Default("#{query}")] = None
    """The query string, without the question mark. AWS's default: the same."""


class FixedResponseConfig(Spec):
    """A response by the load balancer itself."""

    status_code: Annotated[str, AsText()]
    """The HTTP status code, 200 to 599 except 3xx."""
    content_type: Annotated[
        str | None,
        Among("text/plain", "text/css", "text/html", "application/javascript", "application/json"),
        Default("text/plain"),
    ] = None
    """The content type of the response. AWS's default: `text/plain`."""
    message_body: Annotated[str | None, Blank()] = None
    """The response body."""


class _Session(Spec):
    """What both authentication actions share."""

    on_unauthenticated_request: Annotated[
        Literal["deny", "allow", "authenticate"] | None, Default("authenticate")
    ] = None
    """What happens to unauthenticated requests. AWS's default: `authenticate`."""
    scope: Annotated[str | None, Default("openid")] = None
    """The user claims requested from the identity provider. AWS's default: `openid`."""
    session_cookie_name: Annotated[str | None, Default("AWSELBAuthSessionCookie")] = None
    """The name of the session cookie. AWS's default: `AWSELBAuthSessionCookie`."""
    session_timeout: Annotated[int | None, Bounds(1, 604_800), Default(604800)] = None
    """The session duration in seconds. AWS's default: a week."""
    authentication_request_extra_params: dict[str, str] | None = None
    """Extra query parameters of the authorization request."""


class AuthenticateOidcConfig(_Session):
    """Authentication by an OpenID Connect (OIDC) identity provider."""

    issuer: str
    """The issuer URL."""
    authorization_endpoint: str
    """The URL of the authorization endpoint."""
    token_endpoint: str
    """The URL of the token endpoint."""
    user_info_endpoint: str
    """The URL of the user info endpoint."""
    client_id: str
    """The client id."""
    client_secret: Annotated[str, Sensitive(), WriteOnly()]
    """The client secret."""


def _with_a_secret(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """An action that is sent as it is live has the secret that it has: AWS never shows it."""
    return config if "ClientSecret" in config else {**config, "UseExistingClientSecret": True}


class AuthenticateCognitoConfig(_Session):
    """Authentication by Amazon Cognito."""

    user_pool_arn: str
    """The ARN of the user pool."""
    user_pool_client_id: str
    """The id of the user pool client."""
    user_pool_domain: str
    """The domain prefix of the user pool, or its full domain."""


class Action(Spec):
    """One action. The last action of a list sends the response; those before it authenticate.

    AWS shows a single target group both by itself and as a list of one: both forms match.
    """

    type: Annotated[
        Literal["forward", "redirect", "fixed-response", "authenticate-oidc", "authenticate-cognito"],
        Excludes("JwtValidationConfig"),
    ]
    """The action type; the other fields configure it."""
    target_group: Annotated[str | None, To("TargetGroup"), _BOTH, Aws("TargetGroupArn")] = None
    """For `forward`: the target group."""
    target_groups: Annotated[
        list[WeightedTargetGroup] | None,
        Count(1, 5),
        Keyed("targetGroup"),
        _BOTH,
        Aws("ForwardConfig.TargetGroups"),
    ] = None
    """For `forward`, instead of `targetGroup`: up to five target groups with their weights."""
    stickiness: Annotated[Stickiness | None, Aws("ForwardConfig.TargetGroupStickinessConfig")] = None
    """With `targetGroups`: target group stickiness."""
    redirect_config: RedirectConfig | None = None
    """For `redirect`: the redirect."""
    fixed_response_config: FixedResponseConfig | None = None
    """For `fixed-response`: the response."""
    authenticate_oidc_config: Annotated[
        AuthenticateOidcConfig | None, Form(read=lambda config: config, write=_with_a_secret)
    ] = None
    """For `authenticate-oidc`: the identity provider."""
    authenticate_cognito_config: AuthenticateCognitoConfig | None = None
    """For `authenticate-cognito`: the user pool."""
    order: int | None = None
    """Its order among several actions. Unset: as listed."""

    @model_validator(mode="after")
    def _says_how(self) -> "Action":
        said = {name for names in _HOW.values() for name in names if getattr(self, name) is not None}
        wanted = _HOW.get(self.type, ())
        if len(said) != 1 or not said <= {*wanted}:
            message = "an action of type {type} is configured in {wanted}, and in no other field"
            how = " or ".join(to_camel(name) for name in wanted)
            raise PydanticCustomError("action", message, {"type": self.type, "wanted": how})
        if self.stickiness and not self.target_groups:
            raise PydanticCustomError("action", "stickiness applies to several targetGroups; list them there")
        return self


_HOW: Mapping[str, tuple[str, ...]] = {
    "forward": ("target_group", "target_groups"),
    "redirect": ("redirect_config",),
    "fixed-response": ("fixed_response_config",),
    "authenticate-oidc": ("authenticate_oidc_config",),
    "authenticate-cognito": ("authenticate_cognito_config",),
}


def authenticating_only_by_https(actions: str, protocol: str) -> Check:
    """That no action in this field authenticates where the protocol of the listener, at this path, is not HTTPS."""
    return Check(
        "no action authenticates",
        lambda types: not any(type.startswith("authenticate") for type in types),
        f"{actions}[].type",
        when=(IsNot(protocol, "HTTPS"),),
    )


def in_order(actions: Iterable[Tree]) -> list[Tree]:
    """Actions by their places, which AWS wants to be told where there are several."""
    numbered = [{"order": number, **_sticking(action)} for number, action in enumerate(actions, 1)]
    if not all(isinstance(action["order"], int) for action in numbered):  # one of them is known only later
        return numbered
    return sorted(numbered, key=lambda action: action["order"])


def _sticking(action: Tree) -> Tree:
    """An action without the duration of stickiness that is off: AWS may show none, or another.

    https://github.com/hashicorp/terraform-provider-aws/issues/15144
    """
    off = action.get("stickiness", {}).get("enabled") is False
    return {**action, "stickiness": {"enabled": False}} if off else action
