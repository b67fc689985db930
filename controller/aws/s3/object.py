"""Objects of a bucket that come with the document: one, or a whole folder."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlencode

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.wire import Item, parameters_of, record_reader
from controller.aws.declaration.words import Collection, Create, Listing, Op
from controller.aws.s3.acl import canned
from controller.aws.s3.content import Content, decoded
from controller.aws.s3.object_fields import File, Settings, differ_in_acl_alone, type_of
from controller.aws.s3.object_spec import ObjectSpec
from controller.core.model.call import Call, Change
from controller.core.model.cloud import Cloud, Meaning, Refused
from controller.core.model.live import Live
from controller.core.model.naming import stem
from controller.core.model.node import Node
from controller.core.model.reader import Scope
from controller.core.model.reference import EXPRESSIONS, Address, Expression, Text
from controller.core.model.shape import Record, Tree, shape_of
from controller.core.model.writer import WriteContext


class Object(AwsKind):
    """One object, or all objects with a prefix, as one node.

    Contents are compared by their SHA-256, which S3 stores with what Holdfast put, whatever the encryption and the
    size; an object that somebody else put has none or another, and that is drift. The checksum is read once per
    object, and again when the ETag in the listing changes. Plans and logs show checksum and size of a content. Every
    change puts the whole object, with its tags and its `Expires`, except a change of its ACL alone. With KMS,
    reading a checksum needs `kms:Decrypt`.

    Objects take no owner tags: ownership follows the bucket, which must be the stack's. An object that leaves the
    document stays in the bucket, except a file of a node that stays. `destroy` deletes what the document names and
    nothing else.
    """

    spec, service, id_field = ObjectSpec, "s3", "Key"
    parent, natural_key, id_recurs, scoped = "bucket", ("bucket", "key"), True, True
    listing = Listing("ListObjectsV2", "Contents", page=1000, parent="Bucket")
    creation, deletion = Create("PutObject", ""), "DeleteObject"
    members = (Collection("files", add=Op("PutObject"), change=Op("PutObject"), remove=Op("DeleteObject")),)

    # --- what is wanted ---

    def desired(self, stack: str, address: Address, fields: Tree) -> Tree:
        """Every object as a file with its key, its content as bytes, and all that is set for it."""
        settings = {name: fields[name] for name in shape_of(Settings).fields if name in fields}
        if "metadata" in settings:  # S3 keeps their names in lower case
            settings["metadata"] = {name.lower(): value for name, value in settings["metadata"].items()}
        files = [{**type_of(key), **settings, "key": key, "content": body} for key, body in _contents(fields)]
        return {"bucket": fields["bucket"], "key": fields.get("key", fields.get("prefix", "")), "files": files}

    # --- calls ---

    def taken(self, fields: Tree) -> frozenset[str]:
        """All: a creation puts every file."""
        return frozenset(fields)

    def create(self, node: Node) -> tuple[Call, ...]:
        """One call a file, the first of which makes the node."""
        first, *rest = [self.put(node, file) for file in node.fields["files"]]
        return (replace(first, makes=True), *rest)

    def put(self, node: Node, file: Tree, beside: Item = MappingProxyType({})) -> Call:
        """The call that puts a file, with the checksum by which it is known again.

        A content that is ignored is known by its checksum alone: the file is copied over itself, with its tags.
        `beside` is what else the object has.
        """
        bucket, ours = node.fields["bucket"], isinstance(file.get("content"), (Content, *EXPRESSIONS))
        operation = "PutObject" if ours else "CopyObject"
        checked = {"Bucket": bucket, "ChecksumAlgorithm": "SHA256", **({} if ours else _over_itself(bucket, file))}
        parameters = {**beside, **parameters_of(self.file, file, self.taking(operation))}
        if not ours:
            parameters.pop("Tagging", None)
        if parameters.get("ACL") == "private":  # as without one, which a bucket without ACLs takes too
            del parameters["ACL"]
        return Call(self.service, operation, {**checked, **parameters}, (f"files[{file['key']}]",))

    def update(
        self, node: Node, changes: Iterable[Change], live: Live | None, around: WriteContext
    ) -> tuple[Call, ...]:
        """What differs is put as a whole, or its ACL is set, then unmanaged are deleted."""
        files = [change for change in changes if change.field == "files"]
        beside, wanted = (live and live.original) or {}, [change for change in files if change.desired is not None]
        puts = [
            self.opening(node, change.desired)
            if change.observed and differ_in_acl_alone(self.file, change.desired, change.observed)
            else self.put(node, change.desired, beside.get(change.desired["key"], {}))
            for change in wanted
        ]
        unmanaged = [change for change in files if change.desired is None]
        return (*puts, *(self.removal(node.fields["bucket"], change.observed, change.path) for change in unmanaged))

    def opening(self, node: Node, file: Tree) -> Call:
        """The call that sets the ACL of a file: a put would leave an older version with the ACL that it has."""
        place = {"Bucket": node.fields["bucket"], "Key": file["key"]}
        return Call(self.service, "PutObjectAcl", {**place, "ACL": file["acl"]}, (f"files[{file['key']}]",))

    def removal(self, bucket: Any, file: Tree, path: str) -> Call:
        """The call that deletes a file."""
        return Call(self.service, self.deletion, {"Bucket": bucket, "Key": file["key"]}, (path,), takes_away=True)

    def delete(self, address: Address, live: Live, around: WriteContext) -> tuple[Call, ...]:
        """The files that the document names, which are those that were read."""
        ours = [file for file in live.fields["files"] if "content" in file]
        calls = [self.removal(live.fields["bucket"], file, f"files[{file['key']}]") for file in ours]
        return (*calls[:-1], *(replace(call, deletes=True) for call in calls[-1:]))

    # --- reads ---

    def observe(self, cloud: Cloud, scope: Scope) -> Iterator[Live]:
        """One listing for each node: a bucket may hold millions of objects beside those of the document."""
        for bucket in scope.parents:
            if scope.everything:
                yield from (self.gathered(bucket, item["Key"], [item]) for item in self.objects_at(cloud, bucket, ""))
            for key in sorted(_keys_in(bucket, scope)):
                items = list(self.objects_at(cloud, bucket, key))
                if items:
                    yield self.gathered(bucket, key, items)

    def objects_at(self, cloud: Cloud, bucket: str, key: str) -> Iterator[Item]:
        """The objects with a prefix, or the one with a key; a bucket that is gone has none."""
        parameters = {"Bucket": bucket, "Prefix": key}
        try:
            if key and not key.endswith("/"):  # the first of all that begin so, if it is there
                body = cloud.call(self.service, self.listing.operation, {**parameters, "MaxKeys": 1}).body
                yield from (item for item in body.get("Contents", ()) if item["Key"] == key)
                return
            for body in cloud.pages(
                self.service, self.listing.operation, {**parameters, "MaxKeys": self.listing.page}
            ):
                yield from body.get("Contents", ())
        except Refused as error:
            if error.meaning is not Meaning.NOT_FOUND:
                raise

    def shows(self, cloud: Cloud, id: str) -> bool:
        """Whether anything is there of a node, whose id is its bucket and its key."""
        bucket, _, key = id.partition("/")
        return any(True for _ in self.objects_at(cloud, bucket, key))

    def gathered(self, bucket: str, key: str, items: Sequence[Item]) -> Live:
        """The objects of a node as one live thing, their ETags as what tells one content from the next."""
        files = [{"key": item["Key"], "storageClass": item.get("StorageClass", "STANDARD")} for item in items]
        versions = {"files": {item["Key"]: item["ETag"] for item in items}}
        stamp = str(max(str(item.get("LastModified", "")) for item in items))
        return Live(
            self.name,
            f"{bucket}/{key}",
            {"bucket": bucket, "key": key, "files": files},
            {},
            members=versions,
            stamp=stamp,
        )

    def born(self, node: Node, sent: Mapping[str, Any], body: Mapping[str, Any]) -> Live:
        """The node with its first file."""
        return self.gathered(sent["Bucket"], node.fields["key"], [{"Key": sent["Key"], "ETag": body["ETag"]}])

    def fields(self, item: Item) -> Tree:
        """A file as the answer for one object shows it."""
        read: Tree = self._read_file(item)
        return read

    def detailed(self, fields: Tree) -> frozenset[str]:
        """One read for each file of the document, and another where it has an ACL."""
        files = fields.get("files", ())
        acls = (f"acl[{file['key']}]" for file in files if "acl" in file)
        return frozenset((*(f"files[{file['key']}]" for file in files), *acls))

    def guards(self, detail: str) -> bool:
        """An ACL says who may reach an object."""
        return detail.startswith("acl[")

    def detail(self, cloud: Cloud, live: Live, name: str) -> Any:
        """A file with the ETag that it was read at, and what else it has; None where there is none."""
        key = name.partition("[")[2].removesuffix("]")
        if key not in live.members["files"]:
            return None
        place = {"Bucket": live.fields["bucket"], "Key": key}
        try:
            if self.guards(name):
                return canned(cloud.call(self.service, "GetObjectAcl", place).body)
            body = cloud.call(self.service, "HeadObject", {**place, "ChecksumMode": "ENABLED"}).body
            tagged = cloud.call(self.service, "GetObjectTagging", place).body if body.get("TagCount") else {}
        except Refused as error:
            if error.meaning is not Meaning.NOT_FOUND:
                raise
            return None
        return body["ETag"], {"content": None, **self.fields(body)}, _beside(body, tagged)

    def completed(self, live: Live, details: Mapping[str, Any]) -> Live:
        """The files with what was read of them, as far as they are still the same."""
        versions = live.members["files"]
        read = {f"files[{key}]": etag for key, etag in versions.items()}
        known = {name: file[1] for name, file in details.items() if name in read and file and file[0] == read[name]}
        acls = {key: {"acl": acl} for key in versions if (acl := details.get(f"acl[{key}]"))}
        files = [
            {**file, **known.get(f"files[{file['key']}]", {}), **acls.get(file["key"], {})}
            for file in live.fields["files"]
        ]
        beside = {str(key): file[2] for key in versions if (file := details.get(f"files[{key}]")) and file[2]}
        return replace(live, fields={**live.fields, "files": files}, original=beside or None)

    @property
    def file(self) -> Record:
        """The fields of one file."""
        return shape_of(File)

    @cached_property
    def _read_file(self) -> Any:
        return record_reader(Record(File, {name: part for name, part in self.file.fields.items() if name != "key"}))


def _beside(body: Item, tagged: Item) -> Item:
    """What an object has that no field stands for, as the call that puts it takes it."""
    expires, tags = body.get("Expires"), [(tag["Key"], tag["Value"]) for tag in tagged.get("TagSet", ())]
    return {**({"Expires": expires.isoformat()} if expires else {}), **({"Tagging": urlencode(tags)} if tags else {})}


def _over_itself(bucket: Any, file: Tree) -> Tree:
    """What a copy takes from where it goes to: the content alone."""
    place = f"/{quote(file['key'])}"
    source = Text(f"${{bucket}}{place}", (("bucket", bucket),)) if isinstance(bucket, EXPRESSIONS) else bucket + place
    return {"CopySource": source, "MetadataDirective": "REPLACE"}


def _keys_in(bucket: str, scope: Scope) -> set[str]:
    """The keys and prefixes of the nodes of a bucket, whichever variant of its name it has."""
    if scope.everything:
        return set()
    pairs = [pair for pair in scope.keys if isinstance(pair, tuple)]
    return {str(key) for owner, key in pairs if stem(owner) == stem(bucket)}


def _contents(fields: Tree) -> Iterator[tuple[str, str | Expression]]:
    """Keys and contents; one that holds attributes of other nodes is text that is still to come."""
    for file in fields.get("files", ()):
        yield f"{fields['prefix']}{file['key']}", Content.of(decoded(file["content"]))
    if "contentBase64" in fields:
        yield fields["key"], Content.of(decoded(fields["contentBase64"]))
    if "content" in fields:
        content = fields["content"]
        yield fields["key"], Content.of(content.encode()) if isinstance(content, str) else content
