#!/usr/bin/env bash
# Makes .venv with Vanthu in it; does nothing when that is done already and pyproject.toml is still the same.
#
#   tools/setup.sh demo     what is needed to run it
#   tools/setup.sh test     that, and the tools to test it
set -euo pipefail
cd "$(dirname "$0")/.."

kind=${1:?"say demo or test"}
stamp=.venv/.vanthu-$kind
wanted=$(sha256sum pyproject.toml)

# Whoever has the test tools has all that the demo needs.
for done_before in "$stamp" .venv/.vanthu-test; do
  if [ -f "$done_before" ] && [ "$(cat "$done_before")" = "$wanted" ]; then
    exit 0
  fi
done

# Debian's own Python before one from elsewhere: it gets its repairs with the system, and it is built with a profile of what
# programs do; one that was built without takes more of the processor for each mail. PYTHON=… takes another one.
if ! command -v python3 >/dev/null; then
  tools/install-debian.sh python3 python3-venv
fi
is_new() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
has_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }
python=
for each in ${PYTHON:-/usr/bin/python3 python3}; do
  if is_new "$each" && has_venv "$each"; then
    python=$each
    break
  fi
done
if [ -z "$python" ]; then
  python=${PYTHON:-python3}
  if ! is_new "$python"; then
    echo "Vanthu needs Python 3.11 or newer; $python is $("$python" --version 2>&1), from $(command -v "$python")" >&2
    exit 1
  fi
  tools/install-debian.sh python3-venv # Debian keeps ensurepip, which venv needs, in a package of its own
fi

[ -x .venv/bin/pip ] || "$python" -m venv --clear .venv
echo "Installing Vanthu into .venv (once; this takes a minute) …"
case $kind in
demo)
  .venv/bin/pip install --quiet --editable .
  tools/install-debian.sh --wanted tesseract-ocr-vie libarchive13 libunarr1
  ;;
test) .venv/bin/pip install --quiet --editable '.[dev]' ;;
*) echo "tools/setup.sh: say demo or test, not $kind" >&2; exit 2 ;;
esac
# As pip does with what is not editable: else a system that may not write here compiles it at each start (0.2 to 0.4 s).
.venv/bin/python -m compileall -q gateway web
echo "$wanted" >"$stamp"
