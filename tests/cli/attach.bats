#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Interfaces of running zones: coming, going, rates, and looking in.
load lib
load net

teardown() {
  zone destroy -f -s --all
  remove_networks
}

reaches() { # NAME ADDRESS
  zone exec "$1" -- ping -c 1 -W 3 "$2" >/dev/null
}

nics() { # NAME: those that are inside
  zone exec "$1" -- ls /sys/class/net | grep -v '^lo$' | sort | xargs
}

# ---- attach, detach ------------------------------------------------------------------------------

@test "attach, detach: at once when the zone runs, and kept" {
  zone network create lab --subnet 10.99.0.0/24
  up "$Z-a"
  mk "$Z-b" -s net.eth0.network=lab
  zone start "$Z-b"
  ok zone network attach "$Z-a" eth1 network=lab address=10.99.0.77/24
  same "eth1: applied" "$output"
  same "eth0 eth1" "$(nics "$Z-a")"
  same "eth1 lab 10.99.0.77/24" "$(field "$Z-a" '.nics[1] | "\(.name) \(.network) \(.addresses[0])"')"
  reaches "$Z-a" "$(address "$Z-b" 4)"
  reaches "$Z-b" 10.99.0.77
  same 10.99.0.77/24 "$(zone get "$Z-a" net.eth1.address)"
  zone restart "$Z-a"
  same "eth0 eth1" "$(nics "$Z-a")"
  reaches "$Z-b" 10.99.0.77
  ok zone network detach "$Z-a" eth1
  same "eth1: applied" "$output"
  same eth0 "$(nics "$Z-a")"
  same '["eth0"]' "$(field "$Z-a" '[.nics[].name] | tojson')"
  run ! zone exec "$Z-b" -- ping -c 1 -W 1 10.99.0.77
  # its address is free again, and so is the network once nobody is on it
  zone stop -k "$Z-b"
  zone set "$Z-b" net.eth0.address=10.99.0.77/24
  zone start "$Z-b"
  same 10.99.0.77 "$(address "$Z-b" 4)"
  # again and again, also that which the zone started with
  local i
  for i in 1 2 3; do
    zone network attach "$Z-a" eth1
    same "eth0 eth1" "$(nics "$Z-a")"
    zone network detach "$Z-a" eth0
    zone network attach "$Z-a" eth0
    zone network detach "$Z-a" eth1
  done
  reaches "$Z-a" "$(zone network info --json zonebr0 | jq -r '.ipv4 | sub("0/.*"; "1")')"
}

@test "attach, detach: the guest's networkd is told, as at the start" {
  up "$Z"
  local dir=/run/systemd/network
  zone exec "$Z" -- rm $dir/00-zone-eth0.network # by the zone itself: no hindrance
  zone network attach "$Z" eth1 mtu=1400
  has "$(zone exec "$Z" -- cat $dir/00-zone-eth1.network)" "^Name=eth1$"
  has "$(zone exec "$Z" -- cat $dir/00-zone-eth1.network)" "^Address=$(field "$Z" '.nics[1].addresses[0]')$"
  same "0 0 644" "$(zone exec "$Z" -- stat -c '%u %g %a' $dir/00-zone-eth1.network)"
  zone network detach "$Z" eth1
  same "" "$(zone exec "$Z" -- ls $dir)"
  # what lies there leads nowhere, and a zone without the place is none the worse
  zone exec "$Z" -- ln -s /etc/passwd $dir/00-zone-eth1.network
  zone network attach "$Z" eth1
  lacks "$(zone exec "$Z" -- cat /etc/passwd)" Match
  has "$(zone exec "$Z" -- cat $dir/00-zone-eth1.network)" "^Name=eth1$"
  zone network detach "$Z" eth1
  zone exec "$Z" -- rm -r $dir
  zone exec "$Z" -- ln -s /etc $dir
  zone network attach "$Z" eth1
  same "" "$(zone exec "$Z" -- ls /etc | grep 00-zone)"
  same "eth0 eth1" "$(nics "$Z")"
}

