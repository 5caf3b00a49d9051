#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2046 # server_options are words
load lib

ARCH=$(dpkg --print-architecture)

prepare_file() {
  publish_tiny testos one --build 20260101_00:00
  publish_tiny testos two --build 20260101_00:00
  web_start "$T/www" "$T/web"
  export WEB_PORT WEB_PID WEB_CA
}
clean_file() { web_stop; }
teardown() {
  [ -n "${T:-}" ] || return 1
  zone destroy -f -s --all
  zone image prune --all >/dev/null
  rm -rf "$ZONE_CACHE"
}

@test "publish writes simplestreams, classic index, hashes and signatures" {
  local b="$T/www/images/testos/one/$ARCH/default/20260101_00:00"
  [ -s "$b/rootfs.tar.xz" ] && [ -s "$b/meta.tar.xz" ] && [ -s "$b/SHA256SUMS" ] && [ -s "$b/SHA256SUMS.asc" ]
  (cd "$b" && sha256sum -c --quiet SHA256SUMS)
  gpgv --keyring "$T/gpg/key.gpg" "$b/SHA256SUMS.asc" "$b/SHA256SUMS"
  has "$(cat "$T/www/meta/1.0/index-system")" "^testos;one;$ARCH;default;20260101_00:00;/images/testos/one/$ARCH/default/20260101_00:00/$"
  jq -e '.format == "index:1.0" and (.index.images.products | length == 2)' "$T/www/streams/v1/index.json"
  local item
  item=$(jq -c --arg k "testos:one:$ARCH:default" '.products[$k].versions["20260101_00:00"].items["root.tar.xz"]' "$T/www/streams/v1/images.json")
  same "$(sha256sum "$b/rootfs.tar.xz" | cut -d' ' -f1)" "$(jq -r .sha256 <<<"$item")"
  same "$(stat -c %s "$b/rootfs.tar.xz")" "$(jq -r .size <<<"$item")"
  same "$(readlink -f "$b/rootfs.tar.xz")" "$(readlink -f "$T/www/$(jq -r .path <<<"$item")")"
}

@test "published xz has several blocks when there is enough to pack" {
  seq 3000000 >"$T/tree/big"
  publish_tiny testos big
  rm "$T/tree/big"
  local f
  f=$(ls "$T/www/images/testos/big/$ARCH/default"/*/rootfs.tar.xz)
  [ "$(xz --robot --list "$f" | awk '/^file/ { print $3 }')" -gt 1 ]
}

@test "publish adds and --keep drops old builds, of that product only" {
  publish_tiny testos keep --build 20260101_00:00
  publish_tiny testos keep --build 20260102_00:00
  publish_tiny testos keep --build 20260103_00:00 --keep 2
  same "20260102_00:00
20260103_00:00" "$(ls "$T/www/images/testos/keep/$ARCH/default")"
  has "$(cat "$T/www/meta/1.0/index-system")" "testos;keep;.*;20260103_00:00;"
  same 1 "$(grep -c 'testos;keep;' "$T/www/meta/1.0/index-system")"
  has "$(cat "$T/www/meta/1.0/index-system")" "testos;one;"
  same 2 "$(jq --arg k "testos:keep:$ARCH:default" '.products[$k].versions | length' "$T/www/streams/v1/images.json")"
}

@test "publish of a zone and of a directory; names default to os-release's" {
  # shellcheck disable=SC2046
  zone -q create "$Z" -t download -- -d testos -r one $(server_options)
  printf mark | zone push "$Z" - /etc/mark
  zone -q image publish "$Z" --dir "$T/www2"
  has "$(cat "$T/www2/meta/1.0/index-system")" "^testos;one;$ARCH;default;"
  zone -q image publish "$T/tree" --dir "$T/www2" -r two
  has "$(cat "$T/www2/meta/1.0/index-system")" "^testos;two;"
  xz -dc "$T/www2/images/testos/one/$ARCH/default"/*/rootfs.tar.xz | tar -tf - | grep -qx ./etc/mark
}

@test "publish refuses bad names, builds and sources" {
  refuse 2 . zone image publish "$T/tiny.tar.xz" --dir "$T/www3" -d 'a/b' -r x
  refuse 2 . zone image publish "$T/tiny.tar.xz" --dir "$T/www3" -d 'a;b' -r x
  refuse 2 . zone image publish "$T/tiny.tar.xz" --dir "$T/www3" -d a -r x --build yesterday
  run zone image publish "$T/nosuch.tar.xz" --dir "$T/www3" -d a -r x
  [ "$status" -ne 0 ]
  refuse 2 . zone image publish "$T/tiny.tar.xz"
  [ ! -e "$T/www3/meta/1.0/index-system" ]
}

@test "ls --remote lists the server; ls what is cached" {
  ok zone image ls --remote $(server_options)
  has "$output" "testos +one +$ARCH +default +20260101_00:00"
  same "one" "$(zone image ls --remote -r one $(server_options) --json | jq -r '.[].release')"
  same "[]" "$(zone image ls --json)"
  zone -q image pull testos/one $(server_options)
  zone image ls --json | jq -e --arg a "$ARCH" 'length == 1 and (.[0] | .dist == "testos" and .release == "one" and .arch == $a and .variant == "default"
    and .build == "20260101_00:00" and .cached and .verified == "signature" and .size_bytes > 0 and (.sha256 | test("^[0-9a-f]{64}$")))'
}

