#!/bin/sh
# Telltale from a POSIX shell, over HTTP; needs curl. Source it and call telltale, or run: sh telltale.sh TYPE [JSON]

# Sends one event, fire and forget: never fails, never waits. The second argument is a JSON object.
telltale() (
  type=$(printf %s "$1" | sed 's/[\\"]/\\&/g')
  event="{\"type\":\"$type\",\"hostname\":\"$(uname -n)\",\"additional_info\":${2:-"{}"}}"
  if [ "${TELLTALE_TOKEN:-}" ]; then
    printf 'header = "Authorization: Bearer %s"\n' "$TELLTALE_TOKEN"
  fi | curl --config - --max-time 2 --header 'Content-Type: application/json' --data-binary "$event" \
    "http://${TELLTALE_HOST:-127.0.0.1}:${TELLTALE_PORT:-7575}/v1/events" >/dev/null 2>&1 &
)

case $0 in *telltale.sh) [ $# -eq 0 ] || telltale "$@" ;; esac
