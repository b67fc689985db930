"""IPv6 blocks of VPCs and subnets: given, taken away, and for a while still shown as gone."""

from ipaddress import IPv6Network

from emulators.ec2.store import REGION, Fault, Members, Store, Thing, invalid

_AMAZON, _IPAM = "Amazon", "IPAM Managed"
SETS = "Ipv6CidrBlockAssociationSet"


def associated(thing: Members) -> list[Members]:
    """The IPv6 blocks that a VPC or subnet has now."""
    return [each for each in thing[SETS] if each["Ipv6CidrBlockState"]["State"] == "associated"]


class Ipv6(Store):
    """The calls for IPv6 blocks."""

    def associate_vpc_cidr_block(self, parameters: Members) -> Members:
        vpc = self.find("vpc", parameters["VpcId"])
        return {"VpcId": vpc.id, "Ipv6CidrBlockAssociation": self._give_block(vpc, parameters)}

    def _give_block(self, vpc: Thing, parameters: Members) -> Members:
        """One of Amazon's, of a pool of the account, or of IPAM, which is shown by no name."""
        amazon, own = parameters.get("AmazonProvidedIpv6CidrBlock", False), parameters.get("Ipv6Pool")
        if [bool(amazon), bool(own), "Ipv6IpamPoolId" in parameters].count(True) != 1:
            raise invalid("The request must say where the IPv6 CIDR block is from")
        length = parameters.get("Ipv6NetmaskLength", 56)
        block = parameters.get("Ipv6CidrBlock", f"2600:1f18:{[*self.things['vpc']].index(vpc.id):x}:ab00::/{length}")
        pool = _AMAZON if amazon else own or _IPAM
        border = parameters.get("Ipv6CidrBlockNetworkBorderGroup", REGION)
        return self._associated(vpc, "vpc-cidr-assoc", block, NetworkBorderGroup=border, Ipv6Pool=pool)

    def _associated(self, thing: Thing, prefix: str, block: str, **more: str) -> Members:
        state = {"State": "associated"}
        new = {"AssociationId": self._id(prefix), "Ipv6CidrBlock": block, "Ipv6CidrBlockState": state, **more}
        thing.change(**{SETS: [*thing[SETS], new]})
        return new

    def disassociate_vpc_cidr_block(self, parameters: Members) -> Members:
        """Refused while a subnet has addresses of it."""
        vpc, block = self._having("vpc", parameters["AssociationId"])
        inside = [each for subnet in self.within("subnet", vpc.id) for each in associated(subnet)]
        if any(IPv6Network(e["Ipv6CidrBlock"]).subnet_of(IPv6Network(block["Ipv6CidrBlock"])) for e in inside):
            raise Fault("InvalidCidrBlock.InUse", message="The IPv6 CIDR block is used by a subnet")
        return {"VpcId": vpc.id, "Ipv6CidrBlockAssociation": self._gone(vpc, block)}

    def associate_subnet_cidr_block(self, parameters: Members) -> Members:
        subnet = self.find("subnet", parameters["SubnetId"])
        return {"SubnetId": subnet.id, "Ipv6CidrBlockAssociation": self._give_part(subnet, parameters)}

    def _give_part(self, subnet: Thing, parameters: Members) -> Members:
        block, vpc = IPv6Network(parameters["Ipv6CidrBlock"]), self.find("vpc", subnet["VpcId"])
        if not any(block.subnet_of(IPv6Network(each["Ipv6CidrBlock"])) for each in associated(vpc)):
            raise Fault("InvalidSubnet.Range", message=f"The CIDR '{block}' is invalid.")
        taken = [each for other in self.within("subnet", vpc.id) for each in associated(other)]
        if any(block.overlaps(IPv6Network(each["Ipv6CidrBlock"])) for each in taken):
            raise Fault("InvalidSubnet.Conflict", message=f"The CIDR '{block}' conflicts with another subnet")
        if associated(subnet):
            raise Fault("SubnetIpv6CidrBlockLimitExceeded", message="A subnet takes one IPv6 CIDR block")
        return self._associated(subnet, "subnet-cidr-assoc", str(block))

    def disassociate_subnet_cidr_block(self, parameters: Members) -> Members:
        """Refused while network interfaces get addresses of it."""
        subnet, block = self._having("subnet", parameters["AssociationId"])
        if subnet["AssignIpv6AddressOnCreation"]:
            raise invalid("The subnet assigns IPv6 addresses on creation")
        return {"SubnetId": subnet.id, "Ipv6CidrBlockAssociation": self._gone(subnet, block)}

    def _having(self, prefix: str, identity: str) -> tuple[Thing, Members]:
        for thing in self.things[prefix].values():
            for each in associated(thing):
                if each["AssociationId"] == identity:
                    return thing, each
        raise Fault("InvalidVpcCidrBlockAssociationID.NotFound", message=f"The ID '{identity}' does not exist")

    def _gone(self, thing: Thing, block: Members) -> Members:
        left = {**block, "Ipv6CidrBlockState": {"State": "disassociated"}}
        thing.change(**{SETS: [*(each for each in thing[SETS] if each is not block), left]})
        return left
