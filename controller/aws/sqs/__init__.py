"""The kinds of Simple Queue Service. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/"""
