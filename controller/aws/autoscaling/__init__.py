"""The kinds of Amazon EC2 Auto Scaling, one file each."""
