"""Emulators of AWS, for the demo, the tests and the benchmarks; nothing of the product imports them but `demo`.

- `ec2` is a strict stand-in for EC2: AWS's protocol, paging, token buckets, lag and refusals, over HTTP, in memory.
  It holds networks only, and every other service as an account that holds nothing.
- `patched_moto` is moto, patched where it answers unlike AWS: one file of patches a service, each patch with its
  reason. It needs the extra `demo`.

An emulator is never bent to the product: where one is wrong it is patched towards AWS, or a test names the defect.
"""
