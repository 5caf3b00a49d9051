#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""An image server with every fault that a client must survive.

server.py WORK builds the fixture below WORK/tree (a tiny system of busybox and its metadata, both kinds of
index, SHA256SUMS, signatures by a throw-away key), then serves it on ports of 127.0.0.1 that the kernel
chooses: https, a second https origin, and plain http, which is a proxy as well. WORK/env tells a shell
where. WORK/faults, read anew for every request, has the names of the faults in force; every request is
logged to WORK/log. It ends by SIGTERM.
"""

import hashlib
import http.server
import io
import json
import lzma
import os
import platform
import re
import select
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tarfile
import threading
import time

BUILD = "20260101_00:00"
OLDER = "20251201_00:00"
ARCH = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
BUSYBOX = shutil.which("busybox") or "/bin/busybox"


# ---- the fixture -------------------------------------------------------------------------------------


class Tar:
    """A tarball made member by member, so that it can hold what no file system here would."""

    def __init__(self):
        self.raw = io.BytesIO()
        self.tar = tarfile.open(fileobj=self.raw, mode="w", format=tarfile.PAX_FORMAT)

    def add(self, name, data=b"", kind=tarfile.REGTYPE, mode=0o644, owner=0, **more):
        info = tarfile.TarInfo(name)
        info.type, info.mode, info.uid, info.gid, info.mtime = kind, mode, owner, owner, 1767225600
        for key, value in more.items():
            setattr(info, key, value)
        data = data.encode() if isinstance(data, str) else data
        info.size = len(data)
        self.tar.addfile(info, io.BytesIO(data))

    def xz(self):
        self.tar.close()
        return lzma.compress(self.raw.getvalue(), preset=0)


def add_sparse(tar, name, size):
    """GNU's sparse format 1.0: the map stands before the data."""
    tail = b"tail"
    block = b"1\n%d\n%d\n" % (size - len(tail), len(tail))
    tar.add(
        os.path.dirname(name) + "/GNUSparseFile.0/" + os.path.basename(name),
        block.ljust(512, b"\0") + tail,
        pax_headers={
            "GNU.sparse.major": "1",
            "GNU.sparse.minor": "0",
            "GNU.sparse.name": name,
            "GNU.sparse.realsize": str(size),
        },
    )


def root_tarball(kind, mark):
    whole = mark == "1.0 " + BUILD  # of the others nothing is run: smaller is quicker
    tar = Tar()
    for directory in ("./", "./etc", "./sbin", "./bin", "./dev", "./proc", "./sys", "./run", "./tmp", "./var"):
        tar.add(directory, kind=tarfile.DIRTYPE, mode=0o755)
    with open(BUSYBOX, "rb") as f:
        tar.add("./bin/busybox", f.read() if whole else b"#!/bin/false\n", mode=0o755)
    tar.add("./sbin/init", kind=tarfile.SYMTYPE, linkname="../bin/busybox", mode=0o777)
    tar.add("./bin/sh", kind=tarfile.LNKTYPE, linkname="./bin/busybox", mode=0o755)
    tar.add("./etc/hostname", "LXC_NAME\n")
    tar.add("./etc/hosts", "127.0.0.1 localhost LXC_NAME\n")
    tar.add("./etc/mark", mark + "\n")
    tar.add("./dev/null", kind=tarfile.CHRTYPE, mode=0o666, devmajor=1, devminor=3)
    tar.add("./bin/su", "#!/bin/sh\n", mode=0o4755)
    tar.add("./run/fifo", kind=tarfile.FIFOTYPE, mode=0o600)
    add_sparse(tar, "./var/sparse", 1 << 20)
    # cap_net_raw=ep, version 2
    capability = struct.pack("<IIIII", 0x02000001, 1 << 13, 0, 0, 0).decode("latin-1")
    tar.add(
        "./bin/ping",
        "#!/bin/sh\n",
        mode=0o755,
        pax_headers={"SCHILY.xattr.security.capability": capability, "SCHILY.xattr.user.note": "hello"},
    )
    tar.add("./var/nobody", "x", owner=65534)
    tar.add("./var/with space", "x")
    tar.add("./var/\u00e4\u00f6\u00fc", "x")
    tar.add("./var/new\nline", "x")
    tar.add("./var/" + "/".join(["deep" * 8] * 7) + "/file", "x")
    # enough that does not compress for a download to be cut, slowed down and resumed
    tar.add("./var/noise", hashlib.shake_256(mark.encode()).digest(700000 if whole else 7))
    if kind == "bigid":
        tar.add("./var/bigid", "x", owner=100000)
    if kind == "evil":
        tar.add("../outside", "x")
    return tar.xz()


