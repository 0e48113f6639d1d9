"""Checks, and the proof they leave behind.

A check is a function named check_*. `@proves` names the operations that its assertions cover. The witness records every
call and every read of a response, so a check fails that names an operation which it did not call with success, or whose
response it did not read: every operation in the record was called, and answered, in a check that passed. `@refuses` names
operations that AWS answers with an error, since there is nothing to return; they have to be called by `error_of`.
"""

import json
import os
import sys
import time
import traceback

from botocore.exceptions import ClientError


class Witness:
    """The operations that the running check has called, and the responses that it has read."""

    def __init__(self):
        self.forget()

    def forget(self):
        self.answered = set()
        self.seen = set()
        self.refused = set()

    def objections(self, claims, refusals):
        unheard = [f"names {name}, which it never called with success" for name in sorted(claims - self.answered)]
        unseen = [f"names {name}, but never looked at its answer" for name in sorted(claims & self.answered - self.seen)]
        unrefused = [f"names {name}, which it never saw refused" for name in sorted(refusals - self.refused)]
        return unheard + unseen + unrefused


witness = Witness()


class Answer(dict):
    """A response that tells the witness when it is read."""

    operation = None

    def __getitem__(self, key):
        witness.seen.add(self.operation)
        return super().__getitem__(key)

    def __contains__(self, key):
        witness.seen.add(self.operation)
        return super().__contains__(key)

    def get(self, key, default=None):
        witness.seen.add(self.operation)
        return super().get(key, default)


class Watched:
    """A mixin before a boto3 client's own class."""

    def _make_api_call(self, operation, arguments):
        answer = Answer(super()._make_api_call(operation, arguments))
        answer.operation = name_of(self.meta.service_model.operation_model(operation))
        witness.answered.add(answer.operation)
        if not has_answer(self.meta.service_model.operation_model(operation)):
            witness.seen.add(answer.operation)  # nothing to read: the check has to look at the effect
        return answer


def watch(session):
    session.events.register("creating-client-class", lambda base_classes, **_: base_classes.insert(0, Watched))


def name_of(operation):
    return f"{operation.service_model.service_name}:{operation.name}"


def has_answer(operation):
    return operation.output_shape is not None and bool(operation.output_shape.members)


def proves(**operations):
    """@proves(s3="PutObject GetObject"): the operations that the assertions of this check cover."""

    def claim(check):
        check.proves = {f"{service.rstrip(chr(95))}:{name}" for service, names in operations.items() for name in names.split()}
        return check

    return claim


def refuses(**operations):
    """@refuses(s3="GetBucketCors"): the operations that this check shows to be answered with AWS's error."""

    def claim(check):
        check.refuses = {f"{service.rstrip(chr(95))}:{name}" for service, names in operations.items() for name in names.split()}
        return check

    return claim


def error_of(call, **arguments):
    """The code and HTTP status of the error that a call has to raise."""
    try:
        call(**arguments)
    except ClientError as error:
        witness.refused.add(f"{call.__self__.meta.service_model.service_name}:{error.operation_name}")
        return error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    raise AssertionError(f"{call.__name__} succeeded")


def until(condition, seconds=30):
    """Waits until the condition returns a true value, and returns it."""
    give_up = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > give_up:
            raise AssertionError(f"not within {seconds} s")
        time.sleep(0.05)


def run(*modules):
    """Runs the checks of the modules in order, prints a line for each, and writes what they proved to $CARILLON_PROOF."""
    failed, proof = 0, {}
    for module in modules:
        for name, check in list(vars(module).items()):
            if not name.startswith("check_"):
                continue
            claims, refusals = getattr(check, "proves", set()), getattr(check, "refuses", set())
            title = name.removeprefix("check_").replace("_", " ")
            began = time.monotonic()
            witness.forget()
            try:
                check()
                objections = witness.objections(claims, refusals)
                assert not objections, f"the check {'; '.join(objections)}"
                assert title not in proof, f"two checks are called {title}"
                proof[title] = sorted(claims | refusals)
                print(f"ok {title} ({time.monotonic() - began:.1f} s)", flush=True)
            except Exception:
                failed += 1
                print("FAILED", title, traceback.format_exc(), flush=True)
    if "CARILLON_PROOF" in os.environ:
        with open(os.environ["CARILLON_PROOF"], "w") as file:
            json.dump(proof, file)
    sys.exit(1 if failed else 0)
