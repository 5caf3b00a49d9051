#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# First use: what create is given so that somebody can get in, credentials, passwords.
load lib

prepare_file() {
  KEY="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJm8k1b4m3XzrQGDY3cC0q3fGkq9b8o1Rr0d1yqv9wA1 me@desk"
  KEY2="restrict,pty ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDD two@desk"
  printf '%s\n# a comment\n' "$KEY" >"$T/key.pub"
  printf '%s' "$KEY2" >"$T/key2.pub"
  HASH=$(openssl passwd -6 -salt abcdefgh secret)
  export KEY KEY2 HASH
}

# Is PASSWORD what the second field of USER's line in the zone's /etc/shadow stands for?
opens() { # ZONE USER PASSWORD
  local hash
  hash=$(zone pull "$1" /etc/shadow - | awk -F: -v u="$2" '$1 == u { print $2 }')
  [ "$(perl -e 'print crypt($ARGV[0], $ARGV[1])' "$3" "$hash")" = "$hash" ]
}

@test "credentials are files for root, in memory; set, unset and -s of start work on them" {
  printf 'binary\0\n\377' >"$T/blob"
  mk "$Z" --credential greeting="it's \$HOME" --load-credential blob:"$T/blob"
  same "it's \$HOME" "$(zone get "$Z" credential.greeting | sed 's/^[^=]*=//')"
  same 600 "$(stat -c %a "$ZONE_VAR/$Z/zone.conf")"
  zone start "$Z"
  same "it's \$HOME" "$(zone exec "$Z" -- cat /run/host/credentials/greeting)"
  zone exec "$Z" -- cat /run/host/credentials/blob | cmp - "$T/blob"
  same "400 0 400 0" "$(zone exec "$Z" -- stat -c '%a %u' /run/host/credentials/greeting /run/host/credentials/blob | xargs)"
  run zone exec -u 1000 "$Z" -- cat /run/host/credentials/greeting
  [ "$status" -ne 0 ]
  zone -q set "$Z" credential.greeting=again
  zone -q unset "$Z" credential.blob
  zone stop -k "$Z"
  zone start -s credential.once=1 "$Z"
  same "greeting once" "$(zone exec "$Z" -- ls /run/host/credentials | xargs)"
  zone stop -k "$Z"
  # None is left: no directory to be found by its variable.
  zone -q unset "$Z" credential.greeting
  zone start "$Z"
  lacks "$(tr '\0' '\n' <"/proc/$(field "$Z" .pid)/environ")" CREDENTIALS
}

@test "credentials that make no sense are refused before anything is made" {
  refuse 2 "not ID=VALUE" mk "$Z" --credential foo
  refuse 2 "not ID:PATH" mk "$Z" --load-credential foo
  refuse 2 "not the name of a credential: \.\./x" mk "$Z" --credential ../x=y
  refuse 2 "not the name of a credential" mk "$Z" --credential .x=y
  refuse 1 "$T/none: No such file" mk "$Z" --load-credential x:"$T/none"
  refuse 1 "Is a directory" mk "$Z" --load-credential x:"$T"
  head -c 200000 /dev/urandom >"$T/large"
  refuse 2 "larger than" mk "$Z" --load-credential x:"$T/large"
  refuse 3 . zone info "$Z"
}

@test "--ssh-key: root's authorized_keys, and the credential that systemd knows" {
  mk "$Z" --ssh-key "$T/key.pub" --ssh-key "$T/key2.pub"
  zone pull "$Z" /root/.ssh/authorized_keys "$T/got"
  printf '%s\n# a comment\n%s\n' "$KEY" "$KEY2" | cmp - "$T/got"
  zone start "$Z"
  same "700 0:0" "$(zone exec "$Z" -- stat -c '%a %u:%g' /root/.ssh)"
  same "600 0:0" "$(zone exec "$Z" -- stat -c '%a %u:%g' /root/.ssh/authorized_keys)"
  zone exec "$Z" -- cat /run/host/credentials/ssh.authorized_keys.root | cmp - "$T/got"
}

@test "--ssh-key: what is no public key is refused" {
  printf -- '-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----\n' >"$T/private"
  refuse 2 "private: a private key" mk "$Z" --ssh-key "$T/private"
  echo hello >"$T/text"
  refuse 2 "not a public key: hello" mk "$Z" --ssh-key "$T/text"
  : >"$T/empty"
  refuse 2 "no text with public keys" mk "$Z" --ssh-key "$T/empty"
  refuse 1 "No such file" mk "$Z" --ssh-key "$T/nothing"
  refuse 3 . zone info "$Z"
}

