"""Security groups and network ACLs, their rules and entries: what each operation does to them."""

from collections.abc import Collection, Iterable

from emulators.ec2.routes import Routes
from emulators.ec2.store import (
    ACCOUNT,
    ANYWHERE,
    REGION,
    Fault,
    Members,
    Thing,
    canonical,
    in_use,
    invalid,
    one_of,
    values,
)

# --- security groups ---

PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}
SOURCES = {
    "CidrIpv4": ("IpRanges", "CidrIp"),
    "CidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
    "PrefixListId": ("PrefixListIds", "PrefixListId"),
    "ReferencedGroupInfo": ("UserIdGroupPairs", "GroupId"),
}
"""Member of a rule → the list of a permission that it is an item of, and the member of that item."""
ALLOW_ALL = {"IpProtocol": "-1", "FromPort": -1, "ToPort": -1}


def source(rule: Members) -> tuple[str, str]:
    """The member that says where a rule's traffic comes from or goes to, and its value."""
    name = next(name for name in SOURCES if rule.get(name))
    return name, rule[name]["GroupId"] if name == "ReferencedGroupInfo" else rule[name]


def sameness(rule: Members) -> tuple[object, ...]:
    """What makes two rules of a group one rule to AWS: all but the description."""
    account = (rule.get("ReferencedGroupInfo") or {}).get("UserId")
    return rule["IsEgress"], rule["IpProtocol"], rule["FromPort"], rule["ToPort"], source(rule), account


def traffic(parameters: Members) -> Members:
    """Protocol and ports as AWS keeps them in a rule."""
    if "IpProtocol" not in parameters:
        raise Fault("MissingParameter", message="The request must contain the parameter ipProtocol")
    protocol = PROTOCOLS.get(parameters["IpProtocol"].lower(), parameters["IpProtocol"].lower())
    low, high = parameters.get("FromPort", -1), parameters.get("ToPort", -1)
    if protocol in ("tcp", "udp") and not 0 <= low <= high <= 65535:
        raise invalid(f"Invalid port range {low}-{high} for protocol {protocol}")
    if protocol not in PROTOCOLS.values() or protocol == "-1":
        low = high = -1
    return {"IpProtocol": protocol, "FromPort": low, "ToPort": high}


