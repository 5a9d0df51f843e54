#!/bin/sh
# Are the Debian packages that tests need installed? Installs them if that needs no password.
# With names of packages, these instead of the tests' ones.
set -eu

list=scripts/debian_packages.txt
wanted=${*:-$(sed 's/#.*//' "$list")}
if ! command -v dpkg-query >/dev/null; then
    echo "this is not Debian; what these packages hold is needed:" $wanted >&2
    exit 0
fi

absent=
for package in $wanted; do
    if ! dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii'; then
        absent="$absent $package"
    fi
done
[ -n "$absent" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
    as_root=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    echo "Debian packages are needed that are not installed" >&2
    echo "  hint: sudo apt-get install --no-install-recommends$absent" >&2
    exit 1
fi

# The package of a server would start it, open to the network, as soon as it is installed.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap '$as_root rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
    $as_root chmod 755 "$policy"
fi

echo "Installing Debian packages:$absent"
if ! { $as_root apt-get -qq update && $as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq install --yes --no-install-recommends $absent </dev/null >/dev/null; }; then
    echo "apt-get could not install:$absent" >&2
    echo "  hint: its own message is above; check the connection to the Debian mirror" >&2
    exit 1
fi