def meta_tarball(kind):
    tar = Tar()
    lxc_arch = "linux32" if kind == "arch" else "linux64"
    config = f"lxc.include = LXC_TEMPLATE_CONFIG/common.conf\nlxc.arch = {lxc_arch}\n"
    if kind != "noconfig":
        tar.add("config", config)
    tar.add("config-user", config)
    tar.add("config.4", config)
    tar.add("config-user.4", config)
    tar.add("create-message", "hello\n")
    tar.add("expiry", "1000000000\n" if kind == "expired" else "4102444800\n")
    tar.add("excludes-user", "./dev/null\n")
    tar.add("templates", "/etc/hostname\n/etc/hosts\n../../etc/passwd\n")
    return tar.xz()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Fixture:
    def __init__(self, work):
        self.work = work
        self.tree = os.path.join(work, "tree")
        self.products, self.lines = {}, []
        self.home = os.path.join(work, "gpg")

    def put(self, path, data):
        path = os.path.join(self.tree, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data if isinstance(data, bytes) else data.encode())

    def sign(self, path, suffix):
        """By both keys; the second is what a forger would have."""
        path = os.path.join(self.tree, path)
        for key, out in ((self.key, path + suffix), (self.other, path + suffix + ".other")):
            subprocess.run(
                ["gpg", "--homedir", self.home, "--batch", "--quiet", "--yes", "--armor", "--local-user", key]
                + ["--output", out, "--detach-sign", path],
                check=True,
            )

    def build(self, release, build=BUILD, arch=ARCH, **more):
        directory = f"images/testos/{release}/{arch}/default/{build}"
        files = {
            "incus.tar.xz": b"not a tarball",
            "meta.tar.xz": meta_tarball(release),
            "rootfs.squashfs": b"not a squashfs",
            "rootfs.tar.xz": root_tarball(release, f"{release} {build}"),
        }
        for name, data in files.items():
            self.put(f"{directory}/{name}", data)
        self.put(f"{directory}/SHA256SUMS", "".join(f"{sha256(d)}  {n}\n" for n, d in sorted(files.items())))
        self.sign(f"{directory}/SHA256SUMS", ".asc")

        def item(ftype, name):
            data = files[name]
            return {"ftype": ftype, "sha256": sha256(data), "size": len(data), "path": f"{directory}/{name}"}

        product = self.products.setdefault(
            f"testos:{release}:{arch}:default",
            {
                "aliases": f"testos/{release}/default,testos/{release},testos/number-{release}",
                "arch": arch,
                "os": "Testos",
                "release": release,
                "release_title": release,
                "variant": "default",
                "requirements": more.get("requirements", {"secureboot": "false"}),
                "versions": {},
            },
        )
        product["versions"][build] = {
            "items": {
                "incus.tar.xz": item("incus.tar.xz", "incus.tar.xz"),
                "lxd.tar.xz": item("lxd.tar.xz", "incus.tar.xz"),
                "root.tar.xz": item("root.tar.xz", "rootfs.tar.xz"),
                "root.squashfs": item("squashfs", "rootfs.squashfs"),
            }
        }
        if build == BUILD:
            self.lines.append(f"testos;{release};{arch};default;{build};/{directory}/")

    def lists(self):
        self.products["testos:vm:" + ARCH + ":default"] = {"versions": {BUILD: {"items": {"disk.qcow2": {}}}}}
        self.put(
            "streams/v1/index.json",
            json.dumps(
                {
                    "index": {
                        "images": {
                            "datatype": "image-downloads",
                            "path": "streams/v1/images.json",
                            "format": "products:1.0",
                            "products": sorted(self.products),
                        }
                    },
                    "format": "index:1.0",
                }
            ),
        )
        self.put(
            "streams/v1/images.json",
            json.dumps(
                {
                    "content_id": "images",
                    "datatype": "image-downloads",
                    "format": "products:1.0",
                    "products": self.products,
                }
            ),
        )
        self.sign("streams/v1/images.json", ".gpg")
        for mode in ("system", "user"):
            self.put(f"meta/1.0/index-{mode}", "".join(line + "\n" for line in self.lines))
            self.sign(f"meta/1.0/index-{mode}", ".asc")

    def gpg(self, *args):
        return subprocess.run(
            ["gpg", "--homedir", self.home, "--batch", "--quiet", *args], check=True, capture_output=True
        ).stdout

    def keys(self):
        os.makedirs(self.home, mode=0o700)
        prints = []
        for name in ("server", "other"):
            self.gpg("--passphrase", "", "--quick-gen-key", f"{name} <{name}@localhost>", "ed25519", "sign", "never")
            listing = self.gpg("--list-keys", "--with-colons", f"{name}@localhost").decode()
            prints.append(re.search(r"^fpr:+([0-9A-F]{40}):", listing, re.M).group(1))
            with open(os.path.join(self.work, name + ".gpg"), "wb") as f:
                f.write(self.gpg("--export", prints[-1]))
            with open(os.path.join(self.work, name + ".asc"), "wb") as f:
                f.write(self.gpg("--export", "--armor", prints[-1]))
        self.key, self.other = prints

    def make(self):
        self.keys()
        try:
            self.build("1.0", OLDER)
            self.build("1.0")
            for release in ("expired", "noconfig", "bigid", "evil", "arch"):
                self.build(release)
            self.build("v1only", requirements={"cgroup": "v1"})
            self.build("1.0", arch="vax")
            self.lists()
        finally:
            subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], check=False)