@test "attach, detach: of a stopped zone, of one that is frozen, and what is wrong" {
  mk "$Z"
  ok zone network attach "$Z" eth1
  same "eth1: at next start" "$output"
  refuse 4 "attach $Z: the zone has an interface eth1 already" zone network attach "$Z" eth1
  ok zone network detach "$Z" eth1
  refuse 3 "detach $Z: the zone has no interface eth1" zone network detach "$Z" eth1
  refuse 3 . zone network attach "$Z-nosuch" eth1
  refuse 2 "'nonsense' is not KEY=VALUE" zone network attach "$Z" eth1 nonsense
  refuse 2 . zone network attach "$Z" eth1 colour=red
  mv "$ZONE_VAR/$Z" "$T/away"
  refuse 4 "attach $Z: the zone's directory .* is missing" zone network attach "$Z" eth1
  refuse 4 "detach $Z: the zone's directory .* is missing" zone network detach "$Z" eth0
  mv "$T/away" "$ZONE_VAR/$Z"
  # it is whole as it is: nothing impossible is kept for later
  refuse 2 "attach $Z: net.eth1: address 10.98.0.9/16 is outside" zone network attach "$Z" eth1 address=10.98.0.9/16
  refuse 2 "attach $Z: net.eth1: mtu 9000 is not between" zone network attach "$Z" eth1 mtu=9000
  run ! zone get "$Z" net.eth1.mtu
  refuse 2 . zone network attach "$Z" sixteen-letters-
  refuse 2 . zone network attach "$Z"
  zone start "$Z"
  refuse 3 nosuch zone network attach "$Z" eth1 network=nosuch
  refuse 3 "the host has no interface nosuch0" zone network attach "$Z" eth1 type=macvlan parent=nosuch0
  refuse 4 "10.77.0.1 is taken|gateway|10.77.0.1" zone network attach "$Z" eth1 address=10.77.0.1/16
  refuse 2 "no other interface" zone network attach "$Z" eth1 type=host
  refuse 2 "address 10.98.0.9/16 is outside" zone network attach "$Z" eth1 address=10.98.0.9/16
  same eth0 "$(nics "$Z")"
  run ! zone get "$Z" net.eth1.type
  # what was set while it runs is for the next start, until it is attached
  zone set "$Z" net.eth1.mtu=1400
  same eth0 "$(nics "$Z")"
  zone network attach "$Z" eth1 mtu=1300
  same "eth0 eth1" "$(nics "$Z")"
  same 1300 "$(zone exec "$Z" -- cat /sys/class/net/eth1/mtu)"
  ok zone unset "$Z" net.eth1
  same "net.eth1: at next start" "$output"
  same "eth0 eth1" "$(nics "$Z")"
  zone set "$Z" net.eth1.mtu=1300
  # the zone has it under another name by now
  zone exec "$Z" -- ip link set eth1 down
  zone exec "$Z" -- ip link set eth1 name other
  zone network detach "$Z" eth1
  same eth0 "$(nics "$Z")"
  zone freeze "$Z"
  zone network attach "$Z" eth1
  zone thaw "$Z"
  same "eth0 eth1" "$(nics "$Z")"
  # an interface of its own of that name
  zone network detach "$Z" eth1
  zone exec "$Z" -- ip link add eth1 type dummy 2>/dev/null || zone exec "$Z" -- ip link add eth1 type veth
  refuse 1 "the zone has an interface eth1 already" zone network attach "$Z" eth1
  lacks "$stderr" warning
}

@test "attach, detach: an interface of the host, in and home again" {
  ip link add p0 type veth peer name p1
  ip link set p0 up
  up "$Z"
  zone network attach "$Z" lan type=phys parent=p0 address=198.51.100.10/24
  same "eth0 lan" "$(nics "$Z")"
  run ! ip link show p0
  zone network detach "$Z" lan
  same eth0 "$(nics "$Z")"
  ip -o link show p0 | grep -q 'UP'
  ip link del p0
}

