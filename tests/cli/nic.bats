#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Kinds of interfaces. The host is 192.0.2.1 and 2001:db8::1 on up0, the world outside .2 and ::2.
load lib
load net

prepare_file() {
  outside
}

clean_file() {
  cut_outside
}

teardown() {
  zone destroy -f -s --all
  local link
  for link in br0 p0; do ip link del "$link" 2>/dev/null || true; done
  ip -n outside neigh flush all # or the next zone with such an address would not be found
}

reaches() { # NAME ADDRESS
  zone exec "$1" -- ping -c 1 -W 3 "$2" >/dev/null ||
    zone exec "$1" -- ping -c 3 -W 3 "$2" >/dev/null # who failed to find it before may take its time
}

cut_off() { # NAME ADDRESS
  run ! zone exec "$1" -- ping -c 1 -W 1 "$2"
}

outside_reaches() { # ADDRESS
  ip netns exec outside socat -T 3 - "TCP:$1,connect-timeout=3" </dev/null
}

inside() { # NAME WORDS of ip…
  local name=$1
  shift
  zone exec "$name" -- ip "$@"
}

# ---- veth ----------------------------------------------------------------------------------------

@test "neighbours are told when an address comes with another hardware address" {
  up "$Z-a"
  up "$Z-b"
  local a4 a6 to
  a4=$(address "$Z-a" 4) a6=$(address "$Z-a" 6)
  for to in "$a4" "$a6"; do
    zone exec "$Z-b" -- ping -c 1 -W 3 "$to"
    busybox ping -c 1 -W 3 "$to"
  done
  zone set "$Z-a" net.eth0.mac=02:00:00:00:12:34
  zone stop -k "$Z-a"
  zone start "$Z-a"
  for to in "$a4" "$a6"; do
    has "$(ip neigh show "$to" dev zonebr0)" 02:00:00:00:12:34
    has "$(zone exec "$Z-b" -- ip neigh show "$to")" 02:00:00:00:12:34
  done
  same "" "$(zone exec "$Z-a" -- ip neigh show "$a4")" # nothing stays of it inside
}

@test "a hardware address that another interface on the network has is refused" {
  up "$Z-a"
  mk "$Z-b"
  local mac
  mac=$(field "$Z-a" '.nics[0].mac')
  zone set "$Z-b" net.eth0.mac="$mac"
  refuse 4 "mac $mac is taken by $Z-a" zone start "$Z-b"
  zone unset "$Z-b" net.eth0.mac
  zone start "$Z-b"
  refuse 4 "mac $mac is taken by $Z-a" zone network attach "$Z-b" eth1 mac="$mac"
  mac=$(zone network info --json zonebr0 | jq -r .mac)
  refuse 4 "mac $mac is taken by network zonebr0" zone network attach "$Z-b" eth1 mac="$mac"
  refuse 4 "is taken by $Z-b" zone network attach "$Z-b" eth1 mac="$(field "$Z-b" '.nics[0].mac')"
  reaches "$Z-b" "$(address "$Z-a" 4)"
  # its own is no hindrance, however soon it comes back
  zone restart "$Z-a"
  reaches "$Z-b" "$(address "$Z-a" 4)"
}

@test "veth: in a bridge of the host's, with the addresses that are given" {
  ip link add br0 type bridge
  ip addr add 198.51.100.1/24 dev br0
  ip link set br0 up
  mk "$Z-a" -s net.eth0.parent=br0 -s net.eth0.address=198.51.100.10/24 -s net.eth0.gateway=198.51.100.1
  mk "$Z-b" -s net.eth0.parent=br0
  zone start "$Z-a" "$Z-b"
  reaches "$Z-a" 198.51.100.1
  has "$(inside "$Z-a" route)" "^default via 198.51.100.1 dev eth0"
  has "$(ip -o link show master br0)" "$(field "$Z-a" '.nics[0].host_name')@"
  same null "$(field "$Z-a" '.nics[0].network')"
  # one whose address comes from elsewhere can take what it likes, but not another's hardware address
  inside "$Z-b" addr add 198.51.100.11/24 dev eth0
  reaches "$Z-b" 198.51.100.10
  inside "$Z-b" link set eth0 address 02:00:00:00:66:66
  cut_off "$Z-b" 198.51.100.10
  [ "$(field "$Z-b" '.nics[0].drops')" -gt 0 ]
  # and one whose address is known only that
  inside "$Z-a" addr add 198.51.100.77/24 dev eth0
  run ! zone exec "$Z-a" -- ping -c 1 -W 1 -I 198.51.100.77 198.51.100.1
  # our tables are there without any network of ours
  same "[]" "$(zone network ls --json | jq -c '[.[] | select(.up)]')"
  zone stop -k "$Z-a" "$Z-b"
  until_true 5 sh -c '[ -z "$(ip -o link show master br0)" ]'
  ip link del br0
}