@test "pull: with architecture and variant, again is quick and downloads nothing" {
  zone -q image pull "testos/one/$ARCH/default" $(server_options)
  local before
  before=$(grep -c rootfs "$T/web/access.log")
  zone -q image pull testos/one $(server_options)
  same "$before" "$(grep -c rootfs "$T/web/access.log")"
}

@test "pull refuses what is no image name, and what the server does not have is 3" {
  local i
  for i in testos testos/one/amd64/default/x /testos/one testos//one '../../etc' 'a b/c' ''; do
    refuse 2 . zone image pull "$i" $(server_options)
  done
  refuse 3 "nosuch" zone image pull testos/nosuch $(server_options)
}

@test "rm: an image in use is 4 with its users' names; then it goes" {
  zone -q create "$Z" -t download -- -d testos -r one $(server_options)
  refuse 4 "$Z" zone image rm testos/one
  zone -q start "$Z"
  zone -q destroy -f "$Z"
  ok zone image rm testos/one
  same "[]" "$(zone image ls --json)"
  refuse 3 . zone image rm testos/one
}

@test "prune skips images in use" {
  zone -q create "$Z" -t download -- -d testos -r one $(server_options)
  zone -q image pull testos/two $(server_options)
  ok zone image prune --all
  same one "$(zone image ls --json | jq -r '.[] | select(.cached) | .release')"
  zone start "$Z"
}

@test "verify tells whether a stored image is whole" {
  zone -q image pull testos/one $(server_options)
  ok zone image verify
  ok zone image verify testos/one
  find "$ZONE_CACHE" -type f -name 'rootfs*' -exec sh -c 'printf x >>"$1"' - {} \;
  rm -rf "$ZONE_VAR"/.images/*/rootfs
  run --separate-stderr zone image verify testos/one
  same 1 "$status"
}

@test "a snapshot keeps its image" {
  zone -q create "$Z" -t download -- -d testos -r one $(server_options)
  zone snapshot "$Z"
  refuse 4 "$Z" zone image rm testos/one
}

@test "relative paths are taken from where the user is" {
  cd "$T"
  zone -q image publish tiny.tar.xz --dir www4 -d testos -r rel --sign "$(cat gpg/id)" --gnupghome gpg
  gpgconf --homedir "$T/gpg" --kill all
  [ -s www4/streams/v1/images.json.gpg ]
  zone -q create "$Z" -t local -- -f tiny.tar.xz
  zone -q image pull testos/one --server "https://localhost:$WEB_PORT" --keyring gpg/key.gpg --cafile web/ca.pem
}

@test "a key that cannot sign is told before the long work, and nothing is published" {
  head -c 30000000 /dev/urandom >"$T/tree/big"
  refuse 1 "sign|key" timeout 5 zone image publish "$T/tree" --dir "$T/www5" -d testos -r nokey --sign 0123456789ABCDEF --gnupghome "$T/gpg"
  rm "$T/tree/big"
  gpgconf --homedir "$T/gpg" --kill all
  [ ! -e "$T/www5/streams/v1/images.json" ]
  lacks "$stderr" "pack:"
}
