"""The kinds of CloudWatch. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/"""
