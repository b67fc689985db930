"""Plans and stacks with something of everything; kinds are only names here."""

from dataclasses import replace

from controller.core.model.call import Call, Change
from controller.core.model.live import Health, Live, Phase
from controller.core.model.node import Node
from controller.core.model.reference import Address, Encoded, Foreign, Lookup, Placeholder, Secret, Text
from controller.core.model.stack import Stack
from controller.core.planning.step import Action, Believed, Plan, State, Step, Verdict

NAT = Address("NatGateway", "a")
TABLE = Address("RouteTable", "private-a")
DATABASE = Address("DbInstance", "db")


def live(kind: str, id: str, phase: Phase = Phase.READY, **attributes: str) -> Live:
    """Something live; what its fields are does not matter to a report."""
    return Live(kind, id, {}, {}, phase, attributes)


def step(address: str, state: State, action: Action = Action.NONE, id: str = "", **more: object) -> Step:
    """One step; `id` makes something live of it."""
    where = Address.parse(address)
    found = live(where.kind, id) if id else None
    return Step(where, state, action, found, **more)  # type: ignore[arg-type]


def told(found: Step, health: Health | None = None, progress: str = "", notice: str = "") -> Step:
    """The same step, with what AWS tells of its live thing."""
    assert found.live
    return replace(found, live=replace(found.live, health=health, progress=progress, notice=notice))


def plan(*steps: Step, stack: str = "ha-web", **more: tuple[str, ...]) -> Plan:
    """A plan of these steps."""
    return Plan(stack, "123456789012", "us-east-1", steps, **more)  # type: ignore[arg-type]  # texts alone are given


