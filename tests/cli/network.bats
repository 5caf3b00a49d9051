#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
load lib
load net

teardown() {
  zone destroy -f -s --all
  cut_outside
  remove_networks
  local table # of tests that did not come to their end
  for table in "inet mine" "inet firewalld" "ip filter" "ip6 filter"; do
    # shellcheck disable=SC2086 # family and name
    nft delete table $table 2>/dev/null || true
  done
}

netinfo() { # NAME JQ-PATH
  zone network info --json "$1" | jq -r "$2"
}

@test "create, ls, info: what was asked for, the rest by defaults" {
  ok zone network create lab --subnet 10.99.0.0/24 --ipv6 fd99:1:2:3::/64 --mtu 1400
  ok zone network create inner --internal --isolated --no-dhcp --ipv6 none
  ok zone network ls --json
  same 10.99.0.0/24 "$(jq -r '.[] | select(.name == "lab").ipv4' <<<"$output")"
  same '["lab","lab","10.99.0.0/24","fd99:1:2:3::/64",true,true,false,false,0]' \
    "$(jq -c '.[] | select(.name == "lab") | [.name,.bridge,.ipv4,.ipv6,.nat,.dhcp,.internal,.isolated,.zones]' <<<"$output")"
  same '[null,false,false,true,true]' \
    "$(jq -c '.[] | select(.name == "inner") | [.ipv6,.nat,.dhcp,.internal,.isolated]' <<<"$output")"
  has "$(zone network ls)" "^lab  *DOWN  *10.99.0.0/24  *fd99:1:2:3::/64  *yes  *yes  *no  *no  *0$"
  has "$(zone network info lab)" "^MTU: *1400$"
  same "$(zone network ls)" "$(zone network list)"
  same '["inner"]' "$(zone network ls --json 'inn*' | jq -c '[.[].name]')"
  same '["inner","lab"]' "$(zone network ls --json lab '[a-i]*' | jq -c '[.[].name]')"
  refuse 3 "no network nosuch" zone network ls lab nosuch
  same 1400 "$(netinfo lab .mtu)"
  run ! ip link show lab
  # -n is for the name of a network here, and what create's options are called is understood by set
  ok zone network set -n lab subnet=10.98.0.0/24 vlan-aware=yes
  same '["10.98.0.0/24",true]' "$(zone network info --json -n lab | jq -c '[.ipv4,.vlan_aware]')"
  ok zone network rm -n inner lab
  ok zone network create -n ls --subnet 10.98.0.0/24
  ok zone network up -n ls
  refuse 4 "ls is up: ipv4 cannot be changed" zone network set ls subnet=10.97.0.0/24
  ok zone network down -n ls
}

@test "the default network is made on first use" {
  same "[]" "$(zone network ls --json)"
  ok zone network set zonebr0 mtu=1400
  same 1400 "$(netinfo zonebr0 .mtu)"
  zone network rm zonebr0
  ok zone network up zonebr0
  same true "$(netinfo zonebr0 .up)"
  zone network down zonebr0
  zone network rm zonebr0
  same "[]" "$(zone network ls --json)"
  mk "$Z"
  same zonebr0 "$(zone network ls --json | jq -r '.[].name')"
  same 1 "$(netinfo zonebr0 .zones)"
  same "[\"$Z\"]" "$(zone network info --json zonebr0 | jq -c .zone_names)"
}

@test "a subnet that the host or another network has is refused, by name" {
  ip link add d0 type bridge
  ip addr add 10.99.3.4/24 dev d0
  refuse 4 "10.99.0.0/16 overlaps the host's 10.99.3.4/24" zone network create lab --subnet 10.99.0.0/16
  zone network create lab --subnet 10.98.0.0/16
  refuse 4 "overlaps network lab" zone network create other --subnet 10.98.1.0/24
  refuse 4 "overlaps network lab" zone network create other --ipv6 "$(netinfo lab .ipv6)"
  refuse 4 "lab exists" zone network create lab
  # one that is picked overlaps neither
  zone network create other
  lacks "$(netinfo other .ipv4)" '^10\.9[89]\.'
  ip link del d0
}

