"""What an object is, beside its content."""

from collections.abc import Mapping
from mimetypes import MimeTypes
from typing import Annotated, Any, Literal

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from controller.aws.declaration.kms import KmsKey
from controller.aws.s3.content import CONTENT, Checksum, decoded
from controller.core.model.equality import optional
from controller.core.model.spec import Aws, Spec

_TYPES = MimeTypes()  # without the tables of the machine: the same name has the same type everywhere


class Settings(Spec):
    """How objects are kept and served; with `files` all of them."""

    content_type: str | None = None
    """What it is, such as `text/html`. Unset: what the end of its name says."""
    cache_control: str | None = None
    """How long it may be kept by others, such as `public, max-age=3600`."""
    content_encoding: str | None = None
    """How it is packed, such as `gzip`."""
    content_disposition: str | None = None
    """Whether it is shown or saved, and under which name."""
    content_language: str | None = None
    """Its language, such as `de`."""
    website_redirect_location: str | None = None
    """Where the website leads who asks for it."""
    metadata: dict[str, str] | None = None
    """Words of your own that go with it; the names in lower case."""
    storage_class: (
        Literal["STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "REDUCED_REDUNDANCY"]
        | None
    ) = None
    """The class of storage. AWS's default: `STANDARD`."""
    server_side_encryption: Literal["AES256", "aws:kms", "aws:kms:dsse"] | None = None
    """How it is encrypted. Unset: as the bucket says."""
    ssekms_key_id: Annotated[str | None, KmsKey(), Aws("SSEKMSKeyId")] = None
    """The KMS key, by id or ARN. Unset: as the bucket says."""
    bucket_key_enabled: bool | None = None
    """Whether a key of the bucket saves calls to KMS. Unset: as the bucket says."""


class File(Settings):
    """One object as it is compared."""

    key: str
    """Its key."""
    content: Annotated[str | None, Checksum(), CONTENT, Aws("ChecksumSHA256", write="Body")] = None
    """What is in it, compared by its checksum."""


class ByPath:
    """Files by their paths, each with its bytes in base64."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return optional(source, core_schema.no_info_plain_validator_function(self._files))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": {"type": "string"}}

    @staticmethod
    def _files(raw: Any) -> list[File]:
        if not isinstance(raw, Mapping) or not raw or not all(isinstance(text, str) for text in raw.values()):
            raise PydanticCustomError(
                "files", "files are a mapping of paths to contents in base64, with one at least"
            )
        for text in raw.values():
            decoded(text)
        return [File(key=path, content=text) for path, text in raw.items()]


def type_of(key: str) -> dict[str, str]:
    """What the end of a name says of what is in it; nothing where that is not known, or packed."""
    kind, packed = _TYPES.guess_type(key)
    return {"contentType": kind} if kind and not packed else {}
