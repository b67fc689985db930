"""Refusals that only a person can end, each with the way out, in the words that follow AWS's own.

AWS's message tells what the document has wrong; this is about names that are taken, keys, quotas, accounts.
"""

import re

from controller.core.model.cloud import Meaning

_KEY = (
    "check the KMS key: it has to be in this region, enabled and not pending deletion "
    "(`aws kms cancel-key-deletion`), and its policy has to let the service use it"
)
_KEY_CODES = """
    KMSNotFound KmsNotFound KmsKeyNotFoundException KMS.NotFoundException KMSKeyNotAccessibleFault
    KMSDisabled KmsDisabled KMS.DisabledException KMSInvalidState KmsInvalidState KMSAccessDenied
    KmsAccessDenied KMS.KMSInvalidStateException KMSInvalidStateException InvalidKeyId EncryptionFailure
    DecryptionFailure KMS.AccessDeniedException
"""
_PROTECTED = "turn off its deletion or stop protection first, in the document and by an apply, or by hand"
_ONE_A_ZONE = (
    "replace the subnets zone by zone: leave one of the old ones in the document, apply, then replace that one"
)
_ADDRESSES = "free addresses in the subnet, or choose a larger one"
_IN_ONE_DAY = "wait for the end of the day in UTC, or choose billing by request"

_WAYS = tuple(
    (frozenset(codes.split()), re.compile(pattern), words)
    for codes, pattern, words in (
        # --- keys ---
        (_KEY_CODES, "", _KEY),
        ("", r"(?i)\bKMS\b.*(?:disabled|pending ?deletion|inaccessible|not accessible|invalid state)", _KEY),
        # --- names that are taken ---
        (
            "InvalidRequestException",
            r"already scheduled for deletion",
            (
                "restore the secret (`aws secretsmanager restore-secret --secret-id …`) and adopt it, delete it "
                "without recovery, or choose another name"
            ),
        ),
        (
            "BucketAlreadyExists",
            "",
            "a bucket of another account has this name, which is taken in all the world: choose another bucketName",
        ),
        (
            "DBSnapshotAlreadyExists",
            "",
            (
                "the name of the final snapshot is taken: delete that snapshot, or copy it first if it is needed, or "
                "set the tag holdfast.dev/skip-final-snapshot"
            ),
        ),
        (
            "CNAMEAlreadyExists",
            "",
            (
                "another distribution, perhaps of another account, has this alias: take it away there first, or move "
                "it with `aws cloudfront associate-alias`"
            ),
        ),
        (
            "InvalidSubnet.Conflict",
            "",
            "another subnet of the VPC has some of these addresses: adopt or delete it, or choose another cidrBlock",
        ),
        ("InvalidInput", r"^Service role name \S+ has been taken", "adopt that role, or choose another suffix"),
        # --- what the account may ---
        (
            "OptInRequired SubscriptionRequiredException KMSOptInRequired KmsOptInRequired NotSignedUp",
            "",
            "subscribe to the service, or to the product in AWS Marketplace, with this account",
        ),
        ("PendingVerification", "", "AWS is still verifying the account: wait for its email, or ask AWS Support"),
        ("AccessDenied", r"(?i)account must be verified", "ask AWS Support to verify the account"),
        ("Blocked BlockedException AccountProblem AllAccessDisabled", "", "ask AWS Support about the account"),
        ("RegionDisabledException", "", "enable the region in the settings of the account"),
        (
            "",
            r"explicit deny in a service control policy",
            "a service control policy of the organization forbids it: only who runs the organization can allow it",
        ),
        ("", r"no permissions boundary allows", "extend the permissions boundary of the role that Holdfast runs as"),
        ("", r"explicit deny in a permissions boundary", "extend the permissions boundary of Holdfast's role"),
        ("TagPolicyException TagPolicy", "", "use tags that the tag policy of the organization allows"),
        (
            "",
            r"(?i)verify that you have permission to create service[- ]linked role",
            (
                "grant iam:CreateServiceLinkedRole to the role that Holdfast runs as, or create the role once "
                "(`aws iam create-service-linked-role --aws-service-name …`)"
            ),
        ),
        (
            "AuthFailure",
            r"^Not authorized for (?:images?|snapshots?)",
            "have its owner share it with this account, or choose another",
        ),
        # --- what protects, or still holds ---
        ("OperationNotPermitted", "", _PROTECTED),
        ("InvalidParameterCombination", r"(?i)cannot delete protected", _PROTECTED),
        (
            "BucketNotEmpty",
            "",
            (
                "empty the bucket, noncurrent versions and delete markers included: Holdfast deletes only "
                "the objects of its documents"
            ),
        ),
        ("UnmodifiableEntity", "", "only the service that the role is linked to can change or delete it"),
        ("PolicyNotAttachable", "", "only service-linked roles can have this policy: choose another"),
        # --- limits that are no quotas, or not only those ---
        (
            "NoFreeAddressesInSubnet InsufficientFreeAddressesInSubnet InsufficientAvailableIPsInSubnetFault",
            "",
            _ADDRESSES,
        ),
        ("LimitExceededException", r"decreases are limited", _IN_ONE_DAY),
        (
            "TargetGroupAssociationLimit",
            "",
            "another load balancer uses the target group, which can belong to one: use another target group here",
        ),
        ("ParameterMaxVersionLimitExceeded", "", "take the label off the oldest version of the parameter"),
        ("TooManyTags TooManyTagsException TagLimitExceeded", "", "remove tags: AWS allows no more"),
        # --- one subnet a zone ---
        ("DuplicateSubnetsInSameZone", "", _ONE_A_ZONE),
        ("InvalidConfigurationRequest", r"(?i)multiple subnets in the same (?:AZ|availability zone)", _ONE_A_ZONE),
    )
)
_BY_MEANING = {
    Meaning.LIMIT: "raise the quota in Service Quotas, or delete what is not needed",
    Meaning.EXISTS: "if this lasts, it is not ours: adopt it (lifecycle: {adopt: {id: …}}), delete it, or choose "
    "another name or place",
}


def way_out(code: str, message: str, meaning: Meaning) -> str:
    """What a person can do about a refusal; empty where it passes, or AWS's message says all."""
    told = (words for codes, said, words in _WAYS if (not codes or code in codes) and said.search(message))
    return next(told, _BY_MEANING.get(meaning, ""))