@test "a parent that is missing, or of the wrong kind" {
  mk "$Z" -s net.eth0.parent=nosuch0
  refuse 3 "eth0: network: the host has no interface nosuch0" zone start "$Z"
  same STOPPED "$(state "$Z")"
  zone set "$Z" net.eth0.parent=up0
  refuse 4 "eth0: link: up0 is not a bridge" zone start "$Z"
  zone set "$Z" net.eth0.type=macvlan net.eth0.parent=nosuch0
  refuse 3 "the host has no interface nosuch0" zone start "$Z"
  zone unset "$Z" net.eth0.parent
  refuse 2 "parent is not set: a NIC of type macvlan needs it" zone start "$Z"
  zone set "$Z" net.eth0.type=phys net.eth0.parent=lo
  refuse 4 "lo stays" zone start "$Z"
  zone set "$Z" net.eth0.type=macvlan net.eth0.parent=up0 net.eth0.vlan=5
  refuse 2 "vlan: a NIC of type macvlan has no such key" zone start "$Z"
  zone unset "$Z" net.eth0.vlan
  zone set "$Z" net.eth0.mode=l2
  refuse 2 "mode: l2 is none of type macvlan" zone start "$Z"
  zone set "$Z" net.eth0.parent=sixteen-letters-
  refuse 3 "the host has no interface sixteen-letters-" zone start "$Z"
  refuse 2 . zone set "$Z" net.sixteen-letters-.type=veth
}

@test "several of different kinds in one zone" {
  mk "$Z" -s net.lan.type=macvlan -s net.lan.parent=up0 -s net.lan.address=192.0.2.20/24 \
    -s net.r0.type=routed -s net.r0.address=203.0.113.20/32 -s net.r0.gateway=none -s net.x.type=none
  zone start "$Z"
  same "eth0 lan r0" "$(field "$Z" '[.nics[].name] | sort | join(" ")')"
  reaches "$Z" 192.0.2.2
  reaches "$Z" "$(inside "$Z" route | sed -n 's/^default via \([^ ]*\) dev eth0.*/\1/p')"
  zone stop -k "$Z"
}

# ---- routed --------------------------------------------------------------------------------------

@test "routed: the host leads to single addresses of both families" {
  ip -n outside route add 203.0.113.0/24 via 192.0.2.1
  ip -n outside -6 route add 2001:db8:1::/64 via 2001:db8::1
  mk "$Z-a" -s net.eth0.type=routed -s net.eth0.address=203.0.113.10/32,2001:db8:1::10/128
  mk "$Z-b" -s net.eth0.type=routed -s net.eth0.address=203.0.113.11/32
  ok zone start "$Z-a" "$Z-b"
  serve_in "$Z-a" 80 here
  same here "$(outside_reaches 203.0.113.10:80)"
  same here "$(outside_reaches '[2001:db8:1::10]:80')"
  same here "$(ask 203.0.113.10 80)"
  same here "$(ask_in "$Z-b" 203.0.113.10 80)"
  reaches "$Z-a" 192.0.2.2
  reaches "$Z-a" 2001:db8::2
  # nobody translates its addresses, and it has no others
  same 0 "$(field "$Z-a" '.nics[0].drops')"
  inside "$Z-a" addr add 203.0.113.99/32 dev eth0
  run ! zone exec "$Z-a" -- ping -c 1 -W 1 -I 203.0.113.99 192.0.2.1
  inside "$Z-a" addr add 2001:db8:1::99/128 dev eth0
  until_true 5 sh -c "! zone exec '$Z-a' -- ip addr show dev eth0 | grep -q tentative"
  run ! zone exec "$Z-a" -- ping -c 1 -W 1 -I 2001:db8:1::99 2001:db8::1
  [ "$(field "$Z-a" '.nics[0].drops')" -ge 2 ]
  # forwarded ports lead to it
  ok zone forward add "$Z-a" 8080 80
  same here "$(ask_outside 192.0.2.1 8080)"
  same here "$(ask 127.0.0.1 8080)"
  same here "$(ask_in "$Z-b" 192.0.2.1 8080)"
  zone stop -k "$Z-a" "$Z-b"
  same "" "$(ip route show 203.0.113.0/24)$(ip -6 route show 2001:db8:1::/64)"
}

