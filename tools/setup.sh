#!/usr/bin/env bash
# Installs what Clerkwork needs on Debian or Ubuntu and nothing that is there already:
# system packages (tesseract with English and Chinese, Chromium) and a virtual environment.
# Usage: tools/setup.sh [run|dev]     run: what the bots need; dev: what the tests need as well
# (PostgreSQL, unless CLERKWORK_TEST_POSTGRES names one, strace, faketime, xvfb, for root dovecot-imapd).
set -euo pipefail
cd "$(dirname "$0")/.."
extras=${1:-run}
say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else fail "needs root to install packages: run as root, or install sudo, or install by hand: ${missing[*]}"
  fi
}

python=""
for candidate in python3.13 python3.12 python3.11 python3; do
  if command -v "$candidate" >/dev/null \
    && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python=$candidate
    break
  fi
done

missing=()
command -v tesseract >/dev/null || missing+=(tesseract-ocr)
languages=$(tesseract --list-langs 2>/dev/null || true)
grep -qx eng <<<"$languages" || missing+=(tesseract-ocr-eng)
grep -qx chi_sim <<<"$languages" || missing+=(tesseract-ocr-chi-sim)
browser=""
for name in chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null; then browser=$name; break; fi
done
if [ -z "$browser" ] && [ -n "$(ls -d ~/.cache/ms-playwright/chromium-* 2>/dev/null)" ]; then
  browser="Playwright's own Chromium" # where apt could not install one before
fi
[ -n "$browser" ] || missing+=(chromium)
if [ "$extras" = dev ] && [ -z "${CLERKWORK_TEST_POSTGRES:-}" ] && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
  missing+=(postgresql)
fi
if [ "$extras" = dev ]; then # tests of disks that fail, clocks that are set, and a recorder that needs a screen
  command -v strace >/dev/null || missing+=(strace)
  [ -n "$(ls /usr/lib/*/faketime/libfaketimeMT.so.1 2>/dev/null)" ] || missing+=(faketime)
  command -v Xvfb >/dev/null || missing+=(xvfb)
  # A mail server of the tests' own; it is started by root alone.
  [ "$(id -u)" != 0 ] || [ -x /usr/sbin/dovecot ] || missing+=(dovecot-imapd)
fi
# Playwright's driver is a Node.js program that the smallest Debian lacks one library for.
ldconfig -p 2>/dev/null | grep -q 'libatomic\.so\.1' || [ -e /lib/libatomic.so.1 ] \
  || [ -n "$(ls /usr/lib/*/libatomic.so.1 2>/dev/null)" ] || missing+=(libatomic1)
[ -n "$python" ] || missing+=(python3 python3-venv)
if [ -n "$python" ] && ! "$python" -c 'import ensurepip' 2>/dev/null; then missing+=(python3-venv); fi

if [ ${#missing[@]} -gt 0 ]; then
  command -v apt-get >/dev/null \
    || fail "this is not Debian or Ubuntu; install by hand: ${missing[*]}"
  say "installing system packages: ${missing[*]}"
  as_root apt-get update -qq
  if ! DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -qq --no-install-recommends "${missing[@]}"; then
    # Ubuntu's chromium is a snap that some machines cannot install; Playwright's own will do.
    kept=(); for package in "${missing[@]}"; do [ "$package" = chromium ] || kept+=("$package"); done
    [ ${#kept[@]} -lt ${#missing[@]} ] || fail "apt-get could not install: ${missing[*]}"
    if [ ${#kept[@]} -gt 0 ]; then
      DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -qq --no-install-recommends "${kept[@]}"
    fi
    need_playwright_browser=1
  fi
fi
[ -n "$python" ] || python=python3
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
  || fail "needs Python 3.11 or newer, found $("$python" --version)"

[ -x .venv/bin/python ] || { say "creating the virtual environment .venv"; "$python" -m venv .venv; }
stamp=.venv/installed-$extras
wanted=$(sha256sum pyproject.toml | cut -d' ' -f1)
if [ "$(cat "$stamp" 2>/dev/null || true)" != "$wanted" ]; then
  say "installing Python packages ($extras)"
  target=.; [ "$extras" = dev ] && target=".[dev]"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check -e "$target" \
    || fail "pip could not install the packages; is a package index reachable?"
  echo "$wanted" >"$stamp"
fi
if [ "$extras" = dev ]; then # without them the tests can run; `make check` fails and says why
  .venv/bin/python tools/javascript.py install || true
fi
if [ -n "${need_playwright_browser:-}" ]; then
  say "installing Playwright's own Chromium"
  .venv/bin/python -m playwright install chromium \
    || fail "no Chromium: install the system's (Debian: apt-get install chromium)"
fi
say "ready: $(.venv/bin/python --version), tesseract $(tesseract --version 2>&1 | head -n 1 | cut -d' ' -f2)${browser:+, $browser}"
