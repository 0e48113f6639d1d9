"""s3cmd, rclone and s3fs, as Debian packages them, and the AWS CLI's and boto3's own transfers: make, put, list, get, copy, move, sync,
presign, delete. Each is driven as its manual says; what is asserted is what a user sees: the files, byte for byte."""

import os
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

import boto3
from boto3.s3.transfer import TransferConfig

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
HOST = urllib.parse.urlsplit(ENDPOINT).netloc
PORT = urllib.parse.urlsplit(ENDPOINT).port
KEY, SECRET = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
FOLDER = tempfile.mkdtemp()
SOURCE = os.path.join(FOLDER, "source")
NAMES = ["a b+ä&%41.txt", "large.bin", "sub/deep/x.txt"]
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "AWS_CA_BUNDLE"}  # rclone cannot cope with it
s3 = boto3.client("s3")


def run(*command, **more):
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, env={**ENVIRONMENT, **more}, cwd=SOURCE)
    assert ran.returncode == 0, (command, ran.returncode, ran.stdout, ran.stderr)
    return ran.stdout


def content(name):
    with open(name, "rb") as file:
        return file.read()


def source(name):
    return content(os.path.join(SOURCE, name))


def keys(bucket):
    return [found["Key"] for found in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def assert_copied(bucket, prefix):
    assert keys(bucket) == sorted(prefix + name for name in NAMES), keys(bucket)
    for name in NAMES:
        assert s3.get_object(Bucket=bucket, Key=prefix + name)["Body"].read() == source(name), name


def fetched(url):
    with urllib.request.urlopen(url.strip()) as answer:
        return answer.read()


def make_source():
    for name in NAMES:
        os.makedirs(os.path.dirname(os.path.join(SOURCE, name)), exist_ok=True)
        with open(os.path.join(SOURCE, name), "wb") as file:
            file.write(os.urandom(20_000_000 if name == "large.bin" else 100))


def s3cmd(by_host):
    """By path; and by host, where it is told to take the server for a proxy, for not every machine resolves *.localhost."""
    config = os.path.join(FOLDER, f"s3cfg-{by_host}")
    with open(config, "w") as file:
        file.write(f"[default]\naccess_key = {KEY}\nsecret_key = {SECRET}\nuse_https = False\nbucket_location = us-east-1\n")
        if by_host:
            file.write(f"host_base = {by_host}:{PORT}\nhost_bucket = %(bucket)s.{by_host}:{PORT}\n")
            file.write(f"proxy_host = localhost\nproxy_port = {PORT}\n")
        else:
            file.write(f"host_base = {HOST}\nhost_bucket = {HOST}\n")
    bucket = "s3cmd-" + (by_host or "path")
    tool = ["s3cmd", "-c", config, "--no-progress"]
    run(*tool, "mb", f"s3://{bucket}")
    run(*tool, "put", NAMES[0], f"s3://{bucket}/one/")
    run(*tool, "put", "--multipart-chunk-size-mb=5", "large.bin", f"s3://{bucket}/large.bin")
    assert s3.head_object(Bucket=bucket, Key="large.bin")["ETag"].endswith('-4"')
    assert f"s3://{bucket}/one/" in run(*tool, "ls", f"s3://{bucket}")
    assert f"s3://{bucket}/one/{NAMES[0]}" in run(*tool, "ls", "-r", f"s3://{bucket}")
    back = os.path.join(FOLDER, "s3cmd.back")
    run(*tool, "get", "--force", f"s3://{bucket}/large.bin", back)
    assert content(back) == source("large.bin")
    run(*tool, "cp", f"s3://{bucket}/large.bin", f"s3://{bucket}/copied.bin")
    run(*tool, "mv", f"s3://{bucket}/copied.bin", f"s3://{bucket}/moved.bin")
    run(*tool, "modify", "--add-header=x-amz-meta-a:b", f"s3://{bucket}/moved.bin")
    assert s3.head_object(Bucket=bucket, Key="moved.bin")["Metadata"]["a"] == "b"
    assert "20000000" in run(*tool, "info", f"s3://{bucket}/moved.bin")
    assert "us-east-1" in run(*tool, "info", f"s3://{bucket}")
    if not by_host:
        assert fetched(run(*tool, "signurl", f"s3://{bucket}/one/{NAMES[0]}", "+60")) == source(NAMES[0])
    run(*tool, "del", f"s3://{bucket}/moved.bin")
    run(*tool, "del", "-r", "-f", f"s3://{bucket}")
    assert keys(bucket) == []
    run(*tool, "sync", "./", f"s3://{bucket}/sync/")
    assert_copied(bucket, "sync/")
    assert "upload:" not in run(*tool, "sync", "./", f"s3://{bucket}/sync/")
    run(*tool, "rb", "-r", "-f", f"s3://{bucket}")


def rclone():
    config = {
        "TYPE": "s3",
        "PROVIDER": "Other",
        "ENDPOINT": ENDPOINT,
        "ACCESS_KEY_ID": KEY,
        "SECRET_ACCESS_KEY": SECRET,
        "REGION": "us-east-1",
    }
    environment = {"RCLONE_CONFIG": os.devnull, **{f"RCLONE_CONFIG_HERE_{name}": value for name, value in config.items()}}

    def tool(*arguments):
        return run("rclone", "--retries", "1", "--low-level-retries", "1", *arguments, **environment)

    tool("mkdir", "here:rclone-tool")
    tool("copy", NAMES[0], "here:rclone-tool/one")
    tool("copyto", "--s3-upload-cutoff", "5M", "--s3-chunk-size", "5M", "large.bin", "here:rclone-tool/large.bin")
    assert s3.head_object(Bucket="rclone-tool", Key="large.bin")["ETag"].endswith('-4"')
    assert sorted(tool("lsf", "-R", "--files-only", "here:rclone-tool").splitlines()) == ["large.bin", "one/" + NAMES[0]]
    back = os.path.join(FOLDER, "rclone.back")
    tool("copyto", "here:rclone-tool/large.bin", back)
    assert content(back) == source("large.bin")
    tool("copyto", "here:rclone-tool/large.bin", "here:rclone-tool/copied.bin")
    tool("moveto", "here:rclone-tool/copied.bin", "here:rclone-tool/moved.bin")
    assert "moved.bin" in keys("rclone-tool") and "copied.bin" not in keys("rclone-tool")
    assert fetched(tool("link", "--expire", "60s", "here:rclone-tool/one/" + NAMES[0])) == source(NAMES[0])
    tool("touch", "here:rclone-tool/moved.bin")
    tool("deletefile", "here:rclone-tool/moved.bin")
    tool("delete", "here:rclone-tool")
    assert keys("rclone-tool") == []
    tool("sync", ".", "here:rclone-tool/sync")
    assert_copied("rclone-tool", "sync/")
    tool("check", ".", "here:rclone-tool/sync")
    tool("cleanup", "here:rclone-tool")
    tool("purge", "here:rclone-tool")
    assert "rclone-tool" not in tool("lsd", "here:")


def s3fs():
    """A file of more than 25 MB, which s3fs moves and changes by multipart copies: also with options that add header fields."""
    password, mounted = os.path.join(FOLDER, "s3fs.password"), os.path.join(FOLDER, "mounted")
    with open(password, "w") as file:
        file.write(f"{KEY}:{SECRET}")
    os.chmod(password, 0o600)
    os.makedirs(mounted)
    with open(os.path.join(SOURCE, "large.bin"), "wb") as file:
        file.write(os.urandom(30_000_000))
    for bucket, options in [
        ("s3fs-tool", []),
        ("s3fs-options", ["-o", "default_acl=private", "-o", "storage_class=standard_ia", "-o", "use_sse=1"]),
    ]:
        s3.create_bucket(Bucket=bucket)
        where = ["-o", f"url={ENDPOINT}", "-o", "use_path_request_style", "-o", f"passwd_file={password}", "-o", "endpoint=us-east-1"]
        mount = ["s3fs", bucket, mounted, *where, *options]
        run(*mount)
        try:
            there, moved = os.path.join(mounted, "large.bin"), os.path.join(mounted, "sub", "moved.bin")
            shutil.copyfile(os.path.join(SOURCE, "large.bin"), there)
            os.mkdir(os.path.join(mounted, "sub"))
            os.rename(there, moved)
            os.chmod(moved, 0o600)
            os.utime(moved, (1577836800, 1577836800))
            run("fusermount", "-u", mounted)
            run(*mount)
            found = os.stat(moved)
            assert (found.st_mode & 0o777, int(found.st_mtime), found.st_size) == (0o600, 1577836800, 30_000_000), found
            assert content(moved) == source("large.bin")
            os.remove(moved)
            assert keys(bucket) == ["sub/"], keys(bucket)
        finally:
            run("fusermount", "-u", mounted)


def aws():
    run("aws", "s3", "mb", "s3://aws-tool")
    run("aws", "s3", "sync", ".", "s3://aws-tool/sync/")
    assert_copied("aws-tool", "sync/")
    assert run("aws", "s3", "sync", ".", "s3://aws-tool/sync/") == ""
    back = os.path.join(FOLDER, "aws-back")
    run("aws", "s3", "sync", "s3://aws-tool/sync/", back)
    assert all(content(os.path.join(back, name)) == source(name) for name in NAMES)
    run("aws", "s3", "cp", "--recursive", "s3://aws-tool/sync/", "s3://aws-tool/copied/")
    run("aws", "s3", "rm", "--recursive", "s3://aws-tool/sync/")
    assert_copied("aws-tool", "copied/")
    assert fetched(run("aws", "s3", "presign", "s3://aws-tool/copied/sub/deep/x.txt")) == source("sub/deep/x.txt")
    run("aws", "s3", "rb", "--force", "s3://aws-tool")


def boto3_transfers():
    s3.create_bucket(Bucket="boto3-tool")
    config = TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20, max_concurrency=4)
    path = os.path.join(SOURCE, "large.bin")
    s3.upload_file(path, "boto3-tool", "large.bin", Config=config)
    s3.copy({"Bucket": "boto3-tool", "Key": "large.bin"}, "boto3-tool", "copied.bin", Config=config)
    for key in "large.bin", "copied.bin":
        back = os.path.join(FOLDER, "boto3.back")
        s3.download_file("boto3-tool", key, back, Config=config)
        assert content(back) == source("large.bin"), key
        assert s3.head_object(Bucket="boto3-tool", Key=key)["ETag"].endswith('-4"')


TOOLS = {
    "s3cmd": lambda: [s3cmd(by_host) for by_host in ("", "localhost", "s3.localhost")],
    "rclone": rclone,
    "s3fs": s3fs,
    "aws": aws,
    "boto3": boto3_transfers,
}

try:
    make_source()
    TOOLS[sys.argv[1]]()
finally:
    shutil.rmtree(FOLDER)
