# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# For the demo and the tests: a signing key, and a stock web server with TLS on a free port of loopback,
# each in a directory of its own and ended by its process id.

# gpg_key DIR: a throw-away signing key; public half in DIR/key.gpg, its id in GPG_KEY and DIR/id.
gpg_key() {
  mkdir -m 700 "$1"
  gpg --homedir "$1" --batch --quiet --passphrase '' --quick-gen-key 'zone test <test@localhost>' \
    ed25519 sign never 2>/dev/null </dev/null
  gpg --homedir "$1" --batch --export >"$1/key.gpg"
  GPG_KEY=$(gpg --homedir "$1" --batch --quiet --list-keys --with-colons 2>/dev/null | awk -F: '/^fpr/ { print $10; exit }')
  echo "$GPG_KEY" >"$1/id"
  gpgconf --homedir "$1" --kill all
}

# web_start TREE WORK [LOCATIONS]: serve TREE at https://localhost:$WEB_PORT; the authority is $WEB_CA, the
# process $WEB_PID. LOCATIONS is more text for nginx's server block.
web_start() {
  local tree=$1 work=$2 extra=${3:-} try
  mkdir -p "$work"
  if [ ! -e "$work/server.pem" ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=zone-test-ca \
      -keyout "$work/ca.key" -out "$work/ca.pem" 2>/dev/null
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost \
      -keyout "$work/server.key" -out "$work/server.csr" 2>/dev/null
    openssl x509 -req -in "$work/server.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial -days 2 \
      -extfile <(echo subjectAltName=DNS:localhost,IP:127.0.0.1) -out "$work/server.pem" 2>/dev/null
  fi
  # shellcheck disable=SC2034 # for the caller
  WEB_CA=$work/ca.pem
  for try in 1 2 3 4 5; do
    WEB_PORT=$((RANDOM % 20000 + 20000))
    cat >"$work/nginx.conf" <<CONF
daemon off; master_process off; user root; pid $work/nginx.pid; error_log $work/error.log;
events {}
http {
  access_log $work/access.log; default_type application/octet-stream;
  client_body_temp_path $work/t1; proxy_temp_path $work/t2; fastcgi_temp_path $work/t3;
  uwsgi_temp_path $work/t4; scgi_temp_path $work/t5;
  server {
    listen 127.0.0.1:$WEB_PORT ssl; server_name localhost;
    ssl_certificate $work/server.pem; ssl_certificate_key $work/server.key;
    root $tree;
    $extra
  }
}
CONF
    # Descriptor 3 is what bats waits for.
    nginx -c "$work/nginx.conf" -e "$work/error.log" </dev/null >/dev/null 2>&1 3>&- &
    WEB_PID=$!
    for _ in $(seq 50); do
      kill -0 "$WEB_PID" 2>/dev/null || continue 2 # the port was taken
      if (exec 4<>"/dev/tcp/127.0.0.1/$WEB_PORT") 2>/dev/null; then return 0; fi
      sleep 0.1
    done
    web_stop
  done
  echo "no web server after $try tries: $(tail -n 1 "$work/error.log")" >&2
  return 1
}

web_stop() {
  if [ -n "${WEB_PID:-}" ]; then
    kill "$WEB_PID" 2>/dev/null || true
    wait "$WEB_PID" 2>/dev/null || true
    WEB_PID=
  fi
}