@test "bad values are usage errors" {
  local name
  for name in 0123456789abcdef -a .. a/b all lo "a b" ""; do
    refuse 2 . zone network create "$name"
  done
  refuse 2 "subnet of /8 to /29" zone network create lab --subnet 10.99.0.1/24
  refuse 2 "subnet of /8 to /29" zone network create lab --subnet 10.0.0.0/30
  local bad
  for bad in 0.0.0.0/8 127.5.0.0/16 224.0.0.0/8 255.255.255.0/24; do
    refuse 2 "for hosts" zone network create lab --subnet $bad
  done
  for bad in ::/64 fe80::/64 febf::/64 ff02::/64 fd00::/48; do
    refuse 2 "for hosts" zone network create lab --ipv6 $bad
  done
  refuse 2 "subnet" zone network create lab --subnet fd00::/64
  refuse 2 "/64" zone network create lab --ipv6 fd00::/48
  refuse 2 "/64" zone network create lab --ipv6 fe80::/64
  refuse 2 "mtu" zone network create lab --mtu 67
  refuse 2 "IPv6 needs at least 1280" zone network create lab --mtu 1000 --ipv6 fd00::/64
  refuse 2 "exclude each other" zone network create lab --internal --nat
  refuse 2 "either --nat or --no-nat" zone network create lab --nat --no-nat
  zone network create lab
  refuse 2 "no key 'colour'" zone network set lab colour=green
  refuse 2 "no key 'mtv'" zone network set lab mtv=1
  refuse 2 "KEY=VALUE" zone network set lab mtu
  refuse 2 "neither yes nor no" zone network set lab nat=perhaps
  refuse 3 "no network" zone network info nosuch
  refuse 3 "no network" zone network rm nosuch
  refuse 3 "no network" zone network up nosuch
  refuse 3 "no network" zone network set nosuch mtu=1400
  same "[\"lab\"]" "$(zone network ls --json | jq -c '[.[].name]')"
}

@test "set: all of it or nothing" {
  zone network create lab --subnet 10.99.0.0/24
  ok zone network set lab mtu=1400 nat=no
  same '[1400,false]' "$(zone network info --json lab | jq -c '[.mtu,.nat]')"
  refuse 2 . zone network set lab mtu=1300 nat=perhaps
  same 1400 "$(netinfo lab .mtu)"
  ok zone network set lab ipv4=10.98.0.0/24 internal=yes
  same '["10.98.0.0/24",true]' "$(zone network info --json lab | jq -c '[.ipv4,.internal]')"
  # what cannot be together is refused, and nothing else is lost by it
  refuse 2 "mtu 1000: IPv6 needs at least 1280" zone network set lab mtu=1000
  has "$stderr" "^hint: .*zone network set lab mtu=1000 ipv6=none"
  [ "$(netinfo lab .ipv6)" != null ]
  ok zone network set lab mtu=1000 ipv6=none
  same '[1000,null]' "$(zone network info --json lab | jq -c '[.mtu,.ipv6]')"
  same null "$(zone network create lab2 --mtu 1000 && netinfo lab2 .ipv6)"
  # NAT is what was asked for again when the network is internal no longer
  zone network set lab internal=no
  same false "$(netinfo lab .nat)"
  zone network set lab nat=yes
  zone network set lab internal=yes
  same false "$(netinfo lab .nat)"
  zone network set lab internal=no
  same true "$(netinfo lab .nat)"
}

@test "up keeps a network up without zones, down lets it go" {
  zone network create lab --subnet 10.99.0.0/24
  ok zone network up lab
  same true "$(netinfo lab .up)"
  has "$(ip addr show lab)" "inet 10.99.0.1/24"
  mk "$Z" -s net.eth0.network=lab
  zone start "$Z"
  refuse 4 "lab is used by $Z" zone network down lab
  zone stop -k "$Z"
  ip link show lab
  ok zone network up lab
  ok zone network down lab
  run ! ip link show lab
  same "" "$(nft list tables)"
  ok zone network down lab
}

@test "a network that is up, or that a zone is on, is not removed" {
  zone network create lab
  zone network up lab
  refuse 4 "lab is up" zone network rm lab
  zone network down lab
  mk "$Z" -s net.eth0.network=lab
  refuse 4 "zone $Z is on network lab" zone network rm lab
  zone unset "$Z" net.eth0
  ok zone network rm lab
  refuse 3 . zone network info lab
}

