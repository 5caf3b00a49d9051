#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Ways in other than a server: local, oci, busybox, debootstrap, none, scripts with LXC's contract.
load lib

@test "busybox: starts, has a shell and a network" {
  up "$Z" --wait=ready
  zone exec "$Z" -- /bin/sh -c 'busybox | head -n 1 && ip addr show eth0'
}

@test "local: a tarball, by xz, gz, zstd and plain, two zones share one tree" {
  tiny_rootfs "$T/tree"
  local s
  for s in xz gz zst; do
    tar -C "$T/tree" -caf "$T/tiny.tar.$s" .
    zone -q create "$Z-$s" -t local -- -f "$T/tiny.tar.$s"
    zone start "$Z-$s" -- /bin/sh -c 'echo up; /bin/busybox sleep 60'
    same 1 "$(grep -c testos <<<"$(zone exec "$Z-$s" -- /bin/busybox cat /etc/os-release | grep '^ID=')")"
  done
  zone -q create "$Z-again" -t local -- -f "$T/tiny.tar.xz"
  same "$(field "$Z-xz" .image.fingerprint)" "$(field "$Z-again" .image.fingerprint)"
}

@test "local: a missing, a truncated and a foreign file are refused, nothing remains" {
  tiny_rootfs "$T/tree"
  tar -C "$T/tree" -cJf "$T/tiny.tar.xz" .
  head -c 10000 "$T/tiny.tar.xz" >"$T/cut.tar.xz"
  head -c 10000 /dev/urandom >"$T/noise.tar.xz"
  local f
  for f in nosuch cut noise; do
    refuse 1 . zone create "$Z" -t local -- -f "$T/$f.tar.xz"
    [ ! -e "$ZONE_VAR/$Z" ]
  done
  same "" "$(half_unpacked)"
  refuse 2 . zone create "$Z" -t local
  refuse 2 . zone create "$Z" -t local -- --nosuch
}

@test "local: archive members that lead out are refused by name" {
  tiny_rootfs "$T/tree"
  local canary=$T/canary
  python3 - "$T" <<'PY'
import io, sys, tarfile
top = sys.argv[1]
def make(name, *members):
    with tarfile.open(f"{top}/{name}.tar.gz", "w:gz") as t:
        for n, kind, link in members:
            m = tarfile.TarInfo(n)
            m.type = kind
            m.linkname = link
            data = b"evil" if kind == tarfile.REGTYPE else b""
            m.size = len(data)
            t.addfile(m, io.BytesIO(data))
R, S, L, D = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE
make("dots", ("../../../canary", R, ""))
make("absolute", (f"{top}/canary", R, ""))
make("link", ("x", S, top), ("x/canary", R, ""))
make("chain", ("a", S, "."), ("a/b", S, top), ("b/canary", R, ""))
make("hard", ("h", L, "/etc/passwd"))
make("hardup", ("h", L, "../../../../../../etc/passwd"))
with tarfile.open(f"{top}/ids.tar.gz", "w:gz") as t:
    m = tarfile.TarInfo("big-id"); m.uid = 70000; t.addfile(m)
with tarfile.open(f"{top}/device.tar.gz", "w:gz") as t:
    m = tarfile.TarInfo("sda"); m.type = tarfile.BLKTYPE; m.devmajor = 8; m.devminor = 0; t.addfile(m)
PY
  local f
  for f in dots absolute link chain hard hardup ids device; do
    run --separate-stderr zone create "$Z" -t local -- -f "$T/$f.tar.gz"
    [ ! -e "$canary" ] || fail "$f wrote outside"
    if [ "$status" -eq 0 ]; then
      # Accepted only if what lies in the tree is harmless.
      case $f in ids | device | hard | hardup) fail "$f was accepted" ;; esac
      zone destroy "$Z"
    fi
  done
  refuse 1 "big-id" zone create "$Z" -t local -- -f "$T/ids.tar.gz"
}

