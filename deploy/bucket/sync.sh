#!/usr/bin/env bash
# Copies the web app as it was built into a bucket (S3, or whatever speaks as it does), for a CDN or for browsers to get it from.
#
#   deploy/bucket/sync.sh [OPTIONS] s3://BUCKET[/FOLDER]
#
#   --from FOLDER      where the app was built [web/dist]
#   --image IMAGE      or the image it is in: pake-frontend:local
#   --endpoint URL     where the bucket is, when that is not Amazon's: https://storage.example.org
#   --encoding KIND    how texts lie there, for a bucket has each once: gzip, br (smaller; for https only) or none [gzip]
#   --origin URL       lets pages of this PAKE load from the bucket (CORS); takes the place of the bucket's rules
#   --pages            the pages and the service worker too, for a CDN that serves everything under one name; they come without
#                      the policy (CSP) that PAKE gives them, so give them one there
#   --dry-run          says what would be copied, and copies nothing
#
# What has its content in its name (assets/) may be kept for a year; pages are asked about each time, and are copied last. Nothing is
# ever taken away: a page that somebody has open still asks for the files of its own release. Copying again does no harm.
# Afterwards tell PAKE where browsers find `assets/`: PAKE_WEB__BASE_URL=https://cdn.example.org/FOLDER.
#
#   deploy/bucket/sync.sh --origin https://pake.example.org s3://pake-app
#   deploy/bucket/sync.sh --image pake-frontend:local --endpoint https://storage.example.org s3://apps/pake
#
# Needs the AWS command line (`pip install awscli`), which is told who asks as ever: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
# AWS_REGION, or a profile. Exit status: 0 done, 1 something is wrong, which is said; 2 it was not asked as above.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

say() { printf 'bucket: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
usage() { say "$*; see --help"; exit 2; }

from=$here/../../web/dist image='' endpoint='' encoding=gzip origin='' pages='' dry='' target=''
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help) sed -n '2,/^set /{s/^# \{0,1\}//;/^set /d;p}' "${BASH_SOURCE[0]}"; exit 0 ;;
    --from | --image | --endpoint | --encoding | --origin)
      [[ -n ${2:-} ]] || usage "$1 needs a value"
      printf -v "${1#--}" %s "$2"
      shift ;;
    --pages) pages=yes ;;
    --dry-run) dry=yes ;;
    -*) usage "there is no option $1" ;;
    *) [[ -z $target ]] || usage "one bucket, not $target and $1"; target=$1 ;;
  esac
  shift
done
[[ $target =~ ^s3://([a-z0-9][a-z0-9.-]+)(/[A-Za-z0-9._/-]*)?$ ]] || usage "name a bucket, as in s3://pake-app, not \"$target\""
bucket=${BASH_REMATCH[1]} target=${target%/}
case $encoding in gzip) end=gz ;; br) end=br ;; none) end='' ;; *) usage "--encoding is gzip, br or none, not \"$encoding\"" ;; esac
[[ -z $origin || $origin =~ ^https?://[A-Za-z0-9.:-]+$ ]] || usage "--origin is like https://pake.example.org, not \"$origin\""
command -v aws >/dev/null || fail 'the AWS command line is not installed: pip install awscli'

folder=$(mktemp -d)
container=''
trap 'rm -rf -- "$folder"; if [[ -n $container ]]; then docker rm -f "$container" >/dev/null; fi' EXIT
if [[ -n $image ]]; then
  [[ -z $pages ]] || usage 'the image has no pages: --pages goes with --from'
  container=$(docker create "$image") || fail "there is no image $image: docker compose build pake-frontend makes it"
  docker cp "$container:/srv/pake" "$folder/image" >/dev/null 2>&1 || fail "$image has no files of the app: name the image pake-frontend"
  from=$folder/image
fi
[[ -d $from/assets ]] || fail "there is no built app in $from: scripts/web build makes it in web/dist"

# Asks for the bucket, at the place that was named.
ask() { aws ${endpoint:+--endpoint-url "$endpoint"} "$@"; }
[[ -n $dry ]] || said=$(ask s3api head-bucket --bucket "$bucket" 2>&1) ||
  fail "the bucket $bucket cannot be used (make one with: aws s3 mb s3://$bucket): ${said//$'\n'/}"

# What a file is, by the end of its name, as PAKE says it.
kind() {
  case ${1##*.} in
    html) echo 'text/html; charset=utf-8' ;;
    js | mjs) echo 'text/javascript; charset=utf-8' ;;
    css) echo 'text/css; charset=utf-8' ;;
    json | map) echo application/json ;;
    webmanifest) echo application/manifest+json ;;
    svg) echo image/svg+xml ;;
    png) echo image/png ;;
    webp) echo image/webp ;;
    ico) echo image/x-icon ;;
    woff2) echo font/woff2 ;;
    wasm) echo application/wasm ;;
    txt) echo 'text/plain; charset=utf-8' ;;
    xml) echo application/xml ;;
    *) echo application/octet-stream ;;
  esac
}

# The files are laid out by what is said of them, so that each group is copied in one go.
lay_out() { # WHICH FOLDER FILE...
  local which=$1 file packed group
  shift
  for file; do
    packed=plain
    [[ -z $end || ! -f $from/$file.$end ]] || packed=$encoding
    group=$folder/$which/$packed/$(kind "$file" | tr '/ ' '|_')
    mkdir -p "$group/$(dirname "$file")"
    if [[ $packed = plain ]]; then cp "$from/$file" "$group/$file"; else cp "$from/$file.$end" "$group/$file"; fi
  done
}
copy() { # WHICH CACHE-CONTROL
  local group type packed
  for group in "$folder/$1"/*/*; do
    type=$(basename "$group" | tr '|_' '/ ')
    packed=$(basename "$(dirname "$group")")
    say "$(find "$group" -type f | wc -l | tr -d ' ') of $type, $packed"
    local how=(--recursive --no-progress --only-show-errors --content-type "$type" --cache-control "$2")
    [[ $packed = plain ]] || how+=(--content-encoding "$packed")
    [[ -n $dry ]] || ask s3 cp "$group" "$target" "${how[@]}" || fail "not everything was copied; copying again does no harm"
  done
}

cd "$from"
from=.
# Compressed forms are no files of their own.
mapfile -t assets < <(find assets -type f ! -name '*.br' ! -name '*.gz')
[[ ${#assets[@]} -gt 0 ]] || fail "there are no files in $PWD/assets"
lay_out assets "${assets[@]}"
copy assets 'public, max-age=31536000, immutable'
if [[ -n $pages ]]; then
  mapfile -t others < <(find . -type f ! -path './assets/*' ! -name '*.br' ! -name '*.gz' | cut -c3-)
  [[ ${#others[@]} -gt 0 ]] || fail "there are no pages in $PWD"
  lay_out pages "${others[@]}"
  copy pages no-cache
fi
if [[ -n $origin && -z $dry ]]; then
  rules="{\"CORSRules\":[{\"AllowedOrigins\":[\"$origin\"],\"AllowedMethods\":[\"GET\",\"HEAD\"],\"MaxAgeSeconds\":86400}]}"
  ask s3api put-bucket-cors --bucket "$bucket" --cors-configuration "$rules"
fi
say "${dry:+nothing was copied, but this would be: }${#assets[@]} files in $target/assets${pages:+, with the pages beside them}"