def certificates(work):
    def openssl(*args):
        subprocess.run(["openssl", *args], cwd=work, check=True, stderr=subprocess.DEVNULL)

    ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    with open(os.path.join(work, "san"), "w", encoding="ascii") as f:
        f.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    openssl("req", "-x509", *ec, "-days", "2", "-subj", "/CN=test-ca", "-keyout", "ca.key", "-out", "ca.pem")
    openssl("req", *ec, "-subj", "/CN=localhost", "-keyout", "tls.key", "-out", "tls.csr")
    openssl(
        *("x509", "-req", "-in", "tls.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"),
        *("-days", "2", "-extfile", "san", "-out", "tls.pem"),
    )


# ---- the server --------------------------------------------------------------------------------------


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, fixture, tls):
        super().__init__(("127.0.0.1", 0), Handler)
        self.fixture, self.tls = fixture, tls
        self.peers = {}
        self.counts = {}
        self.lock = threading.Lock()

    def finish_request(self, request, client_address):
        if self.tls:  # here, in the connection's own thread
            request = self.tls.wrap_socket(request, server_side=True)
        self.RequestHandlerClass(request, client_address, self)

    def handle_error(self, request, client_address):
        pass  # clients that go away are what this is for

    def count(self, what):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1
            return self.counts[what]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60

    def log_message(self, format, *args):
        pass

    def faults(self):
        try:
            with open(os.path.join(self.server.fixture.work, "faults"), encoding="ascii") as f:
                return set(f.read().split())
        except FileNotFoundError:
            return set()

    def note(self, status):
        line = f"{self.command} {status} {self.path} {self.headers.get('Range', '-')} {self.headers.get('If-Range', '-')}\n"
        with open(os.path.join(self.server.fixture.work, "log"), "a", encoding="utf-8") as f:
            f.write(line)

    def answer(self, status, body=b"", **headers):
        self.note(status)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_CONNECT(self):
        """The proxy for https."""
        host, port = self.path.rsplit(":", 1)
        self.note(200)
        with socket.create_connection((host, int(port))) as far:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            ends = {self.connection: far, far: self.connection}
            while True:
                ready = select.select(list(ends), [], [], 30)[0]
                for end in ready:
                    data = end.recv(65536)
                    if not data:
                        self.close_connection = True
                        return
                    ends[end].sendall(data)

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        faults = self.faults()
        path = re.sub(r"^http://[^/]*", "", self.path)  # the proxy for http
        path = re.sub("/+", "/", path.split("?")[0]).lstrip("/")
        if path == "pks/lookup":
            key = "other" if "wrong-key" in faults else "server"
            with open(os.path.join(self.server.fixture.work, key + ".asc"), "rb") as f:
                return self.answer(200, f.read())
        if self.early_fault(faults, path):
            return None
        data = self.content(faults, path)
        if data is None:
            return self.answer(404, b"<html>not here</html>")
        return self.send_file(faults, path, data)

    def early_fault(self, faults, path):
        """Faults that take the place of an answer. True when there was one."""
        root = path.endswith("rootfs.tar.xz")
        peers = self.server.peers
        if "hang" in faults:
            self.note("hang")
            time.sleep(20)
        elif "error" in faults or self.flaky(faults, path):
            self.answer(500, b"<html>sorry</html>")
        elif "redirect-loop" in faults and root:
            self.answer(302, Location="/" + path + "?" + str(self.server.count("loop")))
        elif "redirect" in faults and self.server is not peers["second"]:
            self.answer(302, Location=f"https://localhost:{peers['second'].server_port}//{path}")
        elif "redirect-http" in faults and root and self.server is not peers["plain"]:
            self.answer(302, Location=f"http://localhost:{peers['plain'].server_port}/{path}")
        elif "endless" in faults and path.endswith("images.json"):
            self.endless()
        else:
            return False
        return True

    def flaky(self, faults, path):
        """Two failures, then one success."""
        return "flaky" in faults and path.endswith(("images.json", "rootfs.tar.xz")) and self.server.count(path) % 3

    def endless(self):
        self.note(200)
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        self.wfile.write(b'{"format":"')
        while True:
            self.wfile.write(b"x" * 65536)

    def content(self, faults, path):
        """The file as the faults have it, or None."""
        if path.startswith("streams/") and "html" in faults:
            return b"<html>welcome</html>"
        missing = (
            (path.startswith("streams/") and "no-streams" in faults)
            or (path.startswith("meta/") and "no-classic" in faults)
            or (path.startswith("images/") and "gone" in faults)
            or (path.endswith((".asc", ".gpg")) and "unsigned" in faults)
            or (path.endswith(".gpg") and "unsigned-lists" in faults)
            or ("SHA256SUMS" in path and "no-sums" in faults)
        )
        if missing or ".." in path:
            return None
        if path == "meta/1.0/index-system.7" and "index7" in faults:
            path = "meta/1.0/index-system"
        elif path == "meta/1.0/index-system" and faults & {"index7", "empty"}:
            return b""
        if path.endswith((".asc", ".gpg")) and "forged" in faults:
            path += ".other"
        try:
            with open(os.path.join(self.server.fixture.tree, path), "rb") as f:
                data = f.read()
        except (FileNotFoundError, IsADirectoryError):
            return None
        return self.spoil(faults, path, data)

    def spoil(self, faults, path, data):
        if path.endswith("rootfs.tar.xz") and "corrupt" in faults:
            return data[:-1] + bytes([data[-1] ^ 1])
        if path.endswith("rootfs.tar.xz") and "shorter" in faults:
            return data[: len(data) // 2]
        if path.endswith("SHA256SUMS") and "tampered" in faults:
            return data.replace(b"rootfs.tar.xz", b"rootfs.tar.gz")
        if path.endswith("SHA256SUMS") and "disagrees" in faults:
            return data.replace(sha256(self.content(set(), path.replace("SHA256SUMS", "rootfs.tar.xz"))).encode(), b"0" * 64)
        if path == "meta/1.0/index-system" and "five" in faults:
            return re.sub(b";[^;]*\n", b"\n", data)
        if path == "meta/1.0/index-system" and "crlf" in faults:
            return data.replace(b"\n", b"\r\n")
        if path == "meta/1.0/index-system" and "hostile" in faults:
            return data.replace(b";/images/", b";/images/../../")
        if path == "streams/v1/images.json" and "hostile" in faults:
            return data.replace(b'"images/', b'"../../images/')
        return data

    def send_file(self, faults, path, data):
        tag = f'"{sha256(data)[:16]}{"-new" if "changed" in faults else ""}"'
        start, status, more = 0, 200, {"ETag": tag}
        span = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if span and "no-range" not in faults and self.headers.get("If-Range", tag) == tag:
            start, status = int(span.group(1)), 206
            if start >= len(data):
                return self.answer(416)
            more["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        body = data[start:]
        if self.command == "HEAD" or not path.endswith("rootfs.tar.xz"):
            return self.answer(status, body, **more)
        self.note(status)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in more.items():
            self.send_header(name, value)
        self.end_headers()
        return self.send_body(faults, body)

    def send_body(self, faults, body):
        if "cut" in faults or ("cut-once" in faults and self.server.count("cut") == 1):
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        elif "loris" in faults:
            for n in range(min(len(body), 100)):
                self.wfile.write(body[n : n + 1])
                time.sleep(0.2)
        elif "slow" in faults:
            for n in range(0, len(body), 50000):
                self.wfile.write(body[n : n + 50000])
                time.sleep(0.1)
        else:
            self.wfile.write(body)


def main():
    work = sys.argv[1]
    fixture = Fixture(work)
    certificates(work)
    fixture.make()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(os.path.join(work, "tls.pem"), os.path.join(work, "tls.key"))
    servers = {"first": Server(fixture, tls), "second": Server(fixture, tls), "plain": Server(fixture, None)}
    for server in servers.values():
        server.peers = servers
        threading.Thread(target=server.serve_forever, daemon=True).start()
    rootfs = os.path.join(fixture.tree, f"images/testos/1.0/{ARCH}/default/{BUILD}/rootfs.tar.xz")
    with open(rootfs, "rb") as f:
        data = f.read()
    with open(os.path.join(work, "env.new"), "w", encoding="ascii") as f:
        f.write(
            f"PORT={servers['first'].server_port} PORT2={servers['second'].server_port} "
            f"PLAIN={servers['plain'].server_port} ARCH={ARCH} BUILD={BUILD} OLDER={OLDER} KEY={fixture.key} "
            f"SHA={sha256(data)} SIZE={len(data)}\n"
        )
    os.rename(os.path.join(work, "env.new"), os.path.join(work, "env"))
    signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    main()