NAT_STEP = step(
    "NatGateway/a",
    State.MISSING,
    Action.CREATE,
    calls=(
        Call(
            "ec2",
            "CreateNatGateway",
            {
                "SubnetId": Placeholder(Address("Subnet", "public-a")),
                "AllocationId": Placeholder(Address("ElasticIp", "nat-a"), "allocationId"),
                "TagSpecifications": [{"ResourceType": "natgateway", "Tags": [{"Key": "Env", "Value": "prod"}]}],
            },
            makes=True,
        ),
    ),
)
ROUTE = {"destination": "0.0.0.0/0", "natGateway": Placeholder(NAT)}
TABLE_STEP = step(
    "RouteTable/private-a",
    State.IN_SYNC,
    Action.UPDATE,
    "rtb-0a1b2c3d4e5f60718",
    changes=(
        Change(
            "routes[0.0.0.0/0]",
            "change",
            ROUTE,
            {"destination": "0.0.0.0/0", "natGateway": "nat-0dead0000beef0000"},
            NAT,
        ),
    ),
    calls=(
        Call(
            "ec2",
            "ReplaceRoute",
            {"RouteTableId": "rtb-0a1b2c3d4e5f60718", "NatGatewayId": Placeholder(NAT)},
            ("routes[0.0.0.0/0]",),
        ),
    ),
)
RULE = {"ipProtocol": "tcp", "fromPort": 5432, "toPort": 5432, "cidrIpv4": "0.0.0.0/0"}
GROUP_STEP = step(
    "SecurityGroup/db",
    State.DRIFTED,
    Action.UPDATE,
    "sg-0d3f5b7a9c1e2f4a6",
    changes=(
        Change(
            "ingress[tcp:5432:app]",
            "add",
            {
                "ipProtocol": "tcp",
                "fromPort": 5432,
                "toPort": 5432,
                "group": Placeholder(Address("SecurityGroup", "app")),
            },
            None,
        ),
        Change("ingress[tcp:5432:0.0.0.0/0]", "remove", None, RULE),
        Change("tags[Env]", "change", "prod", "pro duction"),
    ),
    calls=(
        Call("ec2", "AuthorizeSecurityGroupIngress", {"GroupId": "sg-0d3f5b7a9c1e2f4a6"}, ("ingress",)),
        Call("ec2", "CreateTags", {"Resources": ["sg-0d3f5b7a9c1e2f4a6"]}, ("tags",)),
        Call("ec2", "RevokeSecurityGroupIngress", {"GroupId": "sg-0d3f5b7a9c1e2f4a6"}, ("ingress",)),
        Call("ec2", "RevokeSecurityGroupIngress", {"GroupId": "sg-0d3f5b7a9c1e2f4a6"}, ("ingress",)),
    ),
    kept=("egress[-1:0.0.0.0/0]",),
    interruptions=("ingress: connections through a rule that goes are cut",),
)
TEMPLATE_STEP = step(
    "LaunchTemplate/web",
    State.DRIFTED,
    Action.UPDATE,
    "lt-0f1e2d3c4b5a69788",
    changes=(
        Change(
            "userData",
            "change",
            Text(
                "#!/bin/bash\nset -eu\nexport DB=${db}\nexec /opt/web --port 8080\n",
                (("db", Placeholder(DATABASE, "endpoint")),),
            ),
            "#!/bin/bash\nset -eu\nexport DB=old.example\nexec /opt/web --port 8080\n",
        ),
        Change(
            "imageId",
            "change",
            Lookup("Image", (("name", "web-*"), ("owner", "self"))),
            "ami-0123456789abcdef0",
        ),
    ),
    calls=(
        Call(
            "ec2",
            "CreateLaunchTemplateVersion",
            {"LaunchTemplateData": {"ImageId": Lookup("Image", (("name", "web-*"),))}},
        ),
    ),
)
DATABASE_STEP = step(
    "DbInstance/db",
    State.DRIFTED,
    Action.REPLACE,
    "ha-web-db",
    changes=(Change("storageEncrypted", "change", True, False),),
    calls=(
        Call(
            "rds",
            "CreateDBInstance",
            {
                "MasterUserPassword": Secret("secretsManager", "prod/db", "password"),
                "VpcSecurityGroupIds": frozenset({"sg-2", "sg-1"}),
                "KmsKeyId": Foreign("security", Address("Key", "main"), "arn"),
            },
        ),
    ),
    removal=(Call("rds", "DeleteDBInstance", {"DBInstanceIdentifier": "ha-web-db"}, deletes=True),),
    deletes_first=True,
    blocked=Verdict("allow", "the document does not allow Replace; add it to spec.allow to let this happen"),
    uncompared=("masterUserPassword: AWS never returns it",),
)
BUCKET_STEP = step(
    "Bucket/images",
    State.CONFLICT,
    note="ha-web-images is live and not ours; adopt it with lifecycle.adopt: {id: ha-web-images}",
    id="ha-web-images",
)
ADOPT_STEP = step(
    "Vpc/main",
    State.DRIFTED,
    Action.ADOPT,
    "vpc-0c0ffee0000000000",
    calls=(Call("ec2", "CreateTags", {"Resources": ["vpc-0c0ffee0000000000"]}),),
)
UNKNOWN_STEP = step("Role/web", State.UNKNOWN, uncompared=("policies: iam:ListRolePolicies was denied",))
PENDING_STEP = told(
    step("LoadBalancer/web", State.PENDING, id="arn:aws:elasticloadbalancing:us-east-1:1:lb/web"),
    progress="provisioning",
)
ILL = Health(False, "Target.Timeout: Request timed out", good=1, total=2)
ILL_STEP = told(step("TargetGroup/web", State.IN_SYNC, id="tg-1"), ILL)
BUSY_STEP = told(
    step("AutoScalingGroup/web", State.IN_SYNC, id="web"), Health(True, "", 2, 2), "refresh 40 %", "reboot"
)
NOTICED_STEP = told(step("DbInstance/main", State.IN_SYNC, id="main"), notice="restart it")
POLICY_STEP = step(
    "BucketPolicy/logs",
    State.MISSING,
    Action.CREATE,
    calls=(
        Call(
            "s3",
            "PutBucketPolicy",
            {
                "Bucket": "ha-web-logs",
                "Policy": Encoded({"Resource": Placeholder(Address("Bucket", "logs"), "arn")}),
            },
        ),
    ),
)
QUIET_STEP = step(
    "Parameter/db-password", State.IN_SYNC, id="/ha-web/db", uncompared=("value: AWS never returns it",)
)
ORPHAN_STEP = step(
    "Subnet/old",
    State.ORPHANED,
    Action.DELETE,
    "subnet-0011223344556677",
    removal=(Call("ec2", "DeleteSubnet", {"SubnetId": "subnet-0011223344556677"}, deletes=True),),
    note="no longer in the document",
)
EVERYTHING = plan(
    ADOPT_STEP,
    NAT_STEP,
    TABLE_STEP,
    GROUP_STEP,
    TEMPLATE_STEP,
    DATABASE_STEP,
    BUCKET_STEP,
    POLICY_STEP,
    UNKNOWN_STEP,
    PENDING_STEP,
    QUIET_STEP,
    ILL_STEP,
    BUSY_STEP,
    step("Subnet/public-a", State.IN_SYNC, id="subnet-0a"),
    ORPHAN_STEP,
    incomplete=("Role could not be read: iam:ListRoles AccessDenied",),
    unsearched=("Alarm, Topic: resourcegroupstaggingapi:GetResources AccessDenied: not authorized",),
)
REMEMBERED = replace(
    plan(step("Bucket/images", State.IN_SYNC, id="images"), step("Vpc/main", State.IN_SYNC, id="vpc-1")),
    believed={
        Address("Vpc", "main"): Believed(31.0, ("enableDnsSupport",)),
        Address("Bucket", "images"): Believed(412.04, ("versioning", "policy")),
    },
)
"""In sync, as far as what was remembered tells."""
IN_SYNC = plan(*(step(f"Subnet/s{number}", State.IN_SYNC, id=f"subnet-{number}") for number in range(24)))


