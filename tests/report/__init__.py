"""The promises of the reports.

What is printed as a whole is compared with the files in `golden/`. After a change that is meant, renew them
and read the difference before committing it: `RENEW_GOLDEN=1 python -m pytest tests/report`.
"""
