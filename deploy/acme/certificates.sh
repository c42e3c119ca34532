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
  certbot certonly --non-interactive --agree-tos --email "$PAKE_CONTACT" --webroot --webroot-path /var/lib/pake/acme \
    --domain "$PAKE_DOMAIN" --cert-name "$PAKE_DOMAIN" --keep-until-expiring --key-type ecdsa && give
  sleep 43200
done
