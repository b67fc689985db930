"""The kinds of Simple Notification Service. https://docs.aws.amazon.com/sns/latest/api/"""
