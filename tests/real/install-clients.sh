#!/bin/sh
# Installs what tests/real drives (OmegaT, Chromium) on Debian as root; elsewhere says what to install and goes on.
command -v omegat >/dev/null 2>&1 && command -v chromium >/dev/null 2>&1 && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "note: without OmegaT and Chromium (packages omegat, chromium) some tests in tests/real are skipped"
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
{ apt-get update && apt-get install --yes --no-install-recommends omegat chromium; } >"$log" 2>&1 ||
    { echo "note: OmegaT and Chromium could not be installed:"; tail -n 3 "$log"; }
