#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Ports of the host that lead to zones. The host is 192.0.2.1 and 2001:db8::1, the world outside .2 and ::2.
load lib
load net

prepare_file() {
  outside
}

clean_file() {
  cut_outside
}

# A zone with a service that says its name on port 80, over TCP.
web() { # NAME [ARGS of create]
  local name=$1
  shift
  mk "$name" "$@"
  zone start "$name"
  serve_in "$name" 80 "$name"
}

elements() { # how many ports are forwarded at all
  nft -j list ruleset | jq '[.nftables[].map // empty | select(.name | test("^(any|one)[46]$")) | .elem // [] | length] | add // 0'
}

@test "from outside, from the host by each of its addresses, from another zone, from the zone itself" {
  web "$Z-a"
  up "$Z-b"
  ok zone forward add "$Z-a" 8080 80
  same "$Z-a" "$(ask_outside 192.0.2.1 8080)"
  same "$Z-a" "$(ask_outside '[2001:db8::1]' 8080)"
  same "$Z-a" "$(ask 127.0.0.1 8080)"
  same "$Z-a" "$(ask 192.0.2.1 8080)"
  same "$Z-a" "$(ask 10.77.0.1 8080)"
  same "$Z-a" "$(ask '[2001:db8::1]' 8080)"
  # what cannot lead there is refused at once
  run ask '[::1]' 8080
  has "$output" "Connection refused"
  same "$Z-a" "$(ask_in "$Z-b" 192.0.2.1 8080)"
  same "$Z-a" "$(ask_in "$Z-b" 10.77.0.1 8080)"
  same "$Z-a" "$(ask_in "$Z-b" 2001:db8::1 8080)"
  same "$Z-a" "$(ask_in "$Z-a" 192.0.2.1 8080)"
  # what goes elsewhere is not caught
  run ! ask_in "$Z-b" 192.0.2.2 8080
}

@test "on a network without NAT, in both families" {
  zone network create "$Z" --no-nat --subnet 10.99.0.0/24
  echo 0 >/proc/sys/net/ipv4/ip_forward
  echo 0 >/proc/sys/net/ipv6/conf/all/forwarding
  mk "$Z" -s net.eth0.network="$Z"
  ok zone start "$Z"
  has "$stderr" "IPv6 forwarding was off and is now on .*: a routed network needs it"
  echo 0 >/proc/sys/net/ipv6/conf/all/forwarding
  ok zone forward add "$Z" 8080 80
  has "$stderr" "IPv6 forwarding was off and is now on .*: forwarded ports need it"
  serve_in "$Z" 80 routed
  same routed "$(ask_outside 192.0.2.1 8080)"
  same routed "$(ask_outside '[2001:db8::1]' 8080)"
  zone destroy -f -s "$Z"
  zone network rm "$Z"
}

@test "it comes with the zone, goes with it, and is kept" {
  mk "$Z"
  ok zone forward add "$Z" 8080 80
  run ! ask 192.0.2.1 8080
  zone start "$Z"
  serve_in "$Z" 80 hello
  same hello "$(ask_outside 192.0.2.1 8080)"
  zone stop -k "$Z"
  run ! ask_outside 192.0.2.1 8080
  same 0 "$(elements)"
  zone start "$Z"
  serve_in "$Z" 80 again
  same again "$(ask_outside 192.0.2.1 8080)"
  same 80 "$(zone get "$Z" forward.8080 | cut -d= -f2 | tr -d ' "')"
}

@test "a running zone's are added and removed at once" {
  web "$Z"
  zone forward add "$Z" 8080 80
  zone forward add "$Z" 8081 80
  same "$Z" "$(ask_outside 192.0.2.1 8081)"
  ok zone forward rm "$Z" 8081
  run ! ask_outside 192.0.2.1 8081
  same "$Z" "$(ask_outside 192.0.2.1 8080)"
  ok zone set "$Z" forward.8082=80
  has "$output" "forward.8082: applied"
  same "$Z" "$(ask_outside 192.0.2.1 8082)"
  ok zone set "$Z" forward.8082=81
  run ! ask_outside 192.0.2.1 8082
  zone unset "$Z" forward.8080 forward.8082
  same 0 "$(elements)"
  refuse 3 "port 8080 is not forwarded" zone forward rm "$Z" 8080
}