@test "attach, detach: forwarded ports follow" {
  up "$Z"
  zone forward add "$Z" 8080 80
  refuse 4 "no interface that ports could lead to" zone network detach "$Z" eth0
  same eth0 "$(nics "$Z")"
  serve_in "$Z" 80 here
  same here "$(ask 127.0.0.1 8080)"
  zone network create lab --subnet 10.99.0.0/24
  zone network attach "$Z" eth1 network=lab
  zone network detach "$Z" eth0
  same here "$(ask 127.0.0.1 8080)"
  # the ports are the zone's already, whoever listens there by now; and what fails takes nothing away
  socat TCP4-LISTEN:8080,bind=127.0.0.1,fork SYSTEM:true 3>&- &
  local server=$!
  until_true 5 sh -c "ss -Hlnt sport = :8080 | grep -q ."
  run env ZONE_TEST_FAIL_STEP=nic:addresses zone network attach "$Z" eth2
  same 1 "$status"
  same here "$(ask 127.0.0.1 8080)"
  ok zone network attach "$Z" eth2
  same here "$(ask 127.0.0.1 8080)"
  kill "$server"
  wait "$server" || true
}

@test "attach, detach: each step fails or is killed, and the next command mends it" {
  up "$Z"
  local op=nic step
  for step in network link rates guard name addresses neighbours; do
    run env ZONE_TEST_FAIL_STEP="$op:$step" zone network attach "$Z" eth1
    [ "$status" -eq 1 ]
    same eth0 "$(nics "$Z")"
    run ! zone get "$Z" net.eth1.type
    for k in "$step:kill" "$step:after:kill"; do
      run env ZONE_TEST_FAIL_STEP="$op:$k" timeout 20 zone network attach "$Z" eth1
      [ "$status" -ne 0 ]
      zone network attach "$Z" eth1
      same "eth0 eth1" "$(nics "$Z")"
      same 2 "$(ip -o link show master zonebr0 | wc -l)"
      zone network detach "$Z" eth1
      same eth0 "$(nics "$Z")"
    done
  done
  run env ZONE_TEST_FAIL_STEP="$op:guard:after:kill" timeout 20 zone network attach "$Z" eth1
  zone stop -k "$Z"
  until_true 5 sh -c '! ip link show zonebr0'
  zone start "$Z"
  same eth0 "$(nics "$Z")"
}

# ---- rates ---------------------------------------------------------------------------------------

# What came in during some seconds, as kilobits per second: in the zone by its counters, on the host by what is in the file.
speed_in() {
  speed_of "field $Z .nics[0].rx_bytes"
}

speed_out() {
  speed_of "stat -c %s $T/got"
}

# The time of each look is half-way through it: a busy machine takes its time.
speed_of() { # COMMAND
  local t0 t1 t2 t3 from to
  t0=${EPOCHREALTIME/./}
  from=$($1)
  t1=${EPOCHREALTIME/./}
  sleep 3
  t2=${EPOCHREALTIME/./}
  to=$($1)
  t3=${EPOCHREALTIME/./}
  echo $(((to - from) * 8000 / ((t3 + t2 - t1 - t0) / 2)))
}

# A stream through port 9 of the zone, in direction in or out, in the background.
stream() {
  local ip
  ip=$(address "$Z" 4)
  if [ "$1" = in ]; then
    zone exec "$Z" -- /bin/sh -c 'nc -l -p 9 >/dev/null' 3>&- &
    until_true 5 sh -c "zone exec '$Z' -- netstat -lnt | grep -q ':9 '"
    timeout 30 socat -u OPEN:/dev/zero "TCP:$ip:9" 3>&- &
  else
    zone exec "$Z" -- /bin/sh -c 'nc -l -p 9 </dev/zero' >/dev/null 3>&- &
    until_true 5 sh -c "zone exec '$Z' -- netstat -lnt | grep -q ':9 '"
    timeout 30 socat -u "TCP:$ip:9" "OPEN:$T/got,creat,trunc" 3>&- &
  fi
  STREAM=$!
  sleep 1.5
}

end_stream() {
  kill "$STREAM" 2>/dev/null || true
  wait "$STREAM" 2>/dev/null || true
}

about() { # WANTED GOT: within a fifth
  [ "$2" -gt $(($1 * 8 / 10)) ] && [ "$2" -lt $(($1 * 12 / 10)) ] || fail "expected about $1, got $2"
}