@test "another command's lock: 6 after --lock-wait" {
  zone network create lab --subnet 10.99.0.0/24
  zone network up lab
  mk "$Z" -s net.eth0.network=lab
  local from=$SECONDS holder lock
  for lock in "$ZONE_RUN/.net/.lock" "$ZONE_VAR/.host/networks/.lock"; do
    (flock 9 && exec sleep 60) 9>>"$lock" 3>&- &
    holder=$!
    until_true 5 sh -c "! flock -n '$lock' true"
    refuse 6 "is held by another command" zone --lock-wait 1 network set lab mtu=1400
    if [ "$lock" = "$ZONE_RUN/.net/.lock" ]; then
      refuse 6 "lock of the networks: .* is held by another command" zone --lock-wait 1 start "$Z"
    fi
    kill "$holder"
    wait "$holder" || true
  done
  [ $((SECONDS - from)) -le 12 ]
  ok zone start "$Z"
}

@test "changes of a network that is up take effect at once, or are refused" {
  outside
  serve_outside 8000
  zone network create lab --subnet 10.99.0.0/24
  mk "$Z" -s net.eth0.network=lab
  zone start "$Z"
  same 192.0.2.1 "$(ask_in "$Z" 192.0.2.2 8000)"
  ok zone network set lab nat=no
  run ! ask_in "$Z" 192.0.2.2 8000
  ok zone network set lab nat=yes mtu=1400
  same 192.0.2.1 "$(ask_in "$Z" 192.0.2.2 8000)"
  has "$(ip link show lab)" "mtu 1400"
  refuse 4 "lab is up: ipv4 cannot be changed" zone network set lab ipv4=10.98.0.0/24
  refuse 4 "isolated cannot" zone network set lab isolated=yes
  stop_server
}

@test "what somebody flushed is put back by up, and by the next start" {
  outside
  serve_outside 8000
  up "$Z"
  zone forward add "$Z" 8080 80
  serve_in "$Z" 80 here
  nft flush ruleset
  run ! ask_in "$Z" 192.0.2.2 8000
  ok zone network up zonebr0
  same 192.0.2.1 "$(ask_in "$Z" 192.0.2.2 8000)"
  same here "$(ask_outside 192.0.2.1 8080)"
  # the guards, too
  zone exec "$Z" -- ip addr add 10.77.66.66/16 dev eth0
  run ! zone exec "$Z" -- ping -c 1 -W 1 -I 10.77.66.66 10.77.0.1
  zone exec "$Z" -- ip addr del 10.77.66.66/16 dev eth0
  nft flush ruleset
  up "$Z-b"
  same here "$(ask_outside 192.0.2.1 8080)"
  same 192.0.2.1 "$(ask_in "$Z" 192.0.2.2 8000)"
  same 192.0.2.1 "$(ask_in "$Z-b" 192.0.2.2 8000)"
  # and by whatever changes something there
  nft flush ruleset
  same null "$(field "$Z" '.nics[0].drops')"
  ok zone forward add "$Z" 9001 80
  same here "$(ask_outside 192.0.2.1 9001)"
  same here "$(ask_outside 192.0.2.1 8080)"
  same 192.0.2.1 "$(ask_in "$Z-b" 192.0.2.2 8000)"
  same 0 "$(field "$Z" '.nics[0].drops')"
  nft flush ruleset
  ok zone set "$Z" net.eth0.limits.egress=10M
  has "$(nft list set bridge zone egress)" "over 1250000 bytes/second"
  same here "$(ask_outside 192.0.2.1 9001)"
  nft flush ruleset
  ok zone forward rm "$Z" 9001
  same here "$(ask_outside 192.0.2.1 8080)"
  run ! ask_outside 192.0.2.1 9001
  stop_server
}

@test "--internal: host and zones only, no default route" {
  outside
  serve_outside 8000
  zone network create inner --internal --subnet 10.99.0.0/24
  mk "$Z-a" -s net.eth0.network=inner
  mk "$Z-b" -s net.eth0.network=inner
  zone start "$Z-a" "$Z-b"
  lacks "$(zone exec "$Z-a" -- ip route)" default
  zone exec "$Z-a" -- ping -c 1 -W 3 10.99.0.1
  zone exec "$Z-a" -- ping -c 1 -W 3 "$(address "$Z-b" 4)"
  # however much it wants to
  echo 1 >/proc/sys/net/ipv4/ip_forward
  zone exec "$Z-a" -- ip route add default via 10.99.0.1
  ip -n outside route add 10.99.0.0/24 via 192.0.2.1
  run ! ask_in "$Z-a" 192.0.2.2 8000
  run ! ip netns exec outside ping -c 1 -W 1 "$(address "$Z-a" 4)"
  stop_server
}

