"""The kinds of Systems Manager. https://docs.aws.amazon.com/systems-manager/latest/APIReference/"""
