#!/bin/sh
# Gets a certificate for $PAKE_DOMAIN and renews it before it ends; puts it where nginx looks, readable for its group alone.
set -eu
give() {
  live="/etc/letsencrypt/live/$PAKE_DOMAIN"
  for name in fullchain privkey; do
    install -m 0640 "$live/$name.pem" "/etc/pake/certificates/.$name.pem"
    chown 0:10001 "/etc/pake/certificates/.$name.pem"
    mv "/etc/pake/certificates/.$name.pem" "/etc/pake/certificates/$name.pem"
  done
}
while true; do
  if certbot certonly --non-interactive --agree-tos --email "$PAKE_CONTACT" --webroot --webroot-path /var/lib/pake/acme \
    --server "${PAKE_ACME_DIRECTORY:-https://acme-v02.api.letsencrypt.org/directory}" \
    --domain "$PAKE_DOMAIN" --cert-name "$PAKE_DOMAIN" --keep-until-expiring --key-type ecdsa; then
    give
    sleep "${PAKE_ACME_SECONDS:-43200}"
  else
    # What is there stays. Authorities count failures: Let's Encrypt lets five an hour pass.
    echo "pake: no certificate for $PAKE_DOMAIN; tried again in an hour" >&2
    sleep "${PAKE_ACME_PAUSE:-3600}"
  fi
done