@test "--password-hash -: root's line in shadow, and the credential" {
  zone -q create "$Z" -t busybox --password-hash - <<<"$HASH"
  opens "$Z" root secret
  zone start "$Z"
  same "$HASH" "$(zone exec "$Z" -- cat /run/host/credentials/passwd.hashed-password.root)"
  same "0 0 600" "$(zone exec "$Z" -- stat -c '%u %g %a' /etc/shadow)"
  refuse 2 "not the hash of a password" mk "$Z-b" --password-hash secret
  run --separate-stderr zone -q create "$Z-b" -t busybox --password-hash - </dev/null
  same 2 "$status"
  has "$stderr" "nothing was given"
  refuse 3 . zone info "$Z-b"
}

@test "--cloud-init: a NoCloud seed whose id is the zone's, and a clone's its own" {
  printf '#cloud-config\nusers: []\n' >"$T/user-data"
  run --separate-stderr zone create "$Z" -t busybox --cloud-init "$T/user-data"
  same 0 "$status"
  has "$stderr" "no cloud-init in this root"
  local seed=/var/lib/cloud/seed/nocloud id
  zone pull "$Z" $seed/user-data - | cmp - "$T/user-data"
  zone start "$Z"
  id=$(sed -n 's/^uuid=//p' "$ZONE_VAR/$Z/manifest")
  has "$(zone exec "$Z" -- cat $seed/meta-data)" "^instance-id: $id$"
  has "$(zone exec "$Z" -- cat $seed/meta-data)" "^local-hostname: $Z$"
  zone snapshot "$Z" >/dev/null
  zone snapshot "$Z" -r snap0 --to "$Z-b"
  zone start "$Z-b"
  has "$(zone exec "$Z-b" -- cat $seed/meta-data)" "^local-hostname: $Z-b$"
  lacks "$(zone exec "$Z-b" -- cat $seed/meta-data)" "$id"
  echo hello >"$T/user-data"
  run --separate-stderr zone create "$Z-c" -t busybox --cloud-init "$T/user-data"
  has "$stderr" "does not begin with #cloud-config"
  : >"$T/user-data"
  refuse 2 "empty" mk "$Z-d" --cloud-init "$T/user-data"
}

@test "passwd: of stopped and running zones, of root and others; old fields and other lines stay" {
  mk "$Z"
  printf 'root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home:/bin/sh\nbob:$1$old:1001:1001::/home:/bin/sh\n' >"$T/passwd"
  printf 'root:*:19000:0:99999:7:::\nann:!:1:2:3:4:5:6:\n' >"$T/shadow"
  chmod 640 "$T/shadow"
  zone push "$Z" "$T/passwd" "$T/shadow" /etc/
  local before
  before=$(zone pull "$Z" /etc/shadow - | grep ^root)
  zone passwd "$Z" ann <<<"first word"
  opens "$Z" ann "first word"
  has "$(zone pull "$Z" /etc/shadow -)" '^ann:\$6\$[^:]*:[0-9]{5}:2:3:4:5:6:$'
  same "$before" "$(zone pull "$Z" /etc/shadow - | grep ^root)"
  zone passwd "$Z" <<<second
  opens "$Z" root second
  zone start "$Z"
  zone passwd "$Z" bob <<<third
  opens "$Z" bob third
  has "$(zone exec "$Z" -- cat /etc/passwd)" '^bob:x:1001:'
  same "640 0:0" "$(zone exec "$Z" -- stat -c '%a %u:%g' /etc/shadow)"
  zone freeze "$Z"
  zone passwd "$Z" <<<fourth
  zone thaw "$Z"
  opens "$Z" root fourth
  run --separate-stderr zone passwd "$Z" carl <<<x
  same 1 "$status"
  has "$stderr" "^zone: passwd $Z: user 'carl'"
  same "" "$(zone exec "$Z" -- ls -A /etc | grep zone || true)"
}

@test "passwd on a terminal asks twice and shows nothing" {
  mk "$Z"
  run pty expect:"New password of root in $Z: " send:'pass word\r' expect:'Once more: ' send:'pass word\r' -- zone passwd "$Z"
  same 0 "$status"
  lacks "$output" "pass word"
  opens "$Z" root "pass word"
  run pty expect:'New password' send:'one\r' expect:'Once more: ' send:'two\r' -- zone passwd "$Z"
  same 1 "$status"
  has "$output" "not the same"
  opens "$Z" root "pass word"
}