@test "routed: with a parent the host answers there for its address" {
  mk "$Z" -s net.eth0.type=routed -s net.eth0.parent=up0 -s net.eth0.address=192.0.2.30/32,2001:db8::30/128
  ok zone start "$Z"
  serve_in "$Z" 80 here
  same here "$(outside_reaches 192.0.2.30:80)"
  same here "$(outside_reaches '[2001:db8::30]:80')"
  has "$(ip neigh show proxy)" "192.0.2.30 dev up0"
  zone stop -k "$Z"
  same "" "$(ip neigh show proxy)$(ip -6 neigh show proxy)"
}

@test "routed: an address that is taken, or no single one" {
  mk "$Z-a" -s net.eth0.type=routed -s net.eth0.address=203.0.113.10/32
  mk "$Z-b" -s net.eth0.type=routed -s net.eth0.address=203.0.113.10/32
  zone start "$Z-a"
  refuse 4 "203.0.113.10 is taken by $Z-a" zone start "$Z-b"
  ip route add 203.0.113.12/32 dev up0
  zone set "$Z-b" net.eth0.address=203.0.113.12/32
  refuse 4 "203.0.113.12 is taken: the host has a route to it" zone start "$Z-b"
  ip route del 203.0.113.12/32 dev up0
  zone set "$Z-b" net.eth0.address=192.0.2.1/32
  refuse 4 "192.0.2.1 is taken: the host has it itself" zone start "$Z-b"
  zone set "$Z-b" net.eth0.address=203.0.113.11/24
  refuse 2 "stands alone" zone start "$Z-b"
  zone unset "$Z-b" net.eth0.address
  refuse 2 "address is not set: a NIC of type routed needs it" zone start "$Z-b"
  local step
  zone stop -k "$Z-a"
  for step in net:kill net:after:kill release:kill; do
    run env ZONE_TEST_FAIL_STEP="start:$step" timeout 30 zone start "$Z-a"
    [ "$status" -ne 0 ]
  done
  zone start "$Z-a"
  zone stop -k "$Z-a"
  same "" "$(ip route show 203.0.113.10)"
}

# ---- made of an interface of the host ------------------------------------------------------------

# bats test_tags=vm
@test "macvlan: addresses of its own on the wire of its parent" {
  need macvlan
  mk "$Z-a" -s net.eth0.type=macvlan -s net.eth0.parent=up0 -s net.eth0.address=192.0.2.10/24,2001:db8::10/64 \
    -s net.eth0.gateway=192.0.2.2
  mk "$Z-b" -s net.eth0.type=macvlan -s net.eth0.parent=up0 -s net.eth0.address=192.0.2.11/24 -s net.eth0.mode=private \
    -s net.eth0.mac=02:00:00:00:00:11 -s net.eth0.mtu=1400
  zone start "$Z-a" "$Z-b"
  serve_in "$Z-a" 80 here
  same here "$(outside_reaches 192.0.2.10:80)"
  same here "$(outside_reaches '[2001:db8::10]:80')"
  reaches "$Z-b" 192.0.2.2
  cut_off "$Z-b" 192.0.2.10
  has "$(inside "$Z-b" link show eth0)" "mtu 1400"
  has "$(inside "$Z-b" link show eth0)" "02:00:00:00:00:11"
  has "$(inside "$Z-a" route)" "^default via 192.0.2.2"
  same "$(field "$Z-a" '.nics[0].mac')" "$(inside "$Z-a" -o link show eth0 | grep -o 'ether [^ ]*' | cut -d' ' -f2)"
  has "$(zone info "$Z-a")" "192.0.2.10/24"
  [ "$(field "$Z-a" '.nics[0].rx_packets')" -gt 2 ]
  [ "$(field "$Z-a" '.nics[0].tx_bytes')" -gt 200 ]
  zone stop -k "$Z-a" "$Z-b"
  # its parent may not be a port
  ip link add br0 type bridge
  ip link add p0 type veth peer name p1
  ip link set p0 master br0
  zone set "$Z-a" net.eth0.parent=p0
  refuse 4 "p0 is in use" zone start "$Z-a"
  ip link del br0
  ip link del p0
}

