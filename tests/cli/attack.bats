#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# A hostile zone beside another one, which notices nothing.
load lib
load net

# What the victim believes of its surroundings, beside what the network itself may tell it at any time.
beliefs() {
  local router
  router=$(ip -6 -o addr show dev zonebr0 scope link | grep -o 'fe80[^/ ]*')
  nsenter -t "$(field "$Z-victim" .pid)" -n sh -c 'ip -o addr; ip route; ip -6 route; ip neigh | sort' |
    grep -vF "$router" | sed -E 's/ *valid_lft.*//; s/ (REACHABLE|STALE|DELAY|PROBE)$//'
}

@test "forged hardware addresses, ARP, neighbours, routers, DHCP and a flood: the victim notices nothing" {
  up "$Z-victim"
  up "$Z-evil"
  local victim4 gateway pid inside before size
  victim4=$(address "$Z-victim" 4)
  gateway=$(zone network info --json zonebr0 | jq -r '.ipv4 | sub("0/.*"; "1")')
  pid=$(field "$Z-evil" .pid)
  inside=$(field "$Z-victim" '.nics[0].mac')
  zone exec "$Z-victim" -- ping -c 2 "$gateway" >/dev/null
  sleep 2 # neighbours of both families have settled
  before=$(beliefs)
  size=$(bridge fdb show br zonebr0 | wc -l)
  zone exec "$Z-victim" -- ping -i 0.1 -c 60 -W 2 "$gateway" >"$T/pings" 3>&- &
  local pings=$!
  nsenter -t "$pid" -n python3 "$BATS_TEST_DIRNAME/attack.py" eth0 5 "$victim4" "$gateway" "$inside" >"$T/sent"
  [ "$(cat "$T/sent")" -gt 1000 ]
  wait "$pings"
  has "$(cat "$T/pings")" "60 packets received, 0% packet loss"
  run ! grep DUP "$T/pings"
  same "$before" "$(beliefs)"
  same "$size" "$(bridge fdb show br zonebr0 | wc -l)"
  # the host believes none of it either
  same "$inside" "$(ip neigh show "$victim4" dev zonebr0 | grep -o 'lladdr [^ ]*' | cut -d' ' -f2)"
  # all of it is counted, and the victim's own is nothing
  [ "$(field "$Z-evil" '.nics[0].drops')" -ge "$(cat "$T/sent")" ]
  same 0 "$(refused "$Z-victim")"
  # honest traffic of the same zone goes on
  zone exec "$Z-evil" -- ping -c 2 "$victim4" >/dev/null
}
