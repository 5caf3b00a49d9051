#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Names and addresses by a network's dnsmasq.
load lib
load net

teardown() {
  zone destroy -f -s --all
  cut_outside
  remove_networks
}

servers() { # NETWORK: pids of its dnsmasq
  cat "$G/.net-$1/cgroup.procs" 2>/dev/null
}

# look NAME WHOM [TYPE]: the addresses that zone NAME finds for WHOM.
look() {
  zone exec "$1" -- nslookup "$2" 2>/dev/null | awk '/^Name:/ { n = 1 } n && /^Address/ { print $NF }'
}

@test "zones find each other by name, in both families, from the first moment" {
  up "$Z-a"
  up "$Z-b"
  has "$(zone exec "$Z-a" -- cat /etc/resolv.conf)" "^nameserver 10\.77\.0\.1$"
  has "$(zone exec "$Z-a" -- cat /etc/resolv.conf)" "^search zone$"
  local found
  found=$(look "$Z-a" "$Z-b.zone")
  has "$found" "^$(address "$Z-b" 4)$"
  has "$found" "^$(address "$Z-b" 6)$"
  zone exec "$Z-a" -- ping -c 1 -W 3 "$Z-b"
  zone exec "$Z-b" -- ping -c 1 -W 3 "$Z-a.zone"
  # the way back
  has "$(zone exec "$Z-a" -- nslookup "$(address "$Z-b" 4)")" "$Z-b.zone"
}

@test "the name goes with the zone, and a new one comes" {
  up "$Z-a"
  up "$Z-b"
  zone stop -k "$Z-b"
  until_true 5 sh -c "! zone exec '$Z-a' -- nslookup '$Z-b.zone'"
  up "$Z-c"
  until_true 5 zone exec "$Z-a" -- nslookup "$Z-c.zone"
}

@test "DHCP hands out the address that the zone has, and nothing to strangers" {
  up "$Z-a"
  up "$Z-b"
  local got
  got=$(zone exec "$Z-a" -- udhcpc -i eth0 -n -q -f -s /bin/true -t 3 -T 1 2>&1)
  has "$got" "lease of $(address "$Z-a" 4) obtained from 10.77.0.1"
  # whoever is on the bridge and is no zone gets none
  ip link add s0 type veth peer name s1
  ip link set s0 master zonebr0 up
  ip link set s1 up
  run ! busybox udhcpc -i s1 -n -q -f -s /bin/true -t 2 -T 1
  ip link del s0
}

@test "a fixed address and hardware address are what DHCP has, and a changed one too" {
  mk "$Z" -s net.eth0.address=10.77.5.6/16 -s net.eth0.mac=02:00:00:00:00:99
  zone start "$Z"
  has "$(zone exec "$Z" -- udhcpc -i eth0 -n -q -f -s /bin/true -t 3 -T 1 2>&1)" "lease of 10.77.5.6"
  up "$Z-b"
  zone stop -k "$Z"
  zone set "$Z" net.eth0.mac=02:00:00:00:00:98
  zone start "$Z"
  until_true 5 sh -c "zone exec '$Z' -- udhcpc -i eth0 -n -q -f -s /bin/true -t 3 -T 1 2>&1 | grep -q 'lease of 10.77.5.6'"
}

@test "router advertisements: the network's prefix and a route, no address of one's own making" {
  up "$Z"
  zone exec "$Z" -- sh -c 'ip -6 route del default; echo 2 >/proc/sys/net/ipv6/conf/eth0/accept_ra; ip link set eth0 down; ip link set eth0 up'
  until_true 15 sh -c "zone exec '$Z' -- ip -6 route | grep -q '^default via fe80'"
  lacks "$(zone exec "$Z" -- ip -6 addr show eth0 scope global)" dynamic
}

@test "the server: one for each network, its own user, bound to the bridge, gone with the last zone" {
  zone network create lab --subnet 10.99.0.0/24
  mk "$Z-l" -s net.eth0.network=lab
  up "$Z"
  zone start "$Z-l"
  local pid
  pid=$(servers zonebr0)
  [ -n "$pid" ]
  [ "$(servers lab)" != "$pid" ]
  [ "$(stat -c %U "/proc/$pid")" != root ]
  same "$(ss -Hlnp | grep -c "pid=$pid.*0.0.0.0:53")" 0
  has "$(ss -Hlnup | grep "pid=$pid")" "10.77.0.1:53"
  lacks "$(ss -Hlnup | grep "pid=$pid")" '127.0.0.1:53|0.0.0.0:53'
  zone stop -k "$Z" "$Z-l"
  same "" "$(tr -d '\0' <"/proc/$pid/cmdline" 2>/dev/null)" # whoever its parent is now may not have waited for it yet
  same "" "$(find "$G" -name '.net-*' 2>/dev/null)"
  same "" "$(find "$ZONE_RUN/.net/.names" -type f 2>/dev/null)"
}

