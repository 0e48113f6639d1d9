"""Runs a Python function in one of Carillon's execution environments.

Fetches events from the Lambda Runtime API, calls the handler and posts its result. The HTTP
client is minimal, on one connection, because a general client would take longer than the rest of a
warm invocation.
"""
import importlib
import json
import logging
import os
import socket
import sys
import time
import traceback

# Tracers and monkey patches (X-Ray, gevent, SOCKS proxies, captured output) replace these. This file
# captures the originals before the handler's module is loaded.
SOCKET = socket.socket
OUT = sys.stdout

HOST, _, PATH = os.environ["AWS_LAMBDA_RUNTIME_API"].partition("/")
BASE = ("/" + PATH if PATH else "") + "/2018-06-01/runtime/"


class Connection:
    """One kept-alive connection to the Runtime API."""

    def __init__(self):
        self.open()

    def open(self):
        name, _, port = HOST.partition(":")
        self.socket = SOCKET(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.connect((name, int(port or 80)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = self.socket.makefile("rb", 65536)

    def request(self, method, path, body=b"", headers=()):
        head = ["%s %s%s HTTP/1.1" % (method, BASE, path), "Host: " + HOST]
        if method == "POST":
            head.append("Content-Type: application/json")
            head.append("Content-Length: %d" % len(body))
        head.extend(headers)
        self.socket.sendall(("\r\n".join(head) + "\r\n\r\n").encode("latin-1") + body)
        status = self.reader.readline()
        if not status:
            sys.exit(1)  # the server is gone: end this environment
        fields = {}
        while True:
            line = self.reader.readline()
            if line in (b"\r\n", b"\n", b""):
                break
            name, _, value = line.decode("latin-1").partition(":")
            fields[name.strip().lower()] = value.strip()
        content = self.reader.read(int(fields.get("content-length", "0")))
        if fields.get("connection", "").lower() == "close":
            self.socket.close()
            self.open()
        return int(status.split()[1]), fields, content


class CognitoIdentity:
    cognito_identity_id = None
    cognito_identity_pool_id = None


class Client:
    def __init__(self, values):
        self.installation_id = values.get("installation_id")
        self.app_title = values.get("app_title")
        self.app_version_name = values.get("app_version_name")
        self.app_version_code = values.get("app_version_code")
        self.app_package_name = values.get("app_package_name")


class ClientContext:
    def __init__(self, values):
        self.custom = values.get("custom")
        self.env = values.get("env")
        self.client = Client(values["client"]) if values.get("client") else None


class LambdaContext:
    """The second argument of handlers."""

    function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
    function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
    memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
    log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
    log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]

    def __init__(self, fields):
        self.aws_request_id = fields["lambda-runtime-aws-request-id"]
        self.invoked_function_arn = fields["lambda-runtime-invoked-function-arn"]
        self._deadline_ms = int(fields["lambda-runtime-deadline-ms"])
        client = fields.get("lambda-runtime-client-context")
        self.client_context = ClientContext(json.loads(client)) if client else None
        self.identity = CognitoIdentity()

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline_ms - int(time.time() * 1000))

    def log(self, message):
        sys.stdout.write(str(message))
        sys.stdout.flush()


class RequestIdFilter(logging.Filter):
    request_id = ""

    def filter(self, record):
        record.aws_request_id = RequestIdFilter.request_id
        return True


class OneMessage(logging.StreamHandler):
    """Keeps the lines of one record together: a bare CR does not end a message in our log."""

    def format(self, record):
        return super().format(record).replace("\n", "\r")


def set_up_logging():
    handler = OneMessage(sys.stdout)
    form = logging.Formatter(
        "[%(levelname)s]\t%(asctime)s.%(msecs)dZ\t%(aws_request_id)s\t%(message)s",
        "%Y-%m-%dT%H:%M:%S",
    )
    form.converter = time.gmtime
    handler.setFormatter(form)
    handler.addFilter(RequestIdFilter())
    logging.getLogger().addHandler(handler)


def encode_unknown(value):
    if type(value).__name__ == "Decimal":
        return float(value)
    raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)


