#!/usr/bin/env bash
# Installs the Debian packages named as arguments, those that are missing, and starts none of the servers among them.
#
#   tools/install-debian.sh                  what `make test` and `make bench` need
#   tools/install-debian.sh python3-venv     what `make demo` needs
#   tools/install-debian.sh --wanted …       what the gateway reads more with; it works without, so this never fails
#
# As root, or with sudo where it asks for no password; else it says which command to run.
set -euo pipefail

for_tests=(python3-venv postfix dovecot-imapd dovecot-lmtpd isync postgresql chromium fonts-liberation2 strace tesseract-ocr-vie libarchive13 libunarr1 7zip swaks libidn12)
wanted=
if [ "${1:-}" = --wanted ]; then
  wanted=1
  shift
fi
# Exim and Postfix are both the machine's mailer and drive each other out, so Exim's files are only unpacked.
unpacked=/usr/local/lib/vanthu-tests
for_unpacking=(exim4-daemon-light exim4-base)
unpack=
if [ $# -eq 0 ]; then
  set -- "${for_tests[@]}"
  [ -x "$unpacked/usr/sbin/exim4" ] || unpack=1
fi

installed() { [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

if ! command -v dpkg-query >/dev/null; then
  echo "This is not Debian: please see to it that these are installed: $*" >&2
  exit 0
fi

missing=()
for package in "$@"; do
  installed "$package" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || [ -n "$unpack" ] || exit 0

if [ "$(id -u)" != 0 ]; then
  [ -z "$unpack" ] || missing=() # without arguments: all that the tests need, once more
  if sudo --non-interactive true 2>/dev/null; then
    exec sudo --non-interactive "$0" ${wanted:+--wanted} "${missing[@]}"
  fi
  if [ -n "$wanted" ]; then
    echo "Vanthu reads scans and archives with these Debian packages; without them it holds such files for a person:" >&2
    echo "    sudo $0 ${missing[*]}" >&2
    exit 0
  fi
  echo "Debian packages are missing. Please run this once, then try again:" >&2
  echo "    sudo $0 ${missing[*]}" >&2
  exit 1
fi

# invoke-rc.d asks this script before it starts a server; 101 means "do not" (Debian policy 9.3.3).
policy=/usr/sbin/policy-rc.d
made=
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  made=$policy
fi
# Without a network or with a broken mirror, what is only wanted does not stop anything.
trap 'status=$?; [ -z "$made" ] || rm -f "$made"; [ -z "$wanted" ] || exit 0; exit $status' EXIT

export DEBIAN_FRONTEND=noninteractive
echo "Installing Debian packages: ${missing[*]} ${unpack:+${for_unpacking[*]}}"
apt-get update --quiet --quiet
case " ${missing[*]} " in *" postfix "*)
  # The tests run a Postfix of their own in a temporary folder: the machine's own is left without a configuration.
  apt-get install --quiet --quiet --yes --no-install-recommends debconf >/dev/null
  echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections ;;
esac
[ ${#missing[@]} -eq 0 ] || apt-get install --quiet --quiet --yes --no-install-recommends "${missing[@]}" >/dev/null

if [ -n "$unpack" ]; then
  folder=$(mktemp --directory)
  chmod 755 "$folder"
  (cd "$folder" && apt-get download --quiet --quiet "${for_unpacking[@]}" 2>/dev/null)
  for package in "$folder"/*.deb; do dpkg --extract "$package" "$unpacked"; done
  rm -r "$folder"
  # Exim does not start without the account that it was built for.
  getent passwd Debian-exim >/dev/null || useradd --system --no-create-home --shell /usr/sbin/nologin Debian-exim
fi
