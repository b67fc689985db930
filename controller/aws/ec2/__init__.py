"""EC2's kinds, one file each. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/"""