@test "oci: layers in order, whiteouts and opaque directories applied" {
  python3 - "$T/oci" "$(command -v busybox)" <<'PY'
import gzip, hashlib, io, json, os, sys, tarfile
top, busybox = sys.argv[1:]
os.makedirs(f"{top}/blobs/sha256")
def blob(data, kind):
    h = hashlib.sha256(data).hexdigest()
    open(f"{top}/blobs/sha256/{h}", "wb").write(data)
    return {"mediaType": kind, "digest": f"sha256:{h}", "size": len(data)}
def layer(*files):
    b = io.BytesIO()
    with tarfile.open(fileobj=b, mode="w") as t:
        for name, data in files:
            m = tarfile.TarInfo(name)
            if data is None:
                m.type = tarfile.DIRTYPE; m.mode = 0o755
                t.addfile(m)
            else:
                m.size = len(data); m.mode = 0o755
                t.addfile(m, io.BytesIO(data))
    return blob(gzip.compress(b.getvalue()), "application/vnd.oci.image.layer.v1.tar+gzip")
bb = open(busybox, "rb").read()
l1 = layer(("bin", None), ("bin/busybox", bb), ("sbin", None), ("sbin/init", bb), ("etc", None), ("etc/a", b"1"), ("etc/b", b"1"),
           ("opt", None), ("opt/old", b"1"), ("proc", None), ("sys", None), ("dev", None), ("run", None), ("tmp", None))
l2 = layer(("etc/.wh.a", b""), ("etc/b", b"2"), ("opt/.wh..wh..opq", b""), ("opt/new", b"2"))
arch = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
cfg = blob(json.dumps({"architecture": arch, "os": "linux", "config": {"Env": ["LAYER=yes"]}, "rootfs": {"type": "layers", "diff_ids": []}}).encode(), "application/vnd.oci.image.config.v1+json")
man = blob(json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": cfg, "layers": [l1, l2]}).encode(), "application/vnd.oci.image.manifest.v1+json")
man["annotations"] = {"org.opencontainers.image.ref.name": "v1"}
json.dump({"schemaVersion": 2, "manifests": [man]}, open(f"{top}/index.json", "w"))
json.dump({"imageLayoutVersion": "1.0.0"}, open(f"{top}/oci-layout", "w"))
PY
  # Blobs that are not what their digests say.
  local f
  for f in $(cd "$T/oci/blobs/sha256" && ls); do
    rm -rf "$T/spoilt"
    cp -r "$T/oci" "$T/spoilt"
    printf x >>"$T/spoilt/blobs/sha256/$f"
    run --separate-stderr zone create "$Z" -t oci -- --layout "$T/spoilt:v1"
    [ "$status" -ne 0 ] || fail "accepted with a spoilt $f"
    [ ! -e "$ZONE_VAR/$Z" ]
  done
  zone -q create "$Z" -t oci -- --layout "$T/oci:v1"
  same 2 "$(zone pull "$Z" /etc/b -)"
  same 2 "$(zone pull "$Z" /opt/new -)"
  run zone pull "$Z" /etc/a -
  [ "$status" -ne 0 ]
  run zone pull "$Z" /opt/old -
  [ "$status" -ne 0 ]
  run zone pull "$Z" /etc/.wh.a -
  [ "$status" -ne 0 ]
  zone start "$Z" -- /bin/busybox sleep 60
  refuse 3 "nosuch" zone create "$Z-b" -t oci -- --layout "$T/oci:nosuch"
}

@test "none: an empty root to be filled by hand" {
  zone create "$Z" -t none -B dir
  tiny_rootfs "$T/tree"
  zone push "$Z" "$T/tree"/* /
  zone start "$Z" -- /bin/sh -c 'echo by-hand'
  zone wait -t 10 "$Z"
  has "$(zone console --log "$Z")" by-hand
}

@test "a script with LXC's contract gets name, path and rootfs, and what is honoured of its configuration" {
  cat >"$T/script" <<'SH'
#!/bin/sh
set -e
for a; do case $a in
--name=*) name=${a#*=} ;; --path=*) path=${a#*=} ;; --rootfs=*) rootfs=${a#*=} ;; --extra) extra=yes ;;
esac; done
[ -n "$extra" ] && [ -n "$name" ] && [ -d "$path" ] && [ -d "$rootfs" ]
mkdir -p "$rootfs/bin" "$rootfs/sbin" "$rootfs/etc" "$rootfs/proc" "$rootfs/sys" "$rootfs/dev" "$rootfs/run" "$rootfs/tmp"
cp "$(command -v busybox)" "$rootfs/bin/busybox"
ln -s busybox "$rootfs/bin/sh"; ln -s ../bin/busybox "$rootfs/sbin/init"
printf 'lxc.signal.halt = SIGHUP\nlxc.environment = FROM=script\nlxc.uts.name = %s\nlxc.apparmor.profile = unconfined\nlxc.hook.pre-start = /bin/evil\n' "$name" >>"$path/config"
SH
  chmod 755 "$T/script"
  run --separate-stderr zone create "$Z" -t "$T/script" -- --extra
  same 0 "$status"
  has "$stderr" "lxc.apparmor.profile"
  has "$stderr" "lxc.hook.pre-start"
  same HUP "$(zone get "$Z" stop.signal | sed 's/^SIG//')"
  zone start "$Z" -- /bin/sh -c 'echo FROM=$FROM; /bin/busybox sleep 60'
  until_true 5 sh -c "zone console --log $Z | grep -q FROM=script"
}

@test "a script that fails: its last words, and nothing remains" {
  printf '#!/bin/sh\necho "the mirror is gone" >&2\nexit 3\n' >"$T/bad"
  chmod 755 "$T/bad"
  refuse 1 "the mirror is gone" zone create "$Z" -t "$T/bad"
  [ ! -e "$ZONE_VAR/$Z" ]
  printf 'not executable' >"$T/plain"
  refuse 2 . zone create "$Z" -t "$T/plain"
}

@test "Debian's lxc-busybox template runs unchanged" {
  local t
  t=$(find "${ZONE_TEST_CACHE:-/var/cache/zone-tests}/lxc" -name lxc-busybox 2>/dev/null | head -n 1)
  [ -n "$t" ] || skip "Debian's lxc package could not be fetched"
  zone create "$Z" -t "$t"
  ok timeout 30 zone start --wait=ready "$Z"
  zone exec "$Z" -- /bin/sh -c 'hostname'
  ok timeout 60 zone stop -t 30 "$Z"
}

@test "debootstrap: usage errors at once" {
  refuse 2 . zone create "$Z" -t debootstrap
  refuse 2 . zone create "$Z" -t debootstrap -- -r 'a b'
  refuse 2 . zone create "$Z" -t debootstrap -- -r bookworm --mirror 'file:///etc; rm x'
  [ ! -e "$ZONE_VAR/$Z" ]
}
