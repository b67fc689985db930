"""What an object is, beside its content."""

from collections.abc import Mapping
from mimetypes import MimeTypes
from typing import Annotated, Any, Literal

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from controller.aws.declaration.kms import KmsKey
from controller.aws.s3.acl import ObjectAcl
from controller.aws.s3.content import CONTENT, Checksum, decoded
from controller.core.model.equality import Default, optional
from controller.core.model.shape import Record, Scalar, Tree
from controller.core.model.spec import Aws, Computed, Spec

_TYPES = MimeTypes()  # without the tables of the machine: the same name has the same type everywhere
_OF_THE_BUCKET = Computed("S3 takes the default of the bucket")


class Settings(Spec):
    """Metadata and storage of an object; with `files` of all of them."""

    content_type: Annotated[str | None, Default("binary/octet-stream")] = None
    """The content type, such as `text/html`. Unset: derived from the file extension."""
    cache_control: str | None = None
    """The `Cache-Control` header, such as `public, max-age=3600`."""
    content_encoding: str | None = None
    """The content encoding, such as `gzip`."""
    content_disposition: str | None = None
    """The `Content-Disposition` header."""
    content_language: str | None = None
    """The content language, such as `de`."""
    website_redirect_location: str | None = None
    """The redirect target of the object in a website."""
    metadata: dict[str, str] | None = None
    """User-defined metadata; S3 keeps the names in lower case."""
    storage_class: Annotated[
        Literal["STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "REDUCED_REDUNDANCY"]
        | None,
        Default("STANDARD"),
    ] = None
    """The storage class. AWS's default: `STANDARD`."""
    server_side_encryption: Annotated[Literal["AES256", "aws:kms", "aws:kms:dsse"] | None, _OF_THE_BUCKET] = None
    """The server-side encryption. Unset: the bucket's default."""
    ssekms_key_id: Annotated[str | None, KmsKey(), _OF_THE_BUCKET, Aws("SSEKMSKeyId")] = None
    """The KMS key, by id or ARN. Unset: the bucket's default."""
    bucket_key_enabled: Annotated[bool | None, _OF_THE_BUCKET] = None
    """Whether an S3 Bucket Key reduces requests to KMS. Unset: the bucket's default."""
    acl: Annotated[
        Literal[
            "private",
            "public-read",
            "public-read-write",
            "authenticated-read",
            "bucket-owner-read",
            "bucket-owner-full-control",
        ]
        | None,
        ObjectAcl(),
        Computed("it is not read, and S3 makes it private with each change"),
        Aws("ACL"),
    ] = None
    """The canned ACL; grants that none makes are shown as `custom`. Unset: not compared, and each change of the
    object resets it to `private`."""


class File(Settings):
    """One object as it is compared."""

    key: str
    """Its key."""
    content: Annotated[str | None, Checksum(), CONTENT, Aws("ChecksumSHA256", write="Body")] = None
    """Its content, compared by its checksum."""


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
                "files", "files must be a mapping of paths to contents in base64, with at least one entry"
            )
        for text in raw.values():
            decoded(text)
        return [File(key=path, content=text) for path, text in raw.items()]


def type_of(key: str) -> dict[str, str]:
    """What the end of a name says of what is in it; nothing where that is not known, or packed."""
    kind, packed = _TYPES.guess_type(key)
    return {"contentType": kind} if kind and not packed else {}


def differ_in_acl_alone(record: Record, desired: Tree, observed: Tree) -> bool:
    """Whether a file is as it is desired in all else."""
    rest = [
        part for name, part in record.fields.items() if name != "acl" and not (part.computed and name not in desired)
    ]
    return all(
        part.shape.equality.equal(desired.get(part.name), observed.get(part.name))
        if isinstance(part.shape, Scalar)
        else (desired.get(part.name) or {}) == (observed.get(part.name) or {})
        for part in rest
    )