@test "udp" {
  mk "$Z"
  zone start "$Z"
  zone forward add "$Z" 5353/udp 5000
  serve_in "$Z" 5000 pong
  same pong "$(ask_outside_udp 192.0.2.1 5353)"
  same pong "$(ask_outside_udp '[2001:db8::1]' 5353)"
  run ! ask_outside 192.0.2.1 5353
  # who goes on sending is not served any longer than the port is forwarded
  flow() { echo ping | ip netns exec outside socat -t 1 -T 1 - "UDP:$1:5353,sourceport=4444" || true; }
  same pong "$(flow 192.0.2.1)"
  same pong "$(flow '[2001:db8::1]')"
  zone forward add "$Z" 5354/udp 5000
  same pong "$(flow 192.0.2.1)"
  zone forward rm "$Z" 5353/udp
  same "" "$(flow 192.0.2.1)$(flow '[2001:db8::1]')"
}

@test "a range leads to as many ports in order" {
  mk "$Z"
  zone start "$Z"
  serve_in "$Z" 7000 first
  serve_in "$Z" 7009 last
  ok zone forward add "$Z" 9000-9009 7000
  same first "$(ask_outside 192.0.2.1 9000)"
  same last "$(ask_outside 192.0.2.1 9009)"
  run ! ask_outside 192.0.2.1 9010
  same 20 "$(elements)"
  zone forward rm "$Z" 9000-9009
  same 0 "$(elements)"
}

@test "a large range" {
  up "$Z"
  ok zone forward add "$Z" 20000-29999/udp 20000
  same 20000 "$(elements)"
  zone stop -k "$Z"
  same 0 "$(elements)"
}

@test "one address of the host only" {
  web "$Z"
  ip addr add 192.0.2.9/24 dev up0
  ok zone forward add "$Z" 192.0.2.9:8080 80
  same "$Z" "$(ask_outside 192.0.2.9 8080)"
  same "$Z" "$(ask 192.0.2.9 8080)"
  run ! ask_outside 192.0.2.1 8080
  run ! ask 127.0.0.1 8080
  ok zone forward add "$Z" '[2001:db8::1]:8080' 80
  same "$Z" "$(ask_outside '[2001:db8::1]' 8080)"
  ip addr del 192.0.2.9/24 dev up0
}

