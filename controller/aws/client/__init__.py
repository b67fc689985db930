"""The client: AWS as the engine sees it, one account and region.

- `cloud.py` is the `Cloud` that makes the calls: each limited, counted, timed, and its errors translated.
- `limits.py` has AWS's token buckets, so that we wait before AWS refuses; `errors.py` what its error codes mean.
- `parser.py` reads answers, `answers.py` says whether an answer is the operation's at all, `echoes.py` whether
  AWS's words repeat a secret; `endpoints.py` which AWS it is; `models.py` what botocore's service models know.
- `secrets.py` reads Secrets Manager for whoever has to fill in a secret.

What comes in: an operation with its parameters. What goes out: an answer, or `Refused` or `Unreachable` with what
that means for whoever asked. It knows no kind, keeps nothing of what it reads, and tries nothing again that may be
made twice.
"""
