#!/bin/sh
# Runs a command that may download packages; if it fails for want of a connection, says so plainly.
set -u

log=$(mktemp)
trap 'rm -f "$log"' EXIT
# A pipe hides the command's exit status, so that travels through descriptor 3.
exec 4>&1
status=$({ { "$@" 2>&1; echo $? >&3; } | tee "$log" >&4; } 3>&1)

offline='NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|ProxyError|'
offline="$offline"'[Cc]ould not resolve|[Cc]ould not connect|[Ff]ailed to connect|Connection refused|'
offline="$offline"'Network is unreachable|name resolution|spurious network error|download of .* failed'
if [ "$status" -ne 0 ] && grep -qE "$offline" "$log"; then
    echo "no package registry could be reached, so the step above could not download what it needs" >&2
    echo "  hint: check the connection and the proxy; what is already downloaded is kept" >&2
fi
exit "$status"