@test "--isolated: zones reach host and outside, not each other" {
  outside
  serve_outside 8000
  zone network create apart --isolated --subnet 10.99.0.0/24
  mk "$Z-a" -s net.eth0.network=apart
  mk "$Z-b" -s net.eth0.network=apart
  zone start "$Z-a" "$Z-b"
  local b
  b=$(address "$Z-b" 4)
  zone exec "$Z-a" -- ping -c 1 -W 3 10.99.0.1
  same 192.0.2.1 "$(ask_in "$Z-a" 192.0.2.2 8000)"
  run ! zone exec "$Z-a" -- ping -c 1 -W 1 "$b"
  run ! zone exec "$Z-a" -- ping -c 1 -W 1 "$(address "$Z-b" 6)"
  # nor by the host
  zone exec "$Z-a" -- ip route add "$b" via 10.99.0.1
  run ! zone exec "$Z-a" -- ping -c 1 -W 1 "$b"
  stop_server
}

@test "the host's own interface of that name is left alone" {
  ip link add zonebr0 address 02:00:00:00:00:77 type bridge
  refuse 4 "network zonebr0: the host has an interface of that name" zone network create zonebr0
  mk "$Z"
  refuse 4 "interface zonebr0 exists and is not zone's" zone start "$Z"
  has "$(ip link show zonebr0)" 02:00:00:00:00:77
  zone network create lab
  zone set "$Z" net.eth0.network=lab
  ok zone start "$Z"
  ip link del zonebr0
}

@test "the host's addresses, rules and settings are as before" {
  outside
  nft add table inet mine
  nft add chain inet mine in '{ type filter hook input priority 0; }'
  nft add rule inet mine in tcp dport 1 drop
  links_gone # those of the tests before
  local rules links
  rules=$(nft list ruleset)
  links=$(ip -o addr | sed 's/ tentative//' | sort)
  up "$Z"
  zone stop -k "$Z"
  links_gone
  same "$rules" "$(nft list ruleset)"
  same "$links" "$(ip -o addr | sed 's/ tentative//' | sort)"
  nft delete table inet mine
}

@test "others' firewalls that drop what is forwarded let the zones through, and are as before afterwards" {
  outside
  serve_outside 8000
  # Docker's and ufw's, as iptables makes them; and one of nftables' own
  iptables -P FORWARD DROP
  iptables -A FORWARD -i docker0 -j ACCEPT
  ip6tables -P FORWARD DROP
  iptables -P INPUT DROP
  iptables -A INPUT -p icmp -j ACCEPT
  nft add table inet mine
  nft add chain inet mine through '{ type filter hook forward priority 5; policy drop; }'
  nft add chain inet mine in '{ type filter hook input priority 5; policy drop; }'
  nft add rule inet mine in iifname != zonebr0 accept
  local rules
  rules=$(nft list ruleset | sed 's/packets [0-9]* bytes [0-9]*//')
  up "$Z-a"
  up "$Z-b"
  same 192.0.2.1 "$(ask_in "$Z-a" 192.0.2.2 8000)"
  zone exec "$Z-a" -- ping -c 1 -W 3 "$(address "$Z-b" 4)"
  zone exec "$Z-a" -- ping -c 1 -W 3 "$(address "$Z-b" 6)"
  zone exec "$Z-a" -- ping -c 1 -W 3 2001:db8::2
  # what comes by itself does not get through
  ip -n outside route add 10.77.0.0/16 via 192.0.2.1
  run ! ip netns exec outside busybox ping -c 1 -W 1 "$(address "$Z-a" 4)"
  # once each, in words that iptables reads
  zone network create lab
  zone network up zonebr0 lab
  same 1 "$(iptables -S FORWARD | grep -c -- '-A FORWARD -i zonebr0 .*-j ACCEPT')"
  same 1 "$(iptables -S FORWARD | grep -c -- '-A FORWARD -o zonebr0 .*--ctstate RELATED,ESTABLISHED,DNAT .*-j ACCEPT')"
  has "$(iptables-save)" '-A INPUT -i lab -p udp -m udp --dport 53 .*-j ACCEPT'
  has "$(ip6tables-save)" '-A FORWARD -i lab .*-j ACCEPT'
  zone stop -k "$Z-a" "$Z-b"
  zone network down zonebr0 lab
  same "$rules" "$(nft list ruleset | sed 's/packets [0-9]* bytes [0-9]*//')"
  nft flush ruleset
  stop_server
}