# bats test_tags=vm
@test "ipvlan: addresses of its own with the hardware address of its parent" {
  need ipvlan
  mk "$Z-a" -s net.eth0.type=ipvlan -s net.eth0.parent=up0 -s net.eth0.address=192.0.2.10/24,2001:db8::10/64
  mk "$Z-b" -s net.eth0.type=ipvlan -s net.eth0.parent=up0 -s net.eth0.address=192.0.2.11/24
  zone start "$Z-a" "$Z-b"
  serve_in "$Z-a" 80 here
  same here "$(outside_reaches 192.0.2.10:80)"
  same here "$(outside_reaches '[2001:db8::10]:80')"
  same here "$(ask_in "$Z-b" 192.0.2.10 80)"
  same "$(ip -o link show up0 | grep -o 'ether [^ ]*' | cut -d' ' -f2)" "$(inside "$Z-a" -o link show eth0 | grep -o 'ether [^ ]*' | cut -d' ' -f2)"
  zone set "$Z-b" net.eth0.mac=02:00:00:00:00:11
  zone stop -k "$Z-b"
  refuse 2 "mac: a NIC of type ipvlan has no such key" zone start "$Z-b"
  zone unset "$Z-b" net.eth0.mac
  zone stop -k "$Z-a"
  zone set "$Z-b" net.eth0.mode=l3s
  zone start "$Z-b"
  reaches "$Z-b" 192.0.2.11
}

# bats test_tags=vm
@test "vlan: what is tagged so on its parent" {
  need vlan
  ip -n outside link add link eth0 name eth0.5 type vlan id 5
  ip -n outside addr add 198.51.100.2/24 dev eth0.5
  ip -n outside link set eth0.5 up
  mk "$Z-a" -s net.eth0.type=vlan -s net.eth0.parent=up0 -s net.eth0.vlan=5 -s net.eth0.address=198.51.100.10/24
  mk "$Z-b" -s net.eth0.type=vlan -s net.eth0.parent=up0 -s net.eth0.vlan=5 -s net.eth0.address=198.51.100.11/24
  zone start "$Z-a"
  serve_in "$Z-a" 80 here
  same here "$(outside_reaches 198.51.100.10:80)"
  refuse 4 "VLAN 5 of up0 is in use already" zone start "$Z-b"
  zone set "$Z-b" net.eth0.vlan=6
  zone start "$Z-b"
  cut_off "$Z-b" 198.51.100.2
  zone unset "$Z-b" net.eth0.vlan
  zone stop -k "$Z-b"
  refuse 2 "vlan is not set: a NIC of type vlan needs it" zone start "$Z-b"
  ip -n outside link del eth0.5
}

# bats test_tags=vm
@test "a network that tells VLANs apart" {
  need vlan
  zone network create "$Z-v" --vlan-aware
  local n
  for n in a b c t; do mk "$Z-$n" -s net.eth0.network="$Z-v"; done
  zone set "$Z-a" net.eth0.vlan=5
  zone set "$Z-b" net.eth0.vlan=5
  zone set "$Z-t" net.eth0.vlans=5,6
  zone start "$Z-a" "$Z-b" "$Z-c" "$Z-t"
  # untagged: with its like only
  reaches "$Z-a" "$(address "$Z-b" 4)"
  cut_off "$Z-a" "$(address "$Z-c" 4)"
  reaches "$Z-c" "$(address "$Z-t" 4)"
  # tagged: what it may
  inside "$Z-t" link add link eth0 name eth0.5 type vlan id 5
  inside "$Z-t" addr add 198.51.100.10/24 dev eth0.5
  inside "$Z-t" link set eth0.5 up
  inside "$Z-a" addr add 198.51.100.11/24 dev eth0
  cut_off "$Z-t" 198.51.100.11 # the other's guard knows nothing of that address
  zone stop -k "$Z-a"
  zone set "$Z-a" net.eth0.guard.ipv4=false
  zone start "$Z-a"
  inside "$Z-a" addr add 198.51.100.11/24 dev eth0
  reaches "$Z-t" 198.51.100.11
  inside "$Z-t" link add link eth0 name eth0.7 type vlan id 7
  inside "$Z-t" addr add 198.51.101.10/24 dev eth0.7
  inside "$Z-t" link set eth0.7 up
  local before
  before=$(field "$Z-t" '.nics[0].drops')
  cut_off "$Z-t" 198.51.101.11
  [ "$(field "$Z-t" '.nics[0].drops')" -gt "$before" ]
  zone stop -k "$Z-c"
  zone set "$Z-c" net.eth0.network=zonebr0 net.eth0.vlan=5
  refuse 4 "zonebr0 does not tell VLANs apart" zone start "$Z-c"
  zone destroy -f "$Z-a" "$Z-b" "$Z-c" "$Z-t"
  zone network rm "$Z-v"
}