@test "rates: what the zone receives and sends, each for itself, and changed while it runs" {
  mk "$Z" -s net.eth0.limits.ingress=4M -s net.eth0.limits.egress=8Mbit
  zone start "$Z"
  stream in
  about 4000 "$(speed_in)"
  ok zone set "$Z" net.eth0.limits.ingress=16M
  same "net.eth0.limits.ingress: applied" "$output"
  sleep 1
  about 16000 "$(speed_in)"
  ok zone unset "$Z" net.eth0.limits.ingress
  sleep 1
  [ "$(speed_in)" -gt 100000 ]
  end_stream
  stream out
  about 8000 "$(speed_out)"
  zone set "$Z" net.eth0.limits.egress=2M
  sleep 3
  about 2000 "$(speed_out)"
  end_stream
  refuse 2 "rate" zone set "$Z" net.eth0.limits.egress=fast
  refuse 2 "rate" zone set "$Z" net.eth0.limits.egress=1k
  zone restart "$Z"
  stream out
  about 2000 "$(speed_out)"
  end_stream
}

@test "rates: the zone cannot lift its own" {
  mk "$Z" -s net.eth0.limits.egress=4M
  zone start "$Z"
  # it sends as fast as it can, without a queue of its own to slow it down
  nsenter -t "$(field "$Z" .pid)" -n tc qdisc del dev eth0 root
  stream out
  sleep 3 # a second's worth may pass at once
  [ "$(speed_out)" -lt 4800 ]
  end_stream
  [ "$(field "$Z" '.nics[0].drops')" -gt 0 ]
}

@test "rates: of a routed interface, and where there can be none" {
  mk "$Z" -s net.eth0.type=routed -s net.eth0.address=203.0.113.10/32 -s net.eth0.limits.ingress=4M \
    -s net.eth0.limits.egress=4M
  zone start "$Z"
  stream in
  about 4000 "$(speed_in)"
  end_stream
  stream out
  about 4000 "$(speed_out)"
  end_stream
  zone stop -k "$Z"
  zone unset "$Z" net.eth0.address
  zone set "$Z" net.eth0.type=none
  zone start "$Z"
}

# ---- looking in ----------------------------------------------------------------------------------

# packets FILE: how many are in it; it is whole.
packets() {
  python3 - "$1" <<'END'
import struct, sys
data = open(sys.argv[1], "rb").read()
magic, major, minor, _, _, snap, link = struct.unpack("=IHHIIII", data[:24])
assert (magic, major, minor, link) == (0xa1b2c3d4, 2, 4, 1), data[:24]
at, n = 24, 0
while at < len(data):
    sec, usec, kept, length = struct.unpack("=IIII", data[at:at + 16])
    assert kept <= length and usec < 1000000 and sec > 1700000000
    at, n = at + 16 + kept, n + 1
assert at == len(data)
print(n)
END
}

# tap WORDS…: in the background, until end_tap; what it says in $T/told.
tap() {
  zone network tap "$@" 2>"$T/told" 3>&- &
  TAP=$!
}

end_tap() {
  kill -INT "$TAP"
  wait "$TAP"
}

@test "tap: pcap to a file, until interrupted" {
  up "$Z"
  local host
  host=$(zone network info --json zonebr0 | jq -r '.ipv4 | sub("0/.*"; "1")')
  rm -f "$T/pcap"
  tap "$Z" -w "$T/pcap"
  until_true 5 test -s "$T/pcap"
  zone exec "$Z" -- ping -c 3 -i 0.2 "$host"
  # what the guards refuse is seen as well
  zone exec "$Z" -- ip link set eth0 address 02:00:00:00:66:66
  run ! zone exec "$Z" -- ping -c 1 -W 1 "$host"
  end_tap
  [ "$(packets "$T/pcap")" -ge 7 ]
  same "$(packets "$T/pcap") packets, 0 lost" "$(cat "$T/told")"
  grep -aqP '\x02\x00\x00\x00\x66\x66' "$T/pcap"
}

@test "tap: to a pipe, until nobody reads; of an interface by name; until the zone ends" {
  up "$Z"
  zone network create lab --subnet 10.99.0.0/24
  zone network attach "$Z" eth1 network=lab
  zone exec "$Z" -- ping -i 0.1 -c 100 10.99.0.1 >/dev/null 3>&- &
  timeout 20 zone network tap "$Z" -i eth1 | head -c 600 >"$T/some"
  same 600 "$(stat -c %s "$T/some")"
  tap "$Z" -i eth1 -w "$T/pcap2"
  until_true 5 test -s "$T/pcap2"
  sleep 0.5
  zone stop -k "$Z"
  wait "$TAP"
  [ "$(packets "$T/pcap2")" -ge 2 ]
}

