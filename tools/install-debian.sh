#!/usr/bin/env bash
# Installs the Debian packages named as arguments, those that are missing, and starts none of the servers among them.
#
#   tools/install-debian.sh                  what `make test` and `make bench` need
#   tools/install-debian.sh python3-venv     what `make demo` needs
#
# As root, or with sudo where it asks for no password; else it says which command to run.
set -euo pipefail

for_tests=(python3-venv postfix postgresql chromium fonts-liberation2 strace)
[ $# -gt 0 ] || set -- "${for_tests[@]}"

installed() { [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

if ! command -v dpkg-query >/dev/null; then
  echo "This is not Debian: please see to it that these are installed: $*" >&2
  exit 0
fi

missing=()
for package in "$@"; do
  installed "$package" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" != 0 ]; then
  if sudo --non-interactive true 2>/dev/null; then
    exec sudo --non-interactive "$0" "${missing[@]}"
  fi
  echo "Debian packages are missing. Please run this once, then try again:" >&2
  echo "    sudo $0 ${missing[*]}" >&2
  exit 1
fi

# invoke-rc.d asks this script before it starts a server; 101 means "do not" (Debian policy 9.3.3).
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi

export DEBIAN_FRONTEND=noninteractive
echo "Installing Debian packages: ${missing[*]}"
apt-get update --quiet --quiet
case " ${missing[*]} " in *" postfix "*)
  # The tests run a Postfix of their own in a temporary folder: the machine's own is left without a configuration.
  apt-get install --quiet --quiet --yes --no-install-recommends debconf >/dev/null
  echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections ;;
esac
apt-get install --quiet --quiet --yes --no-install-recommends "${missing[@]}" >/dev/null
