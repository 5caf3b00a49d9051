#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What a zone may send, as its owner meets it. The forged frames are in tests/kernel/test_net_guard.c.
load lib
load net

drops() {
  field "$1" '.nics[0].drops'
}

# Two zones that know each other; sets GW, A and B.
two() {
  mk "$Z-a"
  mk "$Z-b"
  zone start "$Z-a" "$Z-b"
  A=$(address "$Z-a" 4) B=$(address "$Z-b" 4)
  GW=$(zone exec "$Z-a" -- ip route | awk '/^default/ { print $3 }')
  zone exec "$Z-a" -- ping -c 1 -W 3 "$B"
  same 0 "$(refused "$Z-a")"
}

@test "with another hardware address a zone reaches nobody, and that is counted" {
  two
  zone exec "$Z-a" -- ip link set eth0 address 02:00:00:00:66:66
  run ! zone exec "$Z-a" -- ping -c 1 -W 1 "$B"
  run ! zone exec "$Z-a" -- ping -c 1 -W 1 "$GW"
  [ "$(drops "$Z-a")" -gt 0 ]
  has "$(zone info "$Z-a")" "[Dd]rop"
  zone exec "$Z-a" -- ip link set eth0 address "$(field "$Z-a" '.nics[0].mac')"
  zone exec "$Z-a" -- ping -c 1 -W 3 "$B"
  same 0 "$(refused "$Z-b")"
}

@test "with another's address a zone deceives neither the host nor a zone" {
  two
  zone exec "$Z-a" -- ip addr add "$B/16" dev eth0
  zone exec "$Z-a" -- ip addr add "$GW/16" dev eth0
  zone exec "$Z-a" -- arping -q -U -c 2 -w 2 -I eth0 "$B" || true
  zone exec "$Z-a" -- arping -q -U -c 2 -w 2 -I eth0 "$GW" || true
  [ "$(drops "$Z-a")" -ge 2 ]
  local mac
  mac=$(field "$Z-b" '.nics[0].mac')
  busybox ping -c 1 -W 3 "$B"
  has "$(ip neigh show "$B")" "$mac"
  zone exec "$Z-b" -- ping -c 1 -W 3 "$GW"
  lacks "$(zone exec "$Z-b" -- ip neigh show "$GW")" "$(field "$Z-a" '.nics[0].mac')"
  same 0 "$(refused "$Z-b")"
}

@test "an opened guard lets it out: the next start has it" {
  two
  zone set "$Z-a" net.eth0.guard.mac=false
  zone restart "$Z-a"
  zone exec "$Z-a" -- ip link set eth0 address 02:00:00:00:66:66
  zone exec "$Z-a" -- ping -c 1 -W 3 "$B"
  zone set "$Z-a" net.eth0.guard.mac=true net.eth0.guard.ipv4=no
  zone restart "$Z-a"
  zone exec "$Z-a" -- ip addr add 10.77.200.9/16 dev eth0
  zone exec "$Z-a" -- ping -c 1 -W 3 -I 10.77.200.9 "$B"
  zone exec "$Z-a" -- ip link set eth0 address 02:00:00:00:66:66
  run ! zone exec "$Z-a" -- ping -c 1 -W 1 "$B"
}

@test "the host takes no router from its zones" {
  two
  same 0 "$(cat /proc/sys/net/ipv6/conf/zonebr0/accept_ra)"
}

@test "zones do not reach the host's 127.0.0.1" {
  two
  socat TCP4-LISTEN:8099,bind=127.0.0.1,fork,reuseaddr 'SYSTEM:echo secret' 3>&- &
  local server=$!
  until_true 5 sh -c "ss -Hlnt sport = :8099 | grep -q ."
  same secret "$(ask 127.0.0.1 8099)"
  zone exec "$Z-a" -- ip addr del 127.0.0.1/8 dev lo
  zone exec "$Z-a" -- ip route add 127.0.0.1 via "$GW"
  echo 1 >/proc/sys/net/ipv4/conf/zonebr0/route_localnet
  run ! ask_in "$Z-a" 127.0.0.1 8099
  kill "$server"
}