def failure(kind, message, stack, request_id):
    error = {"errorMessage": message, "errorType": kind, "requestId": request_id}
    error["stackTrace"] = stack
    flush()
    lines = ["[ERROR] %s: %s" % (kind, message), "Traceback (most recent call last):"]
    for entry in stack:
        for line in entry.splitlines():
            bare = line.lstrip(" ")
            lines.append("\u00a0" * (len(line) - len(bare)) + bare)  # AWS's format
    text = "\r".join("\r".join(lines).splitlines()) + "\n"
    try:
        OUT.write(text.encode(OUT.encoding, "backslashreplace").decode(OUT.encoding))
    except ValueError:
        pass  # closed by the handler
    flush()
    return json.dumps(error).encode("utf-8")


def flush():
    """Flushes the handler's output, even if the handler has replaced standard output."""
    for stream in (sys.stdout, OUT):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            pass  # replaced or closed by the handler


class Unloadable(Exception):
    def __init__(self, kind, message, stack=()):
        super().__init__(message)
        self.kind, self.message, self.stack = kind, message, list(stack)


def load(name):
    """Finds the function that `dir/module.function` names; dots and slashes both separate folders."""
    module_name, dot, function_name = name.rpartition(".")
    if not dot:
        raise Unloadable(
            "Runtime.MalformedHandlerName",
            "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % name,
        )
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as e:
        raise Unloadable(
            "Runtime.ImportModuleError", "Unable to import module '%s': %s" % (module_name, e)
        )
    except SyntaxError as e:
        raise Unloadable(
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module '%s': %s" % (module_name, e),
            ['  File "%s" Line %s\n    %s' % (e.filename, e.lineno, e.text)],
        )
    if not hasattr(module, function_name):
        raise Unloadable(
            "Runtime.HandlerNotFound",
            "Handler '%s' missing on module '%s'" % (function_name, module_name),
        )
    return getattr(module, function_name)


def type_header(kind):
    return ("Lambda-Runtime-Function-Error-Type: " + kind,)


def serve(connection, handler):
    while True:
        status, fields, content = connection.request("GET", "invocation/next")
        if status != 200:
            sys.exit(0)  # the environment ends
        request_id = fields["lambda-runtime-aws-request-id"]
        os.environ["_X_AMZN_TRACE_ID"] = fields.get("lambda-runtime-trace-id", "")
        RequestIdFilter.request_id = request_id
        place = "invocation/" + request_id
        try:
            event = json.loads(content.decode("utf-8"))
            result = handler(event, LambdaContext(fields))
        except Exception as e:
            stack = traceback.format_list(traceback.extract_tb(e.__traceback__)[1:])
            kind = type(e).__name__
            body = failure(kind, str(e), stack, request_id)
            connection.request("POST", place + "/error", body, type_header(kind))
            continue
        try:
            body = json.dumps(result, ensure_ascii=False, default=encode_unknown).encode("utf-8")
        except Exception as e:
            kind = "Runtime.MarshalError"
            body = failure(kind, "Unable to marshal response: %s" % e, [], request_id)
            connection.request("POST", place + "/error", body, type_header(kind))
            continue
        flush()
        connection.request("POST", place + "/response", body)


def main():
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(line_buffering=True)
    # The folder of this file is first in the path; its files must not shadow the function's modules.
    sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
    sys.dont_write_bytecode = True
    set_up_logging()
    connection = Connection()
    try:
        handler = load(os.environ["_HANDLER"])
    except Unloadable as e:
        body = failure(e.kind, e.message, e.stack, "")
        connection.request("POST", "init/error", body, type_header(e.kind))
        sys.exit(1)
    except Exception as e:
        stack = traceback.format_list(traceback.extract_tb(e.__traceback__)[1:])
        body = failure(type(e).__name__, str(e), stack, "")
        connection.request("POST", "init/error", body, type_header(type(e).__name__))
        sys.exit(1)
    serve(connection, handler)


if __name__ == "__main__":
    main()
