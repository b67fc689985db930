"""What in the recorded answers is odd, and why: each entry was looked at by hand."""

OTHERWISE = {
    "LoadBalancer.subnetMappings": "AWS shows the subnets alone, and again with addresses of their own: a choice",
    "ClassicLoadBalancer.availabilityZones": "AWS shows the zones of the subnets: a document says one of the two",
    "Vpc.ipv6CidrBlock": "AWS shows the block that it has chosen itself too",
    "Vpc.ipv6NetmaskLength": "and its length",
    "Certificate.keyAlgorithm": "the listing writes RSA-2048 where a request takes RSA_2048; they are equal to us",
    "Distribution.httpVersion": "the listing writes HTTP2 where its configuration, which is read, has http2",
    "Listener.defaultActions.targetGroups": "AWS shows a single target group in both forms; a document says one",
    "Listener.defaultActions.stickiness": "AWS shows it off where a document has one target group",
    "ListenerRule.actions.targetGroups": "as in a listener",
    "ListenerRule.actions.stickiness": "as in a listener",
    "DbInstance.availabilityZone": "with two zones AWS says which one is used now; a document leaves it out",
}
"""Fields that a document of what is observed leaves out, or writes in another way."""

RULES = {
    "Subnet.cidrBlock": "made-up ranges, which AWS would refuse: 1.2.3.4/5, and a /30 with 27 free addresses",
    "SecurityGroup.ingress": "192.168.0.1/31, of which the authors made the address neutral",
    "SecurityGroup.vpc": "groups of EC2-Classic, which AWS has ended",
    "NetworkAcl.default": "a document leaves it out where an ACL is not the default one",
    "KeyPair.publicKeyMaterial": "shown only where it is asked for",
    "Snapshot.volume": "shown by an attribute, no field",
    "Image": "an image of instance store volumes, which are not managed",
    "Instance.instanceType": "cut by the authors of the recording",
    "AutoScalingGroup": "a group with $Latest or $Default; a document has a number, so that changes are seen",
    "ScalingPolicy.policyType": "recorded before there was more than one type",
    "Listener.defaultActions": "AWS shows a forward to one group in both forms; a document says one of them",
    "ClassicLoadBalancer": "a balancer of EC2-Classic, without subnets",
    "DbSubnetGroup.subnets": "an example of the manual that is cut",
    "DbInstance.storageType": "a member of an Aurora cluster, which is not managed",
    "DynamoDbTable.attributeDefinitions": "ListTables shows names alone",
    "DynamoDbTable.keySchema": "ListTables shows names alone",
    "Distribution.viewerCertificate": "AWS shows one certificate under several names; a document says one",
    "Distribution.defaultCacheBehavior": "a demo that was never real",
    "Parameter": "the value is not listed",
}
"""Fields in which what AWS shows cannot be said by a document, and a kind alone for a rule of several fields."""

ODD_LISTINGS = {
    "ec2/DescribeVpcEndpoints/05": "the authors have cut the policy to {...}",
    "cloudfront/ListDistributions/01": "an example of the manual: a certificate of one's own without its protocol",
}
"""Answers to listings that show nothing of AWS."""

ODD_ANSWERS = {
    ("enableDnsSupport", "ec2/DescribeVpcAttribute/01"): "asks for another attribute",
    ("enableDnsSupport", "ec2/DescribeVpcAttribute/03"): "asks for another attribute",
    ("enableDnsHostnames", "ec2/DescribeVpcAttribute/02"): "asks for another attribute",
    ("enableDnsHostnames", "ec2/DescribeVpcAttribute/03"): "asks for another attribute",
    ("enableNetworkAddressUsageMetrics", "ec2/DescribeVpcAttribute/01"): "asks for another attribute",
    ("enableNetworkAddressUsageMetrics", "ec2/DescribeVpcAttribute/02"): "asks for another attribute",
    ("attributes", "sqs/GetQueueAttributes/13"): "nothing, though all was asked for",
    ("targets", "elbv2/DescribeTargetHealth/01"): "the authors have cut the health, which AWS always shows",
}
"""A detail and an answer to its operation that is of something else, or cut."""

UNCOMPARED = {
    "DbInstance.allocatedStorage": "storage autoscaling lets it grow up to maxAllocatedStorage",
    "AutoScalingGroup.desiredCapacity": "scaling moves it between minSize and maxSize",
}
"""Fields in which another value may be AWS's own doing, and no difference."""

ODD_DETAILS = {
    ("acl", "s3/GetBucketAcl/04"): "grants that no canned ACL makes",
    ("acl", "s3/GetBucketAcl/05"): "grants that no canned ACL makes",
    ("encryption", "s3/GetBucketEncryption/04"): "the authors have cut the algorithm, which AWS always shows",
    ("targets", "elbv2/DescribeTargetHealth/03"): "two answers about one target in one",
}
"""A detail and an answer to its operation of which no document says the same."""

ODD_READS = {
    "ec2/DescribeLaunchTemplateVersions/01": "a version that is not the default one, which is what is read",
    "ec2/DescribeLaunchTemplateVersions/06": "all versions of a template, of which the default one is read",
    "ec2/DescribeLaunchTemplateVersions/08": "all versions of a template, of which the default one is read",
    "ec2/DescribeLaunchTemplateVersions/09": "all versions of a template, of which the default one is read",
    "elbv2/DescribeTargetHealth/01": "the authors have cut the health, which AWS always shows",
    "sqs/GetQueueAttributes/13": "nothing, though all was asked for",
}
"""Answers to further reads that show nothing of AWS, or what is not read so."""
