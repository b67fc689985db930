"""What would help against an error of AWS, in the words that are told with it."""

from controller.core.model.cloud import HoldfastError, Meaning, Refused

_REMEDIES: dict[str, str] = {
    Meaning.CREDENTIALS: "renew the credentials (`aws sso login`, `aws login`, or whatever issues them here), "
    "and check this machine's clock",
    Meaning.DENIED: "grant this permission to the user or role that Holdfast runs as",
    Meaning.THROTTLED: "API rate limit reached; try again later",
    Meaning.TRANSIENT: "AWS has a temporary problem; try again later",
}


def remedied(error: HoldfastError) -> str:
    """An error with what would help; those that never reached AWS say it themselves."""
    if not isinstance(error, Refused) or error.way_out:
        return str(error)
    return with_remedy(str(error), error.meaning)


def with_remedy(refusal: str, meaning: str) -> str:
    """AWS's words, and what would help against an error with this meaning."""
    remedy = _REMEDIES.get(meaning)
    return f"{refusal}; {remedy}" if remedy else refusal