@test "a firewall that comes when a network is up is named, and up mends it" {
  zone network create lab --subnet 10.99.0.0/24
  zone network up lab
  iptables -P FORWARD ACCEPT
  same null "$(netinfo lab .blocked_by)"
  same ok "$(zone checkconfig --json | jq -r '.[] | select(.id == "firewalls").status')"
  iptables -P FORWARD DROP
  same "ip filter FORWARD" "$(netinfo lab .blocked_by)"
  has "$(zone network info lab)" "^Blocked by: ip filter FORWARD, .*zone network up lab"
  same "limited ip filter FORWARD drops what network lab sends: zone network up lab" \
    "$(zone checkconfig --json | jq -r '.[] | select(.id == "firewalls") | .status + " " + .detail')"
  zone network up lab
  same null "$(netinfo lab .blocked_by)"
  lacks "$(zone network info lab)" "Blocked"
  zone network down lab
  same null "$(netinfo lab .blocked_by)"
  nft flush ruleset
}

@test "a firewall that takes no rules of ours is named" {
  iptables-legacy -P FORWARD DROP || skip "no iptables-legacy in this kernel"
  zone network create lab
  run --separate-stderr zone network up lab
  same 0 "$status"
  has "$stderr" "^warning: network lab: the policy of iptables-legacy for FORWARD is DROP: iptables-legacy -I FORWARD -i lab"
  iptables-legacy -P FORWARD ACCEPT
  zone network down lab
  run --separate-stderr zone network up lab
  lacks "$stderr" warning
  nft add table inet firewalld
  nft add chain inet firewalld filter_FORWARD '{ type filter hook forward priority 10; }'
  ok zone network up lab
  has "$stderr" "firewall-cmd --zone=trusted --add-interface=lab"
  nft delete table inet firewalld
}

@test "a full subnet is an error that says so" {
  zone network create tiny --subnet 10.99.0.0/29
  local i
  for i in 1 2 3 4 5; do mk "$Z-$i" -s net.eth0.network=tiny; done
  refuse 1 "network tiny is full: every address of 10.99.0.0/29 is taken" \
    zone -q create "$Z-6" -t busybox -s net.eth0.network=tiny
  refuse 3 . zone info "$Z-6"
}

@test "addresses: outside of the subnet, taken and by whom" {
  zone network create lab --subnet 10.99.0.0/24 --ipv6 fd99::/64
  mk "$Z-a" -s net.eth0.network=lab -s net.eth0.address=10.99.0.9/24
  refuse 4 "10.99.0.9/24 is taken by $Z-a" \
    zone -q create "$Z-b" -t busybox -s net.eth0.network=lab -s net.eth0.address=10.99.0.9/24
  refuse 2 "outside of network lab" \
    zone -q create "$Z-b" -t busybox -s net.eth0.network=lab -s net.eth0.address=10.98.0.9/24
  refuse 4 "gateway" \
    zone -q create "$Z-b" -t busybox -s net.eth0.network=lab -s net.eth0.address=10.99.0.1/24
  refuse 3 "no network nosuch" zone -q create "$Z-b" -t busybox -s net.eth0.network=nosuch
  mk "$Z-b" -s net.eth0.network=lab -s net.eth0.address=10.99.0.8/24,fd99::beef:1/64
  zone start "$Z-a" "$Z-b"
  zone exec "$Z-a" -- ping -c 1 -W 3 fd99::beef:1
  same '["10.99.0.8/24","fd99::beef:1/64"]' "$(zone info --json "$Z-b" | jq -c '.nics[0].addresses')"
  refuse 4 "fd99::beef:1/64 is taken by $Z-b" \
    zone -q create "$Z-c" -t busybox -s net.eth0.network=lab -s net.eth0.address=fd99::beef:1/64
}

