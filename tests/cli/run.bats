#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
load lib

# The default server is one of our own here.
prepare_file() {
  publish_tiny testos one
  web_start "$T/www" "$T/web"
  export WEB_PID SSL_CERT_FILE=$WEB_CA
  mkdir -m 755 "$ZONE_ETC/keys"
  cp "$T/gpg/key.gpg" "$ZONE_ETC/keys/"
  printf 'server = https://localhost:%s\nfingerprint = %s\n' "$WEB_PORT" "$(cat "$T/gpg/id")" >"$ZONE_ETC/image.conf"
}
clean_file() { web_stop; }

@test "run IMAGE: pulled when missing, our three streams, the command's status, no zone left" {
  ok zone run testos/one -- /bin/sh -c 'echo out; echo err >&2'
  has "$output" "^out$"
  has "$stderr" "^err$"
  same "[]" "$(zone ls --json)"
  run zone run testos/one -- /bin/sh -c 'exit 42'
  same 42 "$status"
  same "typed" "$(echo typed | zone run testos/one -- /bin/busybox cat)"
}

@test "the command runs under a stub init that reaps" {
  ok zone run testos/one -- /bin/sh -c '/bin/busybox ps; echo mine=$$'
  lacks "$output" "mine=1$"
}

@test "127, 126 and 128+N" {
  run zone run testos/one -- /no/such
  same 127 "$status"
  run zone run testos/one -- /etc/passwd
  same 126 "$status"
  run zone run testos/one -- /bin/sh -c 'kill -TERM $$'
  same 143 "$status"
}

@test "an image that no one has is 125" {
  refuse 125 "nosuch" timeout 60 zone -q run nosuch/thing -- true
  same "[]" "$(zone ls --json)"
}

@test "--keep keeps the zone" {
  ok zone run --keep testos/one -- /bin/sh -c 'echo kept >/kept'
  local name
  name=$(zone ls -1 | grep '^run-')
  same STOPPED "$(state "$name")"
  zone pull "$name" /kept "$T/kept"
  same kept "$(cat "$T/kept")"
}

@test "a stopped ZONE is run on a throw-away layer and stays as it was" {
  mk "$Z"
  ok zone run "$Z" -- /bin/sh -c 'echo x >/gone; ls /gone'
  same STOPPED "$(state "$Z")"
  run zone pull "$Z" /gone "$T/gone"
  [ "$status" -ne 0 ]
}

@test "run --keep ZONE keeps the changes" {
  mk "$Z"
  ok zone run --keep "$Z" -- /bin/sh -c 'echo y >/kept'
  zone pull "$Z" /kept "$T/kept2"
  same y "$(cat "$T/kept2")"
}

@test "a running ZONE is 4, or 125" {
  up "$Z"
  run --separate-stderr zone run "$Z" -- true
  [ "$status" -eq 4 ] || [ "$status" -eq 125 ]
  same RUNNING "$(state "$Z")"
}

@test "-s sets keys for the run" {
  same once "$(zone run -s hostname=once testos/one -- /bin/busybox hostname)"
}

@test "SIGTERM ends it and leaves no zone" {
  zone run testos/one -- /bin/busybox sleep 300 3>&- &
  local pid=$!
  until_true 5 sh -c "zone ls -1 | grep -q ^run-"
  sleep 0.5
  kill -TERM $pid
  run wait $pid
  until_true 10 sh -c "[ \"\$(zone ls --json)\" = '[]' ]"
}
