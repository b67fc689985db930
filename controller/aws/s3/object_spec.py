"""What a document says of objects: one, or a whole folder."""

from typing import Annotated

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.aws.s3.acl import PAGE
from controller.aws.s3.content import decoded
from controller.aws.s3.object_fields import ByPath, File, Settings
from controller.core.model.conditions import Is
from controller.core.model.limits import Bytes
from controller.core.model.reference import EXPRESSIONS
from controller.core.model.rules import Check
from controller.core.model.spec import Aws, Immutable, Keyed, To


class ObjectSpec(Settings):
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html"""

    constraints = (
        Check(
            "acl is private or bucket-owner-full-control",
            frozenset({"private", "bucket-owner-full-control"}).issuperset,
            "files[].acl",
            when=(Is("bucket.ownershipControls.objectOwnership", "BucketOwnerEnforced"),),
            partly=True,
            page=PAGE,
        ),
    )

    bucket: Annotated[str, To("Bucket"), Immutable(), Aws("Bucket")]
    """The bucket. In another bucket they are other objects, and the previous ones stay in the first."""
    key: Annotated[str | None, Bytes(1024), Immutable()] = None
    """The key of a single object. Another key is another object, and the previous one stays in the bucket."""
    prefix: Annotated[str | None, Immutable()] = None
    """The key prefix of `files`: it ends with `/`, or is `""` for the whole bucket."""
    content: str | None = None
    """The content of a single object, as text. It may contain attributes of other nodes."""
    content_base64: str | None = None
    """The content of a single object, as bytes in base64."""
    files: Annotated[list[File] | None, Keyed("key"), ByPath()] = None
    """Files by their paths below the prefix, each with its bytes in base64. If set, it is authoritative: other
    objects with the prefix are drift and are deleted, unless `lifecycle.exclusive: {files: false}` keeps them."""

    @model_validator(mode="after")
    def _one_form(self) -> "ObjectSpec":
        alone = [self.content, self.content_base64]
        if self.files is None and (self.key is None or alone.count(None) != 1 or self.prefix is not None):
            raise PydanticCustomError("object", "set key and content, key and contentBase64, or prefix and files")
        if self.files is not None and (self.prefix is None or self.key is not None or alone.count(None) != 2):
            raise PydanticCustomError("object", "files require a prefix, and neither key nor content")
        if self.content_base64 is not None:
            if not isinstance(self.content_base64, str):
                raise PydanticCustomError(
                    "object", "contentBase64 must be a literal value; `content` can use attributes"
                )
            decoded(self.content_base64)
        return self

    @model_validator(mode="after")
    def _found_by_its_place(self) -> "ObjectSpec":
        for name in ("key", "prefix"):
            if isinstance(getattr(self, name), EXPRESSIONS):
                raise PydanticCustomError(
                    "object", "{name} must be a literal value, because it identifies the object", {"name": name}
                )
        if self.prefix and not self.prefix.endswith("/"):
            raise PydanticCustomError("object", 'a prefix must end with "/"')
        if self.key is not None and (not self.key or self.key.endswith("/")):
            raise PydanticCustomError("object", 'a key must not be empty or end with "/"; files use a prefix')
        return self
