"""What the tests set up."""

from tests.slow.conftest import Client

IMAGE = "ami-12c6146b"
DATABASE = {
    "DBInstanceIdentifier": "db",
    "DBInstanceClass": "db.t3.micro",
    "Engine": "postgres",
    "MasterUsername": "root",
    "MasterUserPassword": "not-a-secret",
    "AllocatedStorage": 20,
}

DISTRIBUTION = {
    "CallerReference": "1",
    "Comment": "",
    "Enabled": True,
    "Origins": {
        "Quantity": 1,
        "Items": [
            {
                "Id": "web",
                "DomainName": "example.com",
                "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
            }
        ],
    },
    "DefaultCacheBehavior": {
        "TargetOriginId": "web",
        "ViewerProtocolPolicy": "allow-all",
        "MinTTL": 0,
        "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
    },
}


def subnets(client: Client, count: int = 1) -> tuple[str, list[str]]:
    """A VPC with subnets in different zones."""
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    made = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"us-east-1{'abc'[number]}")
        for number in range(count)
    ]
    return vpc, [each["Subnet"]["SubnetId"] for each in made]