@test "a resolver of the host's on port 53 is no hindrance" {
  socat UDP4-LISTEN:53,bind=127.0.0.53,fork,reuseaddr 'SYSTEM:true' 3>&- &
  local server=$!
  ip addr add 127.0.0.53/8 dev lo 2>/dev/null || true
  up "$Z-a"
  up "$Z-b"
  zone exec "$Z-a" -- ping -c 1 -W 3 "$Z-b"
  kill "$server" 2>/dev/null || true
}

@test "a server that ended is started again by the next zone" {
  up "$Z-a"
  local pid
  pid=$(servers zonebr0)
  kill -KILL "$pid"
  until_true 5 sh -c "[ -z \"\$(tr -d '\\0' <'/proc/$pid/cmdline' 2>/dev/null)\" ]"
  up "$Z-b"
  zone exec "$Z-a" -- ping -c 1 -W 3 "$Z-b"
}

@test "one that cannot start is an error with its reason and a way out" {
  socat TCP4-LISTEN:53,fork 'SYSTEM:true' 3>&- &
  local server=$!
  until_true 5 sh -c "ss -Hlnt sport = :53 | grep -q ."
  mk "$Z"
  refuse 1 "dnsmasq .*[Aa]ddress .*in use" zone start "$Z"
  has "$stderr" "hint: to do without: zone network set zonebr0 dhcp=no"
  same "" "$(nft list tables)"
  zone network set zonebr0 dhcp=no
  ok zone start "$Z"
  kill "$server"
}

@test "--no-dhcp: no server, the host's resolver; an internal network's server asks nobody" {
  zone network create lab --no-dhcp
  mk "$Z-l" -s net.eth0.network=lab
  zone start "$Z-l"
  same "" "$(servers lab)"
  lacks "$(zone exec "$Z-l" -- cat /etc/resolv.conf)" '^search zone$'
  zone network create inner --internal --subnet 10.98.0.0/24
  mk "$Z-a" -s net.eth0.network=inner
  mk "$Z-b" -s net.eth0.network=inner
  zone start "$Z-a" "$Z-b"
  zone exec "$Z-a" -- ping -c 1 -W 3 "$Z-b"
  has "$(tr '\0' ' ' <"/proc/$(servers inner)/cmdline")" "--no-resolv"
  lacks "$(zone exec "$Z-a" -- udhcpc -i eth0 -n -q -f -s /bin/env -t 3 -T 1 2>&1)" '^router='
}

@test "a zone cannot give itself another's name" {
  up "$Z-a"
  up "$Z-b"
  zone exec "$Z-a" -- udhcpc -i eth0 -n -q -f -s /bin/true -t 3 -T 1 -x "hostname:$Z-b" -F "$Z-b"
  same "$(address "$Z-b" 4)" "$(look "$Z-a" "$Z-b.zone" | grep -F .)"
}

@test "checkconfig says whether there is a dnsmasq" {
  run zone checkconfig --json
  same ok "$(jq -r '.[] | select(.id == "names").status' <<<"$output")"
}

@test "500 zones on a /16 with their names" {
  zone network create big --subnet 10.99.0.0/16
  # as many as there are, by what a start writes: each lease is the library's, the zones need not run
  mk "$Z-first" -s net.eth0.network=big
  mk "$Z-base" -s net.eth0.network=big
  zone start "$Z-first"
  local i n=500
  for i in $(seq "$n"); do echo "$Z-$i"; done >"$T/names"
  xargs -P 2 -n 25 sh -c 'for z; do zone -q create "$z" -t busybox -s net.eth0.network=big || exit 255; done' - <"$T/names"
  same $((n + 2)) "$(zone network info --json big | jq .zones)"
  xargs zone start -j 8 <"$T/names"
  same "$n" "$(zone ls --running --json | jq -r '.[].name' | grep -cE -- "-[0-9]+$")"
  zone exec "$Z-first" -- sh -c 'while read n; do nslookup "$n.zone" >/tmp/o 2>/dev/null || echo "$n: none"; grep -q "^Address: 10" /tmp/o || echo "$n: no IPv4"; grep -q "^Address: fd" /tmp/o || echo "$n: no IPv6"; done' <"$T/names" >"$T/missing"
  same "" "$(cat "$T/missing")"
  zone exec "$Z-first" -- ping -c 1 -W 3 "$Z-$n"
}