@test "addresses: a changed configuration is judged, and takes them before it starts" {
  zone network create lab --subnet 10.99.0.0/24
  mk "$Z-a" -s net.eth0.network=lab
  mk "$Z-b" -s net.eth0.network=lab
  ok zone set "$Z-a" net.eth0.address=10.99.0.9/24
  refuse 4 "net.eth0: .*10.99.0.9/24 is taken by $Z-a" zone set "$Z-b" net.eth0.address=10.99.0.9/24
  refuse 4 gateway zone set "$Z-b" net.eth0.address=10.99.0.1/24
  refuse 3 "no network nosuch" zone set "$Z-b" net.eth0.network=nosuch
  refuse 3 "net.eth0.address is not set" zone get "$Z-b" net.eth0.address
  # what goes together only with a change that is still to come
  ok zone set "$Z-b" net.eth0.address=10.98.0.9/24
  has "$stderr" "^warning: $Z-b: net.eth0: .*outside of network lab, .*; it does not start so$"
  refuse 2 "outside of network lab" zone start "$Z-b"
  ok zone set "$Z-b" net.eth0.address=10.99.0.8/24 net.eth1.type=macvlan
  has "$stderr" "^warning: $Z-b: net.eth1: parent is not set: .*; it does not start so$"
  ok zone unset "$Z-b" net.eth1
  same "" "$stderr"
  zone start "$Z-a" "$Z-b"
  zone exec "$Z-a" -- ping -c 1 -W 3 10.99.0.8
  # of a zone that runs, too; and given up with its interface
  refuse 4 "10.99.0.9/24 is taken by $Z-a" zone set "$Z-b" net.eth0.address=10.99.0.9/24
  zone stop -k "$Z-a"
  ok zone unset "$Z-a" net.eth0
  zone set "$Z-a" net.eth1.network=zonebr0
  ok zone set "$Z-b" net.eth0.address=10.99.0.9/24
  zone restart "$Z-b"
  same 10.99.0.9 "$(address "$Z-b" 4)"
}

@test "two interfaces on two networks" {
  zone network create lab --subnet 10.99.0.0/24
  mk "$Z" -s net.eth1.network=lab -s net.eth1.gateway=none
  zone start "$Z"
  has "$(zone exec "$Z" -- ip addr show eth1)" "inet 10.99.0.2/24"
  same 1 "$(zone exec "$Z" -- ip route | grep -c default)"
  zone exec "$Z" -- ping -c 1 -W 3 10.99.0.1
  same '["eth0","eth1"]' "$(zone info --json "$Z" | jq -c '[.nics[].name]')"
  same '["zonebr0","lab"]' "$(zone info --json "$Z" | jq -c '[.nics[].network]')"
}

@test "each step of a network's way up fails or is killed: the next command is as if nothing had been" {
  mk "$Z"
  local step mode n=0
  for step in $(fault_steps network) ; do
    for mode in "" :kill :after:kill; do
      echo "fault network:$step$mode" >&2
      run --separate-stderr env ZONE_TEST_FAIL_STEP="network:$step$mode" timeout 60 zone start "$Z"
      [ "$status" -ne 0 ] || fail "it started"
      if [ -z "$mode" ]; then
        run ! ip link show zonebr0
        same "" "$(nft list tables)"
      fi
      n=$((n + 1))
      if [ $((n % 2)) = 0 ]; then zone stop -k "$Z"; fi
      ok timeout 60 zone start "$Z"
      zone exec "$Z" -- ping -c 1 -W 3 "$(zone exec "$Z" -- ip route | awk '/^default/ { print $3 }')"
      zone stop -k "$Z"
      run ! ip link show zonebr0
      same "" "$(nft list tables)"
    done
  done
  [ "$n" -ge 12 ]
}

@test "each step of an interface's way fails or is killed" {
  mk "$Z"
  up "$Z-b"
  local step mode n=0
  for step in $(fault_steps nic) ; do
    for mode in "" :kill :after:kill; do
      echo "fault nic:$step$mode" >&2
      run --separate-stderr env ZONE_TEST_FAIL_STEP="nic:$step$mode" timeout 60 zone start "$Z"
      [ "$status" -ne 0 ] || fail "it started"
      n=$((n + 1))
      if [ $((n % 2)) = 0 ]; then zone stop -k "$Z"; fi
      ok timeout 60 zone start "$Z"
      zone exec "$Z" -- ping -c 1 -W 3 "$(address "$Z-b" 4)"
      zone stop -k "$Z"
    done
  done
  [ "$n" -ge 12 ]
  zone stop -k "$Z-b"
  same "" "$(nft list tables)"
}
