# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# For tests of networks: a machine outside of the host, and small services.

# A machine at 192.0.2.2 and 2001:db8::2 that knows no way to the zones. It goes with the namespace of the run;
# cut_outside ends it before.
outside() {
  ip netns add outside
  ip link add up0 type veth peer name eth0 netns outside
  ip addr add 192.0.2.1/24 dev up0
  ip -6 addr add 2001:db8::1/64 dev up0 nodad
  ip link set up0 up
  ip -n outside addr add 192.0.2.2/24 dev eth0
  ip -n outside -6 addr add 2001:db8::2/64 dev eth0 nodad
  ip -n outside link set eth0 up
  ip -n outside link set lo up
}

cut_outside() {
  ip link del up0 2>/dev/null || true
  ip netns del outside 2>/dev/null || true
}

# serve_outside PORT: a TCP service there that tells each client where it comes from; stop_server ends it.
serve_outside() {
  SERVERS=()
  local v
  for v in 4 6; do
    # shellcheck disable=SC2016 # for socat's shell
    ip netns exec outside socat "TCP$v-LISTEN:$1,fork,reuseaddr$([ $v = 4 ] || echo ,ipv6only)" \
      'SYSTEM:echo $SOCAT_PEERADDR' 3>&- &
    SERVERS+=($!)
    until_true 5 sh -c "ip netns exec outside ss -H$v -lnt sport = :$1 | grep -q ."
  done
}

stop_server() {
  kill "${SERVERS[@]}" 2>/dev/null || true
  wait "${SERVERS[@]}" 2>/dev/null || true
}

# The address of a zone, family 4 or 6.
address() {
  field "$1" ".ipv$2[0]"
}

# A service in zone NAME at PORT, TCP and UDP, both families, which answers everybody with WORD.
serve_in() { # NAME PORT WORD
  zone exec "$1" -- /bin/sh -c '[ -x /bin/answer ] || { cat >/bin/answer && chmod 755 /bin/answer; }' <"$ZONE_TEST_TOOLS/answer"
  zone exec "$1" -- /bin/answer "$2" "$3" >/dev/null 2>&1 3>&- &
  until_true 5 sh -c "zone exec '$1' -- netstat -lnu | grep -q ':$2 '"
}

# What the service at ADDRESS PORT says to the host, or to the machine outside.
ask() {
  socat -t 3 -T 3 - "TCP:$1:$2,connect-timeout=3" </dev/null
}
ask_outside() {
  ip netns exec outside socat -t 3 -T 3 - "TCP:$1:$2,connect-timeout=3" </dev/null
}
ask_outside_udp() {
  echo ping | ip netns exec outside socat -t 2 -T 2 - "UDP:$1:$2"
}
# … to zone NAME.
ask_in() {
  zone exec "$1" -- /bin/sh -c "nc -w 3 $2 $3 </dev/null"
}

# remove_networks: after a test, once no zone is on them.
remove_networks() {
  local n
  for n in $(zone network ls --json | jq -r '.[].name'); do
    zone network down "$n"
    zone network rm "$n"
  done
}

# The kernel takes the links of ended zones away in its own time.
links_gone() {
  until_true 10 sh -c '! ip link show | grep -q " z[0-9]"'
}

# refused NAME: how many of its packets the guards took, without what a link loses while its other end comes up.
refused() {
  nft -j list set bridge zone drops | jq --arg p "$(field "$1" '.nics[0].host_name')" \
    '[.nftables[].set // empty | .elem // [] | .[].elem | select(.val == $p) | .counter.packets] | add // "not guarded"'
}