# ---- an interface of the host itself -------------------------------------------------------------

# p0, whose other end is in the machine outside.
cable() {
  ip link add p0 address 02:00:00:00:00:f0 type veth peer name p1 netns outside
  ip addr add 198.51.100.1/24 brd + dev p0
  ip -6 addr add 2001:db8:5::1/64 dev p0 nodad
  ip link set p0 mtu 1450 up
  ip -n outside addr add 198.51.100.2/24 dev p1
  ip -n outside link set p1 up
}

looks() {
  ip -o link show p0 | sed 's/^[0-9]*: //; s/@[^ ]*//; s/ qdisc.*link\/ether/ /; s/link-netns.*//'
  ip -j link show p0 | jq -c '.[0].altnames'
  ip -o addr show p0 scope global | sed 's/^[0-9]*: //; s/ *valid_lft.*//'
}

@test "phys: moved in, and home again whatever was done to it" {
  cable
  ip link property add dev p0 altname enp0 altname the-cable
  local before
  before=$(looks)
  has "$before" enp0
  local mac
  mac=$(ip -j link show p0 | jq -r '.[0].address')
  mk "$Z" -s net.eth0.type=phys -s net.eth0.parent=p0 -s net.eth0.address=198.51.100.10/24
  same null "$(field "$Z" '.nics[0].mac')"
  zone start "$Z"
  same "$mac" "$(field "$Z" '.nics[0].mac')"
  run ! ip link show p0
  reaches "$Z" 198.51.100.2
  mk "$Z-b" -s net.eth0.type=phys -s net.eth0.parent=p0
  refuse 4 "p0 is in zone $Z\$" zone start "$Z-b"
  inside "$Z" link set eth0 down
  inside "$Z" link set eth0 name other
  inside "$Z" link set other address 02:00:00:00:66:66 mtu 1300
  inside "$Z" addr add 203.0.113.1/24 dev other
  zone exec "$Z" -- /bin/busybox brctl addbr br0
  zone exec "$Z" -- /bin/busybox brctl addif br0 other
  zone stop -k "$Z"
  same "$before" "$(looks)"
  # again, and with another hardware address inside
  zone set "$Z" net.eth0.mac=02:00:00:00:00:11 net.eth0.mtu=1400
  zone start "$Z"
  has "$(inside "$Z" link show eth0)" "mtu 1400"
  has "$(inside "$Z" link show eth0)" "02:00:00:00:00:11"
  zone restart "$Z"
  reaches "$Z" 198.51.100.2
  zone stop -k "$Z"
  same "$before" "$(looks)"
  ip link del p0
}

@test "phys: home again when everything was killed" {
  cable
  local before step
  before=$(looks)
  mk "$Z" -s net.eth0.type=phys -s net.eth0.parent=p0
  zone start "$Z"
  kill -9 "$(field "$Z" .monitor_pid)" "$(field "$Z" .pid)"
  until_true 10 sh -c "[ \"\$(zone info --json $Z | jq -r .state)\" != RUNNING ]"
  ok zone stop -k "$Z"
  same "$before" "$(looks)"
  for step in net:kill net:after:kill release:kill; do
    run env ZONE_TEST_FAIL_STEP="start:$step" timeout 30 zone start "$Z"
    [ "$status" -ne 0 ]
    zone stop -k "$Z"
    same "$before" "$(looks)"
  done
  run env ZONE_TEST_FAIL_STEP="nic:link:after:kill" timeout 30 zone start "$Z"
  zone stop -k "$Z"
  same "$before" "$(looks)"
  zone start "$Z"
  zone destroy -f "$Z"
  same "$before" "$(looks)"
  ip link del p0
}

