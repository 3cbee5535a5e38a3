#!/bin/sh
# Installs what tests/real drives (OmegaT, Chromium, LibreOffice Calc) on Debian as root; elsewhere says what to install and goes on.
command -v omegat >/dev/null 2>&1 && command -v chromium >/dev/null 2>&1 && command -v soffice >/dev/null 2>&1 && exit 0
packages="omegat chromium libreoffice-calc"
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "note: without OmegaT, Chromium and LibreOffice (packages $packages) some tests in tests/real are skipped"
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
# shellcheck disable=SC2086
{ apt-get update && apt-get install --yes --no-install-recommends $packages; } >"$log" 2>&1 ||
    { echo "note: OmegaT, Chromium and LibreOffice could not be installed:"; tail -n 3 "$log"; }
