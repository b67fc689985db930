"""IAM's kinds, one file each. https://docs.aws.amazon.com/IAM/latest/APIReference/"""
