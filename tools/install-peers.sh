#!/usr/bin/env bash
# Installs the servers that `ONLY=peers make bench` measures Vanthu beside: rspamd and amavisd-new from Debian, Haraka by npm.
# Starts none of them.  HARAKA=…/node_modules uses another Haraka.
set -euo pipefail
cd "$(dirname "$0")/.."

tools/install-debian.sh postfix rspamd amavisd-new
command -v npm >/dev/null || tools/install-debian.sh nodejs npm # node from elsewhere brings its own npm, and Debian's refuses it
folder=${XDG_CACHE_HOME:-$HOME/.cache}/vanthu/haraka
[ -z "${HARAKA:-}" ] || exit 0
[ ! -x "$folder/node_modules/Haraka/bin/haraka" ] || exit 0
mkdir -p "$folder"
echo '{"private": true, "dependencies": {"Haraka": "^3.3.4"}}' >"$folder/package.json"
npm install --prefix "$folder" --omit=optional --no-audit --no-fund --loglevel=error
