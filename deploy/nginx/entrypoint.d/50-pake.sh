#!/bin/sh
# What of nginx's configuration differs from one installation to the next, written from the environment at the start of the
# container. Then watches the certificate, and has nginx read it anew when it has changed.
#
#   PAKE_DOMAIN            the name that people use: pake.example.org
#   PAKE_PUBLIC_URL        the address that plain HTTP leads to [https://$PAKE_DOMAIN]
#   PAKE_ADMIN_NETWORKS    networks from which PAKE may be administered, separated by commas: 10.1.0.0/16,fd00::/8
#   PAKE_CERTIFICATE       file of the certificate, and those that vouch for it [/etc/pake/certificates/fullchain.pem]
#   PAKE_CERTIFICATE_KEY   file of its key [/etc/pake/certificates/privkey.pem]
#   PAKE_PROOFS            folder of what an authority asks for [/var/lib/pake/acme]
#   PAKE_FRONTEND          where the app's files are served [http://pake-frontend:8080]
#   PAKE_RESOLVER          who knows names [127.0.0.11, Docker's own]
set -eu

say() { printf 'pake: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

out=${PAKE_NGINX_OUT:-/tmp/pake}
sockets=${PAKE_SOCKETS:-/run/pake}
config=${PAKE_NGINX_CONFIG:-/etc/pake/nginx/nginx.conf}
domain=${PAKE_DOMAIN:-}
url=${PAKE_PUBLIC_URL:-https://$domain}
certificate=${PAKE_CERTIFICATE:-/etc/pake/certificates/fullchain.pem}
key=${PAKE_CERTIFICATE_KEY:-/etc/pake/certificates/privkey.pem}

# Nothing gets into the configuration that could be more than what it is meant to be.
plain() { # NAME VALUE PATTERN EXAMPLE
  printf '%s' "$2" | grep -Eqx "$3" || fail "$1 is \"$2\": give one like $4"
}
plain PAKE_DOMAIN "$domain" '[A-Za-z0-9.-]+' pake.example.org
plain PAKE_PUBLIC_URL "$url" 'https://[A-Za-z0-9.:-]+' https://pake.example.org
plain PAKE_CERTIFICATE "$certificate" '/[A-Za-z0-9._/-]+' /etc/pake/certificates/fullchain.pem
plain PAKE_CERTIFICATE_KEY "$key" '/[A-Za-z0-9._/-]+' /etc/pake/certificates/privkey.pem
plain PAKE_PROOFS "${PAKE_PROOFS:=/var/lib/pake/acme}" '/[A-Za-z0-9._/-]+' /var/lib/pake/acme
plain PAKE_FRONTEND "${PAKE_FRONTEND:=http://pake-frontend:8080}" 'http://[A-Za-z0-9.:-]+' http://pake-frontend:8080
plain PAKE_RESOLVER "${PAKE_RESOLVER:=127.0.0.11}" '[0-9a-fA-F.:]+' 127.0.0.11

mkdir -p "$out"

{
  # shellcheck disable=SC2016  # a variable of nginx
  printf 'geo $is_admin_network {\n    default 0;\n'
  for network in $(printf '%s' "${PAKE_ADMIN_NETWORKS:-}" | tr ',' ' '); do
    plain PAKE_ADMIN_NETWORKS "$network" '[0-9a-fA-F.:]+(/[0-9]{1,3})?' 10.1.0.0/16
    printf '    %s 1;\n' "$network"
  done
  printf '}\n'
} >"$out/networks.conf"

cat >"$out/plain.conf" <<CONF
location /.well-known/acme-challenge/ {
    root $PAKE_PROOFS;
}
location / {
    # What was to be changed has been on the way in the clear: whoever sent it has to know.
    if (\$request_method !~ ^(GET|HEAD)\$) {
        return 403;
    }
    return 308 $url\$request_uri;
}
CONF

# Until there is a certificate (the authority asks at this very server first), nginx starts with one that nobody believes.
# nginx reads copies, so that a renewal is taken up as a whole or not at all.
take_certificate() {
  if [ -r "$certificate" ] && [ -r "$key" ]; then
    cat "$certificate" >"$out/fullchain.pem" && (umask 077 && cat "$key" >"$out/privkey.pem")
  elif [ ! -e "$out/fullchain.pem" ]; then
    say "there is no certificate at $certificate yet: starting with one of my own, which no browser believes"
    (umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=$domain" \
      -addext "subjectAltName=DNS:$domain" -keyout "$out/privkey.pem" -out "$out/fullchain.pem" 2>/dev/null)
  fi
}
# Whom nginx believes about the certificate (OCSP): those that vouch for it and those that the system knows. Not always is it the
# authority itself that signs what it says.
believe() { cat "$out/fullchain.pem" /etc/ssl/certs/ca-certificates.crt >"$out/trusted.pem" 2>/dev/null || true; }
stamp() { cat "$certificate" "$key" 2>/dev/null | cksum; }
take_certificate
believe

cat >"$out/server.conf" <<CONF
server_name $domain;
ssl_certificate $out/fullchain.pem;
ssl_certificate_key $out/privkey.pem;
ssl_trusted_certificate $out/trusted.pem;
resolver $PAKE_RESOLVER valid=10s ipv6=off;
set \$frontend $PAKE_FRONTEND;
CONF

# Who is live, when nobody has said so yet: a deployment renames this link.
[ -L "$sockets/active.sock" ] || ln -s blue.sock "$sockets/active.sock" || say "cannot say who is live in $sockets"

watch_certificate() {
  known=$(stamp)
  while sleep "${PAKE_CERTIFICATE_SECONDS:-60}"; do
    now=$(stamp)
    [ "$now" = "$known" ] && continue
    known=$now
    take_certificate
    believe
    # A certificate that is no good leaves nginx with the one it has.
    if nginx -c "$config" -t 2>"$out/test.log"; then
      nginx -c "$config" -s reload && say "took up the new certificate"
    else
      say "the new certificate is no good: $(tail -n 2 "$out/test.log")"
    fi
  done
}
[ "${PAKE_CERTIFICATE_SECONDS:-60}" = 0 ] || watch_certificate &