@test "passwd: bad input" {
  mk "$Z"
  refuse 3 "no such zone" zone passwd "$Z-none"
  run --separate-stderr zone passwd "$Z" <<<""
  same 2 "$status"
  has "$stderr" "nothing was given"
  run --separate-stderr zone passwd "$Z" < <(head -c 3000 /dev/zero | tr '\0' x)
  same 2 "$status"
  run --separate-stderr zone passwd "$Z" root:root <<<x
  same 2 "$status"
  zone -q create "$Z-e" -t none
  run --separate-stderr zone passwd "$Z-e" <<<x
  [ "$status" -ne 0 ]
  # create from that: the step is undone as any other
  refuse 1 "build: password: /etc/passwd \(in the zone\): No such file" zone -q create "$Z-f" -t none --password-hash "$HASH"
  refuse 3 . zone info "$Z-f"
}

@test "passwd forgets the hash that create was given" {
  zone -q create "$Z" -t busybox --password-hash "$HASH" --ssh-key "$T/key.pub"
  zone passwd "$Z" <<<other
  lacks "$(cat "$ZONE_VAR/$Z/zone.conf")" hashed-password
  has "$(cat "$ZONE_VAR/$Z/zone.conf")" authorized_keys
  opens "$Z" root other
}

# What lies at the places that passwd and --ssh-key write is the zone's doing.
@test "hostile files inside: refused or contained, and nothing of the host is touched" {
  local target
  mk "$Z"
  zone start "$Z"
  echo canary >"$T/canary"
  chmod 600 "$T/canary"
  for target in "$T/canary" /etc/shadow ../../../../../../etc/shadow /proc/self/fd/3; do
    zone exec "$Z" -- sh -c "rm -f /etc/shadow; ln -s $target /etc/shadow"
    run --separate-stderr zone passwd "$Z" <<<x
    same 1 "$status"
    has "$stderr" "/etc/shadow \(in the zone\)"
  done
  zone exec "$Z" -- sh -c 'rm -f /etc/shadow; mkfifo /etc/shadow'
  run --separate-stderr timeout 10 zone passwd "$Z" <<<x
  same 1 "$status"
  zone exec "$Z" -- sh -c "rm -f /etc/shadow; mkdir /etc/shadow"
  run zone passwd "$Z" <<<x
  same 1 "$status"
  zone exec "$Z" -- sh -c "rmdir /etc/shadow; rm /etc/.pwd.lock; ln -s /dev/full /etc/.shadow.zone; mkdir /etc/.pwd.lock"
  run zone passwd "$Z" <<<x
  same 1 "$status"
  zone exec "$Z" -- sh -c "rmdir /etc/.pwd.lock; ln -s $T/canary /etc/.pwd.lock"
  run zone passwd "$Z" <<<x
  same 1 "$status"
  zone exec "$Z" -- sh -c "rm /etc/.pwd.lock; head -c 5000000 /dev/zero >/etc/passwd"
  run zone passwd "$Z" <<<x
  same 1 "$status"
  same canary "$(cat "$T/canary")"
  # An image whose home leads elsewhere.
  tiny_rootfs "$T/evil"
  rm -rf "$T/evil/root"
  ln -s "$T" "$T/evil/root"
  mkdir -p "$T/evil/$T"
  tar -C "$T/evil" -cJf "$T/evil.tar.xz" .
  run zone -q create "$Z-e" -t local --ssh-key "$T/key.pub" -- -f "$T/evil.tar.xz"
  [ ! -e "$T/.ssh" ] || fail "written to the host"
}

@test "a lock that another program inside holds: 6, after some seconds" {
  mk "$Z"
  zone start "$Z"
  zone exec "$Z" -- sh -c 'touch /etc/.pwd.lock; exec flock -x /etc/.pwd.lock sleep 1' || true
  # flock(1) is not the lock of lckpwdf(3): a process of ours takes that, on the zone's file.
  local root
  root=/proc/$(field "$Z" .pid)/root
  python3 -c "
import fcntl, os, sys, time
fd = os.open('$root/etc/.pwd.lock', os.O_WRONLY | os.O_CREAT, 0o600)
fcntl.lockf(fd, fcntl.LOCK_EX)
print('locked', flush=True)
time.sleep(15)" >"$T/locker" 3>&- &
  local pid=$!
  until_true 5 grep -q locked "$T/locker"
  run --separate-stderr zone passwd "$Z" <<<x
  kill $pid
  same 6 "$status"
  has "$stderr" "holds /etc/.pwd.lock"
  zone passwd "$Z" <<<x
}

@test "privileged zones too" {
  zone -q create "$Z" -t busybox --privileged --ssh-key "$T/key.pub" --password-hash "$HASH"
  opens "$Z" root secret
  zone -q start "$Z"
  zone passwd "$Z" <<<second
  opens "$Z" root second
  same "600 0:0" "$(zone exec "$Z" -- stat -c '%a %u:%g' /root/.ssh/authorized_keys)"
}
