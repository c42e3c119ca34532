#!/bin/sh
# What a deployment asks of PAKE, and nothing else.
set -eu
case $1 in
migrate)
  [ "$2" = status ] && echo '{"steps":[{"version":13,"kind":"expand","name":"tags","state":"due"}]}'
  exit 0
  ;;
doctor)
  echo '[{"what":"start","result":"good","said":"everything opens"}]'
  exit 0
  ;;
smoke)
  exit 0
  ;;
maintenance)
  if [ "$2" = put-back ]; then
    echo '{"taken_at":"2026-11-26T20:14:03.123Z","migration":13,"lost":{"searches":1,"accounts":0,"audit":2}}'
    exit 0
  fi
  echo 'waiting for a job' >&2
  echo '{"result":{"is_checked":true,"file":"backups/pake.zip"}}'
  exit 0
  ;;
esac
socket=${PAKE_SERVER__LISTEN#unix:}
rm -f "$socket"
cat >/tmp/nginx.conf <<CONF
pid /tmp/nginx.pid;
error_log stderr warn;
worker_processes 1;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  add_header pake-release "${PAKE_SERVER__RELEASE:-}" always;
  server {
    listen unix:$socket;
    location = /readyz { return $READY; }
    location = /healthz { return 204; }
    location / { return 200; }
  }
}
CONF
umask 000
exec nginx -c /tmp/nginx.conf -g 'daemon off;'