class Groups(Routes):
    """Security groups and their rules. A rule is a thing of its own; the permissions of its group follow."""

    def create_security_group(self, parameters: Members) -> Members:
        vpc, name = self.find("vpc", parameters.get("VpcId")), parameters["GroupName"]
        if name == "default" or name.startswith("sg-"):
            raise invalid(f"Invalid value '{name}' for groupName")
        if any(group["GroupName"] == name for group in self.within("sg", vpc.id)):
            message = f"The security group '{name}' already exists for VPC '{vpc.id}'"
            raise Fault("InvalidGroup.Duplicate", message=message)
        group = self._new_group(vpc.id, name, parameters["Description"], parameters)
        return {"GroupId": group.id, "Tags": group.get("Tags"), "SecurityGroupArn": group["SecurityGroupArn"]}

    def _new_group(self, vpc_id: str, name: str, description: str, parameters: Members | None = None) -> Thing:
        members = {
            "VpcId": vpc_id,
            "GroupName": name,
            "Description": description,
            "OwnerId": ACCOUNT,
            "Rules": [],
        }
        group = self._make("sg", members, parameters)
        group.change(SecurityGroupArn=f"arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/{group.id}")
        self._add_rules(group, [{**ALLOW_ALL, "IsEgress": True, "CidrIpv4": ANYWHERE}])
        return group

    def delete_security_group(self, parameters: Members) -> Members:
        """Refused for a default group, and while a rule of another group or an endpoint names it."""
        group = self.find("sg", parameters.get("GroupId"))
        if group["GroupName"] == "default":
            raise Fault("CannotDelete", message="the specified group: default cannot be deleted by a user")
        named = any(
            source(rule) == ("ReferencedGroupInfo", group.id) and rule["GroupId"] != group.id
            for rule in self.things["sgr"].values()
        )
        worn = any(
            group.id in values(endpoint["Groups"], ["GroupId"]) for endpoint in self.within("vpce", group["VpcId"])
        )
        if named or worn:
            raise in_use(f"resource {group.id} has a dependent object")
        self._drop_rules(group, group["Rules"])
        del self.things["sg"][group.id]
        return {"Return": True, "GroupId": group.id}

    def _add_rules(self, group: Thing, rules: list[Members], parameters: Members | None = None) -> list[Thing]:
        made = [
            self._make(
                "sgr", {"GroupId": group.id, "GroupOwnerId": ACCOUNT, "VpcId": group["VpcId"], **rule}, parameters
            )
            for rule in rules
        ]
        for rule in made:
            arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:security-group-rule/{rule.id}"
            rule.change(SecurityGroupRuleArn=arn)
        self._set_rules(group, [*group["Rules"], *made])
        return made

    def _drop_rules(self, group: Thing, rules: list[Thing]) -> None:
        for rule in rules:
            del self.things["sgr"][rule.id]
        self._set_rules(group, [kept for kept in group["Rules"] if all(kept is not rule for rule in rules)])

    def _set_rules(self, group: Thing, rules: list[Thing]) -> None:
        """The rules of a group, and its permissions as AWS words them: one a protocol and port range."""
        permissions: dict[bool, dict[tuple[object, ...], Members]] = {False: {}, True: {}}
        for rule in rules:
            ports = {name: rule[name] for name in ALLOW_ALL if name == "IpProtocol" or rule["IpProtocol"] != "-1"}
            empty: Members = {**ports, **{plural: [] for plural, _ in SOURCES.values()}}
            permission = permissions[rule["IsEgress"]].setdefault(tuple(ports.values()), empty)
            name, value = source(rule)
            plural, member = SOURCES[name]
            shown = rule[name] if name == "ReferencedGroupInfo" else {member: value}
            permission[plural].append({**shown, "Description": rule.get("Description")})
        group.change(
            Rules=rules,
            IpPermissions=list(permissions[False].values()),
            IpPermissionsEgress=list(permissions[True].values()),
        )

    def _source(self, group: Thing, name: str, value: str, account: str = ACCOUNT) -> Members:
        """The source or destination of a rule, which must be there; a group, in the same VPC or another account."""
        if name == "PrefixListId":
            return {name: self.find("mpl", value).id}
        if name != "ReferencedGroupInfo":
            return {name: canonical(value)}
        if account != ACCOUNT:
            return {name: {"GroupId": value, "UserId": account}}
        if self.find("sg", value)["VpcId"] != group["VpcId"]:
            message = "You have specified two resources that belong to different networks."
            raise Fault("InvalidGroup.NotFound", message=message)
        return {name: {"GroupId": value, "UserId": ACCOUNT}}

    def _rules_in(self, group: Thing, parameters: Members, egress: bool) -> list[Members]:
        """The single rules that the permissions of a request stand for."""
        rules = [
            {"IsEgress": egress, **traffic(permission),
             **self._source(group, name, item[member], item.get("UserId", ACCOUNT)),
             "Description": item.get("Description") or None}
            for permission in parameters.get("IpPermissions", [])
            for name, (plural, member) in SOURCES.items()
            for item in permission.get(plural, [])
        ]  # fmt: skip
        if not rules:
            raise Fault("MissingParameter", message="The request must contain the parameter ipPermissions")
        if len({sameness(rule) for rule in rules}) < len(rules):
            raise invalid("The same permission must not appear multiple times")
        return rules

    def _authorize(self, parameters: Members, egress: bool) -> Members:
        group = self.find("sg", parameters.get("GroupId"))
        rules = self._rules_in(group, parameters, egress)
        self._no_duplicate(group, rules)
        if len(rules) + sum(rule["IsEgress"] == egress for rule in group["Rules"]) > 60:
            raise Fault("RulesPerSecurityGroupLimitExceeded", message="A group can have 60 rules each way")
        return {"Return": True, "SecurityGroupRules": self._add_rules(group, rules, parameters)}

    def _no_duplicate(self, group: Thing, rules: Iterable[Members], replaced: Collection[str] = ()) -> None:
        known = {sameness(rule) for rule in group["Rules"] if rule.id not in replaced}
        for rule in rules:
            if sameness(rule) in known:
                message = f'the specified rule "peer: {source(rule)[1]}" already exists'
                raise Fault("InvalidPermission.Duplicate", message=message)

    def authorize_security_group_ingress(self, parameters: Members) -> Members:
        return self._authorize(parameters, egress=False)

    def authorize_security_group_egress(self, parameters: Members) -> Members:
        return self._authorize(parameters, egress=True)

    def _rules_of(self, group: Thing, identities: Iterable[str]) -> list[Thing]:
        rules = {rule.id: rule for rule in group["Rules"]}
        for identity in identities:
            if identity not in rules:
                message = f"The security group rule ID '{identity}' does not exist"
                raise Fault("InvalidSecurityGroupRuleId.NotFound", message=message)
        return [rules[identity] for identity in identities]

    def _same_rules(self, group: Thing, rules: Iterable[Members]) -> list[Thing]:
        known = {sameness(rule): rule for rule in group["Rules"]}
        for rule in rules:
            if sameness(rule) not in known:
                message = "The specified rule does not exist in this security group."
                raise Fault("InvalidPermission.NotFound", message=message)
        return [known[sameness(rule)] for rule in rules]

    def _revoke(self, parameters: Members, egress: bool) -> Members:
        """All of the named rules or none, by id or by what they say."""
        group = self.find("sg", parameters.get("GroupId"))
        if "SecurityGroupRuleIds" in parameters:
            rules = self._rules_of(group, parameters["SecurityGroupRuleIds"])
        else:
            rules = self._same_rules(group, self._rules_in(group, parameters, egress))
        if any(rule["IsEgress"] != egress for rule in rules):
            raise invalid("A rule of the other direction was named")
        self._drop_rules(group, rules)
        revoked: list[Members] = [dict(rule) for rule in rules]
        for rule in revoked:
            rule["ReferencedGroupId"] = (rule.get("ReferencedGroupInfo") or {}).get("GroupId")
        return {"Return": True, "RevokedSecurityGroupRules": revoked}

    def revoke_security_group_ingress(self, parameters: Members) -> Members:
        return self._revoke(parameters, egress=False)

    def revoke_security_group_egress(self, parameters: Members) -> Members:
        return self._revoke(parameters, egress=True)

    def modify_security_group_rules(self, parameters: Members) -> Members:
        """Each named rule becomes what is given, whole; its id and direction stay."""
        group = self.find("sg", parameters["GroupId"])
        identities = [change["SecurityGroupRuleId"] for change in parameters["SecurityGroupRules"]]
        rules, wanted = self._rules_of(group, identities), []
        for rule, update in zip(rules, parameters["SecurityGroupRules"], strict=True):
            new = {**update["SecurityGroupRule"]}
            if "ReferencedGroupId" in new:
                new["ReferencedGroupInfo"] = new.pop("ReferencedGroupId")
            name = one_of(new, SOURCES)
            nothing = dict.fromkeys([*SOURCES, "Description"])
            said = {**nothing, **traffic(new), **self._source(group, name, new[name])}
            wanted.append({**said, "Description": new.get("Description"), "IsEgress": rule["IsEgress"]})
        self._no_duplicate(group, wanted, replaced=identities)
        for rule, members in zip(rules, wanted, strict=True):
            rule.change(**members)
        self._set_rules(group, group["Rules"])
        return {"Return": True}

    def _describe_rules(self, parameters: Members, egress: bool) -> Members:
        group = self.find("sg", parameters.get("GroupId"))
        if "SecurityGroupRuleDescriptions" in parameters:
            said = parameters["SecurityGroupRuleDescriptions"]
            rules = self._rules_of(group, [change["SecurityGroupRuleId"] for change in said])
        else:
            said = self._rules_in(group, parameters, egress)
            rules = self._same_rules(group, said)
        for rule, change in zip(rules, said, strict=True):
            rule.change(Description=change.get("Description") or None)
        self._set_rules(group, group["Rules"])
        return {"Return": True}

    def update_security_group_rule_descriptions_ingress(self, parameters: Members) -> Members:
        return self._describe_rules(parameters, egress=False)

    def update_security_group_rule_descriptions_egress(self, parameters: Members) -> Members:
        return self._describe_rules(parameters, egress=True)