# bats test_tags=vm
@test "tap: of an interface that has no end on the host" {
  need macvlan
  ip link add p0 type veth peer name p1
  ip link set p0 up
  ip link set p1 up
  ip addr add 198.51.100.1/24 dev p1
  mk "$Z" -s net.eth0.type=macvlan -s net.eth0.parent=p0 -s net.eth0.address=198.51.100.10/24
  zone start "$Z"
  rm -f "$T/pcap"
  tap "$Z" -w "$T/pcap"
  until_true 5 test -s "$T/pcap"
  zone exec "$Z" -- ping -c 2 -i 0.2 198.51.100.1
  end_tap
  [ "$(packets "$T/pcap")" -ge 4 ]
  ip link del p0
}

@test "tap: what is wrong" {
  mk "$Z"
  refuse 4 "is STOPPED" zone network tap "$Z" -w "$T/pcap"
  zone start "$Z"
  refuse 3 "no interface eth7" zone network tap "$Z" -i eth7 -w "$T/pcap"
  refuse 3 . zone network tap "$Z-nosuch" -w "$T/pcap"
  refuse 1 "$T/nosuch/pcap: No such file" zone network tap "$Z" -w "$T/nosuch/pcap"
  run script -qec "'$(command -v zone)' network tap $Z" /dev/null
  [ "$status" -eq 2 ]
  zone stop -k "$Z"
  zone set "$Z" net.eth0.type=none
  zone start "$Z"
  refuse 4 "no interface of its own" zone network tap "$Z" -w "$T/pcap"
}

@test "tap: a full disk ends it, and what is there is whole" {
  up "$Z"
  mkdir -p "$T/small"
  mount -t tmpfs -o size=64k none "$T/small"
  tap "$Z" -w "$T/small/pcap"
  until_true 5 test -s "$T/small/pcap"
  zone exec "$Z" -- ping -s 1400 -c 60 -i 0.01 "$(zone network info --json zonebr0 | jq -r '.ipv4 | sub("0/.*"; "1")')" >/dev/null
  local status=0
  wait "$TAP" || status=$?
  same 1 "$status"
  has "$(cat "$T/told")" "$T/small/pcap: write: No space left"
  [ "$(packets "$T/small/pcap")" -gt 10 ]
  umount "$T/small"
}

# ---- waiting -------------------------------------------------------------------------------------

@test "start --wait=network: carrier and addresses" {
  ok zone create "$Z" -t busybox
  ok zone start --wait=network -t 10 "$Z"
  same RUNNING "$(state "$Z")"
  ok zone start --wait=network -t 10 "$Z"
  zone stop -k "$Z"
  # on a bridge of the host the addresses come from elsewhere
  ip link add br0 type bridge
  ip link set br0 up
  zone set "$Z" net.eth0.parent=br0
  run zone start --wait=network -t 1 "$Z"
  same 1 "$status"
  has "$output" "after 1 s eth0 is without address"
  same RUNNING "$(state "$Z")"
  (sleep 1 && zone exec "$Z" -- ip addr add 198.51.100.11/24 dev eth0) 3>&- &
  ok zone start --wait=network -t 20 "$Z"
  zone stop -k "$Z"
  # no cable
  ip link add p0 type veth peer name p1
  zone set "$Z" net.eth0.type=phys net.eth0.parent=p0 net.eth0.address=198.51.100.10/24
  run zone start --wait=network -t 1 "$Z"
  same 1 "$status"
  has "$output" "after 1 s eth0 is without carrier"
  (sleep 1 && ip link set p1 up) 3>&- &
  ok zone start --wait=network -t 20 "$Z"
  zone stop -k "$Z"
  zone unset "$Z" net.eth0.address
  zone unset "$Z" net.eth0.parent
  zone set "$Z" net.eth0.type=none
  ok zone start --wait=network -t 10 "$Z"
  ip link del p0
  ip link del br0
}