@test "a port in use is refused, with its holder" {
  mk "$Z-a"
  mk "$Z-b"
  zone forward add "$Z-a" 8080 80
  refuse 4 "port 8080 is forwarded to zone $Z-a" zone forward add "$Z-b" 8080 80
  refuse 4 "forwarded to zone $Z-a" zone forward add "$Z-b" 192.0.2.1:8080 80
  refuse 4 "forwarded to zone $Z-a" zone forward add "$Z-b" 8000-8100 80
  refuse 4 "forwarded to zone $Z-a" zone forward add "$Z-a" 8080/tcp 81
  ok zone forward add "$Z-b" 8080/udp 80
  socat TCP6-LISTEN:8090,fork 'SYSTEM:true' 3>&- &
  local server=$!
  until_true 5 sh -c "ss -Hlnt sport = :8090 | grep -q ."
  refuse 4 "port 8090 is in use by socat \(process $server\)" zone forward add "$Z-b" 8090 80
  refuse 4 "in use by socat" zone forward add "$Z-b" 8085-8095 80
  ok zone forward add "$Z-b" 8090/udp 80
  # whatever way it comes in
  refuse 4 "port 8080 is forwarded to zone $Z-a" zone set "$Z-b" forward.8080=80
  refuse 4 "port 8080 is forwarded to zone $Z-a" zone create "$Z-c" -t busybox -s forward.8000-8080=80
  refuse 3 . zone info "$Z-c"
  # who listens by then is found when the zone starts
  zone set "$Z-b" forward.8090=80
  refuse 4 "port 8090 is in use by socat" zone start "$Z-b"
  same STOPPED "$(state "$Z-b")"
  same 0 "$(elements)"
  kill "$server"
  wait "$server" || true
  zone set "$Z-b" forward.8070=80
  sed -i s/8070/8080/ "$ZONE_VAR/$Z-b/zone.conf" # behind our back
  zone start "$Z-a"
  refuse 4 "port 8080 is forwarded to zone $Z-a" zone start "$Z-b"
  same 2 "$(elements)"
  # and of a running one nothing changes when one of several is in use
  zone unset "$Z-b" forward.8080
  zone start "$Z-b"
  refuse 4 "forwarded to zone $Z-a" zone set "$Z-b" forward.8070=80 forward.8080=80
  lacks "$(zone get "$Z-b")" "forward.8070"
  same $((2 + 2 * 3)) "$(elements)"
}

@test "bad ports are usage errors, and leave nothing" {
  mk "$Z"
  local bad
  for bad in 0 65536 80-79 x 80/sctp '1.2.3:80' ::1:80 '[::1]' 80- ''; do
    refuse 2 . zone forward add "$Z" "$bad" 80
  done
  refuse 2 "not a port" zone forward add "$Z" 80 0
  refuse 2 "nothing leads away from ::1" zone forward add "$Z" '[::1]:80' 80
  refuse 2 "beyond 65535" zone forward add "$Z" 1-100 65500
  refuse 3 . zone forward add nosuch 80 80
  same "[]" "$(zone forward ls --json)"
  # no interface that it could lead to
  mk "$Z-n" -s net.eth0.type=none
  zone forward add "$Z-n" 8080 80
  refuse 4 "no interface that ports could lead to" zone start "$Z-n"
}

@test "ls" {
  mk "$Z-a"
  mk "$Z-b"
  zone forward add "$Z-a" 8080 80
  zone forward add "$Z-a" 192.0.2.1:5000-5009/udp 6000
  zone forward add "$Z-b" '[2001:db8::1]:443' 443
  same 3 "$(zone forward ls --json | jq length)"
  same "$(jq -nc --arg z "$Z-a" '{zone:$z,port:"192.0.2.1:5000-5009/udp",protocol:"udp",address:"192.0.2.1",first_port:5000,last_port:5009,zone_port:6000}')" \
    "$(zone forward ls --json "$Z-a" | jq -c '.[] | select(.protocol == "udp")')"
  has "$(zone forward ls)" "^$Z-a *udp *192.0.2.1 *5000-5009 *6000-6009$"
  has "$(zone forward ls "$Z-b")" "^$Z-b *tcp *2001:db8::1 *443 *443$"
  same "$(zone forward ls)" "$(zone forward list)"
}

@test "a kill in the middle of start or stop leaves none behind" {
  mk "$Z"
  zone forward add "$Z" 8080 80
  local step
  for step in net:kill net:after:kill release:kill; do
    run env ZONE_TEST_FAIL_STEP="start:$step" timeout 30 zone start "$Z"
    [ "$status" -ne 0 ]
    zone stop -k "$Z"
    same 0 "$(elements)"
  done
  web "$Z-b"
  zone forward add "$Z-b" 8081 80
  nft flush ruleset
  zone network up zonebr0
  ok zone forward rm "$Z-b" 8081
  ok zone forward add "$Z-b" 8082 80
  same "$Z-b" "$(ask_outside 192.0.2.1 8082)"
  zone stop -k "$Z-b"
  zone network down zonebr0
}
