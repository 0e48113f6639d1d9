"""Runs functions named check_* in order; each prints ok or FAILED. What they may call is below."""

import sys
import time
import traceback

from botocore.exceptions import ClientError


def error_of(call, **arguments):
    """The code and HTTP status of the error that a call must end in."""
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    raise AssertionError(f"{call.__name__} succeeded")


def until(condition, seconds=30):
    """Waits until the condition answers something true, and answers that."""
    give_up = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > give_up:
            raise AssertionError(f"not within {seconds} s")
        time.sleep(0.05)


def run(module):
    failed = 0
    for name, check in list(vars(module).items()):
        if name.startswith("check_"):
            try:
                check()
                print("ok", name, flush=True)
            except Exception:
                failed += 1
                print("FAILED", name, traceback.format_exc(), flush=True)
    sys.exit(1 if failed else 0)
