"""ACM's kinds, one file each. https://docs.aws.amazon.com/acm/latest/APIReference/"""