# --- network ACLs ---

NUMBERS = {"tcp": "6", "udp": "17", "icmp": "1", "icmpv6": "58", "all": "-1"}
DETAILS: dict[str, tuple[str, ...]] = {
    "6": ("PortRange",),
    "17": ("PortRange",),
    "1": ("IcmpTypeCode",),
    "58": ("IcmpTypeCode",),
}
"""What an entry of some protocols must have besides."""


class Acls(Groups):
    """Network ACLs, their entries, and the subnets they are associated to."""

    def create_network_acl(self, parameters: Members) -> Members:
        return {"NetworkAcl": self._new_acl(self.find("vpc", parameters["VpcId"]).id, False, parameters)}

    def _new_acl(self, vpc_id: str, default: bool, parameters: Members | None = None) -> Thing:
        """An ACL that denies all; a default one allows all before."""
        allow = [(100, "allow")] if default else []
        entries = [
            {
                "RuleNumber": number,
                "RuleAction": action,
                "Protocol": "-1",
                "Egress": way,
                "CidrBlock": ANYWHERE,
            }
            for way in (True, False)
            for number, action in [*allow, (32767, "deny")]
        ]
        members = {
            "VpcId": vpc_id, "OwnerId": ACCOUNT, "IsDefault": default, "Entries": entries, "Associations": [],
        }  # fmt: skip
        return self._make("acl", members, parameters)

    def delete_network_acl(self, parameters: Members) -> Members:
        acl = self.find("acl", parameters["NetworkAclId"])
        if acl["IsDefault"]:
            raise invalid(f"cannot delete default network ACL {acl.id}")
        if acl["Associations"]:
            raise in_use(f"The networkAcl '{acl.id}' has dependencies and cannot be deleted.")
        del self.things["acl"][acl.id]
        return {}

    def _entry(self, parameters: Members) -> Members:
        """An entry as AWS keeps it: protocols by number, ports and ICMP types where the protocol has them."""
        name: str = parameters["Protocol"].lower()
        protocol = NUMBERS.get(name, name)
        if parameters["RuleNumber"] not in range(1, 32767):
            raise invalid(f"Value ({parameters['RuleNumber']}) for parameter ruleNumber is invalid.")
        block = one_of(parameters, ("CidrBlock", "Ipv6CidrBlock"))
        members = [*("RuleNumber", "RuleAction", "Egress"), *DETAILS.get(protocol, ())]
        if not parameters.keys() >= set(members):
            raise Fault("MissingParameter", message=f"The request must contain all of {', '.join(members)}")
        entry = {name: parameters[name] for name in members}
        return {**entry, "Protocol": protocol, block: canonical(parameters[block])}

    def _put_entry(self, parameters: Members, entry: Members | None, there: bool) -> Members:
        """Puts an entry at its number, or takes it away; `there` says whether one must be there before."""
        acl = self.find("acl", parameters["NetworkAclId"])
        place = (parameters["RuleNumber"], parameters["Egress"])
        others = [entry for entry in acl["Entries"] if (entry["RuleNumber"], entry["Egress"]) != place]
        if there and len(others) == len(acl["Entries"]):
            message = f"The network acl entry identified by {place[0]} does not exist"
            raise Fault("InvalidNetworkAclEntry.NotFound", message=message)
        if not there and len(others) < len(acl["Entries"]):
            message = f"The network acl entry identified by {place[0]} already exists."
            raise Fault("NetworkAclEntryAlreadyExists", message=message)
        entries = [*others, entry] if entry else others
        acl.change(Entries=sorted(entries, key=lambda entry: (not entry["Egress"], entry["RuleNumber"])))
        return {}

    def create_network_acl_entry(self, parameters: Members) -> Members:
        return self._put_entry(parameters, self._entry(parameters), there=False)

    def replace_network_acl_entry(self, parameters: Members) -> Members:
        return self._put_entry(parameters, self._entry(parameters), there=True)

    def delete_network_acl_entry(self, parameters: Members) -> Members:
        if parameters["RuleNumber"] == 32767:
            raise invalid("Value (32767) for parameter ruleNumber is invalid.")
        return self._put_entry(parameters, None, there=True)

    def replace_network_acl_association(self, parameters: Members) -> Members:
        """Gives the subnet of an association another ACL; the association gets a new id."""
        acl, identity = self.find("acl", parameters["NetworkAclId"]), parameters["AssociationId"]
        for old in self.within("acl", acl["VpcId"]):
            for association in old["Associations"]:
                if association["NetworkAclAssociationId"] == identity:
                    old.change(Associations=[other for other in old["Associations"] if other is not association])
                    return {"NewAssociationId": self._associate_acl(acl, association["SubnetId"])}
        raise Fault("InvalidAssociationID.NotFound", message=f"The association ID '{identity}' does not exist")
