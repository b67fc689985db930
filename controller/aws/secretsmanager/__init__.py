"""The kinds of Secrets Manager. https://docs.aws.amazon.com/secretsmanager/latest/apireference/"""
