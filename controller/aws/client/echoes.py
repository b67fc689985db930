"""Whether AWS's words repeat a secret that a call carried: whole or cut, in another case, or escaped.

A blot over the one form that was sent would let all others through, and a text is not known to be free of a secret
by looking for its forms one by one. So it is the pieces that are looked for, in the text and in all that the text can
be read as; where there is one, AWS's words are left out as a whole.
"""

import html
import json
from collections.abc import Iterable, Iterator
from urllib.parse import unquote_plus

from controller.core.model import base64_forms

PIECE = 6
"""So many characters in a row are a piece of a secret; a shorter one is one piece."""


def repeats(text: str, secrets: Iterable[str]) -> bool:
    """Whether any piece of any of the secrets is in the text."""
    readings = [reading.casefold() for reading in _readings(text)]
    return any(piece in reading for secret in secrets for piece in _pieces(secret) for reading in readings)


def _readings(text: str) -> Iterator[str]:
    """The text, and what it says where it is escaped for a URL, for XML or for JSON; once over, and once again."""
    for once in (text, *_unescaped(text)):
        yield from (once, *_unescaped(once))


def _unescaped(text: str) -> Iterator[str]:
    yield unquote_plus(text)
    yield html.unescape(text)
    try:
        yield str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        yield text.replace("\\", "")


def _pieces(secret: str) -> Iterator[str]:
    """Every piece of the secret as it is, and of its base64 wherever it may begin within a longer text."""
    encoded = [form for form in base64_forms.within(secret.encode()) if len(form) >= PIECE]
    for form in (secret, *encoded):
        whole = form.casefold()
        yield from {whole[at : at + PIECE] for at in range(max(1, len(whole) - PIECE + 1))}