def stack(references: dict[str, list[str]], name: str = "ha-web") -> Stack:
    """A stack whose nodes refer to each other as told, each reference at another depth."""
    nodes = {}
    for address, named in references.items():
        parts = [{"deep": [Placeholder(Address.parse(target))]} for target in named]
        where = Address.parse(address)
        nodes[where] = Node(where, {"parts": parts}, {})
    return Stack(name, "us-east-1", nodes)


HA_WEB = {
    "Vpc/main": [],
    "InternetGateway/main": ["Vpc/main"],
    **{f"Subnet/{tier}-{zone}": ["Vpc/main"] for tier in ("public", "private", "data") for zone in "ab"},
    "RouteTable/public": ["Vpc/main", "InternetGateway/main", "Subnet/public-a", "Subnet/public-b"],
    **{f"ElasticIp/nat-{zone}": [] for zone in "ab"},
    **{f"NatGateway/{zone}": [f"Subnet/public-{zone}", f"ElasticIp/nat-{zone}"] for zone in "ab"},
    **{f"RouteTable/private-{zone}": ["Vpc/main", f"Subnet/private-{zone}", f"NatGateway/{zone}"] for zone in "ab"},
    "SecurityGroup/alb": ["Vpc/main", "SecurityGroup/app"],
    "SecurityGroup/app": ["Vpc/main", "SecurityGroup/alb"],
    "SecurityGroup/db": ["Vpc/main", "SecurityGroup/app"],
    "DbSubnetGroup/db": ["Subnet/data-a", "Subnet/data-b"],
    "DbParameterGroup/db": [],
    "DbInstance/db": ["DbSubnetGroup/db", "SecurityGroup/db", "DbParameterGroup/db"],
    "Role/proxy": [],
    "DbProxy/db": ["DbInstance/db", "Role/proxy", "Subnet/data-a", "Subnet/data-b"],
    "Parameter/db-endpoint": ["DbInstance/db"],
    "Role/web": [],
    "InstanceProfile/web": ["Role/web"],
    "LaunchTemplate/web": ["SecurityGroup/app", "InstanceProfile/web"],
    "TargetGroup/web": ["Vpc/main"],
    "LoadBalancer/web": ["Subnet/public-a", "Subnet/public-b", "SecurityGroup/alb"],
    "Listener/https": ["LoadBalancer/web", "TargetGroup/web"],
    "Listener/http": ["LoadBalancer/web"],
    "AutoScalingGroup/web": [
        "LaunchTemplate/web",
        "Subnet/private-a",
        "Subnet/private-b",
        "TargetGroup/web",
    ],
    "ScalingPolicy/cpu": ["AutoScalingGroup/web"],
    "Alarm/cpu": ["ScalingPolicy/cpu"],
    "Topic/alarms": [],
    "Subscription/mail": ["Topic/alarms"],
}
"""What the canonical architecture refers to, with two groups that name each other."""
