"""The kinds of DynamoDB. https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/"""