@test "phys: one that the host needs stays, and a name that is taken at home" {
  cable
  mk "$Z" -s net.eth0.type=phys -s net.eth0.parent=p0
  ip route add default via 198.51.100.2
  refuse 4 "p0 stays: the host's default route leads by it" zone start "$Z"
  ip route del default
  ip link add br0 type bridge
  ip link set p0 master br0
  refuse 4 "p0 stays: it is part of another interface" zone start "$Z"
  ip link del br0
  ip route add 203.0.113.128/25 via 198.51.100.2
  ok zone start "$Z"
  has "$stderr" "the host's routes by p0 go with it, and do not come back: 203.0.113.128/25$"
  ip link add p0 type veth peer name q0
  inside "$Z" link property add dev eth0 altname up0 2>/dev/null || true
  run zone stop -k "$Z"
  [ "$status" -eq 0 ]
  has "$(ip -o addr)" "zh[0-9]+ .*198.51.100.1/24"
  ip link del p0
  ip link del "$(ip -o addr | awk '/198.51.100.1\/24/ { print $2 }')"
}

# ---- none of its own -----------------------------------------------------------------------------

@test "none: the loopback only" {
  mk "$Z" -s net.eth0.type=none
  zone start "$Z"
  same lo "$(zone exec "$Z" -- ls /sys/class/net)"
  reaches "$Z" 127.0.0.1
  same "[]" "$(field "$Z" .nics)"
}

@test "host: what the host has, and nothing can be changed" {
  mk "$Z" -s net.eth0.type=host
  zone start "$Z"
  links_gone # those of the tests before
  # (/sys of the tests is that of the namespace that they were started in)
  same "$(ip -o link | sed 's/^[0-9]*: //; s/[@:].*//' | sort)" "$(zone exec "$Z" -- ls /sys/class/net)"
  serve_outside 5555
  same 192.0.2.1 "$(ask_in "$Z" 192.0.2.2 5555)"
  stop_server
  run ! inside "$Z" link set up0 down
  run ! inside "$Z" addr add 192.0.2.99/24 dev up0
  run ! zone exec "$Z" -- /bin/sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
  run ! zone exec "$Z" -- mount -o remount,rw /sys
  run ! zone exec "$Z" -- /bin/sh -c 'echo x >/sys/class/net/up0/ifalias'
  zone exec "$Z" -- /bin/sh -c 'nc -l -p 4444 </dev/null >/tmp/got' 3>&- &
  until_true 5 sh -c "ss -Hlnt sport = :4444 | grep -q ."
  echo hello | socat - TCP:127.0.0.1:4444
  same hello "$(zone exec "$Z" -- cat /tmp/got)"
  # other zones go on as ever, and no link of the host's has changed
  up "$Z-b"
  serve_in "$Z-b" 80 here
  same here "$(ask_in "$Z" "$(address "$Z-b" 4)" 80)"
  zone restart "$Z"
  zone stop -k "$Z"
  zone set "$Z" net.eth1.type=veth && fail "two networks"
  refuse 2 "the zone can have no other interface" zone set "$Z" net.eth1.type=veth
  refuse 2 "the zone has no network of its own" zone set "$Z" sysctl.net.ipv4.ip_forward=1
}

@test "host: a privileged zone cannot change it either" {
  mk "$Z" -s net.eth0.type=host -s security.level=privileged
  zone start "$Z"
  run ! inside "$Z" link set up0 down
  run ! inside "$Z" addr add 192.0.2.99/24 dev up0
  run ! zone exec "$Z" -- /bin/sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
}

@test "zone: the network of another one" {
  up "$Z-a"
  mk "$Z-b" -s net.eth0.type=zone -s net.eth0.parent="$Z-a"
  zone start "$Z-b"
  same "$(inside "$Z-a" -o addr)" "$(inside "$Z-b" -o addr)"
  same "$(zone exec "$Z-a" -- cat /etc/resolv.conf)" "$(zone exec "$Z-b" -- cat /etc/resolv.conf)"
  serve_in "$Z-a" 80 here
  same here "$(ask_in "$Z-b" 127.0.0.1 80)"
  run ! inside "$Z-b" link set eth0 down
  zone restart "$Z-b"
  zone stop -k "$Z-b" "$Z-a"
  refuse 4 "zone $Z-a, whose network it is to use, does not run" zone start "$Z-b"
  zone set "$Z-b" net.eth0.parent="$Z-b"
  refuse 2 "itself" zone start "$Z-b"
  zone set "$Z-b" net.eth0.parent=nosuch
  refuse 3 "network of zone nosuch: no such zone" zone start "$Z-b"
  refuse 2 "needs a zone's name" zone unset "$Z-b" net.eth0.parent
}
