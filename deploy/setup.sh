#!/bin/sh
# Makes .venv from uv.lock and brings Kafka's jars. `make setup` runs it; demo and test call that.
#
# Rule 1: nothing changed, nothing done: a stamp holds the checksum of what each part was made from.
# Rule 2: root on Debian gets missing system packages; anyone else gets one line that names them all.
# Rule 3: an interrupted run leaves no stamp, so the next one does that part again.
set -eu
cd "$(dirname "$0")/.."

UV_VERSION=0.13.9
JARS=deploy/broker/jars

say() { printf 'setup: %s\n' "$1" >&2; }
fail() { say "$1"; exit 1; }

# The folder is part of the sum: a moved checkout has scripts that point to the old place.
packages_sum() { { pwd; cat uv.lock pyproject.toml; } | cksum; }
jars_sum() { cksum < deploy/broker/pom.xml; }
is_stamped() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null 2>&1 && new_enough "$candidate"; then
            printf '%s' "$candidate"
            return
        fi
    done
    if command -v python3 >/dev/null 2>&1; then
        fail "$(python3 -V 2>&1) is too old: Python 3.11 or newer is needed (set PYTHON=/path/to/one)"
    fi
    fail "missing: Python 3.11 or newer (set PYTHON=/path/to/one)"
}

has_venv() { "$python" -c 'import ensurepip, venv' 2>/dev/null; }
has_java() {
    command -v java >/dev/null 2>&1 || return 1
    # "17.0.15", "21" and "1.8.0_392" are all ways to say a version.
    major=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
    [ "${major:-0}" -ge 17 ]
}
# Debian 12 has 17; later ones have dropped it for a newer one.
java_package() {
    if apt-cache show openjdk-17-jre-headless >/dev/null 2>&1; then
        printf 'openjdk-17-jre-headless'
    else
        printf 'default-jre-headless'
    fi
}
has_maven() { command -v mvn >/dev/null 2>&1; }

# Sets `missing` (for people) and `packages` (for apt).
look_for_missing() {
    missing="" packages=""
    has_venv || { missing="$missing, Python's venv module"; packages="$packages python3-venv"; }
    has_java || { missing="$missing, Java 17 or newer"; packages="$packages $(java_package)"; }
    has_maven || { missing="$missing, Maven"; packages="$packages maven"; }
    missing=${missing#, }
}

# Silence is success; a failure shows the tool's own last words, the best there are.
quietly() {
    log=$(mktemp)
    if "$@" >"$log" 2>&1; then
        rm -f "$log"
    else
        tail -n 20 "$log" >&2
        rm -f "$log"
        return 1
    fi
}

install_packages() {
    say "installing$packages"
    export DEBIAN_FRONTEND=noninteractive
    # A failure is not the end: what is still missing is named next.
    # shellcheck disable=SC2086  # a list of words on purpose
    if quietly apt-get update; then quietly apt-get install -y --no-install-recommends $packages; fi || return 0
}

require_system() {
    look_for_missing
    if [ -n "$missing" ] && [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ]; then
        install_packages
        look_for_missing
    fi
    [ -z "$missing" ] || fail "missing: $missing (Debian, Ubuntu: apt-get install$packages; macOS: brew install openjdk@17 maven)"
}

bring_uv() {
    if ! .tools/bin/uv --version 2>/dev/null | grep -q "^uv $UV_VERSION"; then
        rm -rf .tools
        "$python" -m venv .tools
        .tools/bin/python -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION"
    fi
}

bring_packages() {
    say "Python packages into .venv"
    rm -f .venv/setup.stamp
    bring_uv
    UV_PYTHON_DOWNLOADS=never .tools/bin/uv sync --quiet --frozen --python "$(command -v "$python")"
    packages_sum > .venv/setup.stamp
}

bring_jars() {
    say "Kafka's jars into $JARS"
    rm -rf $JARS.new
    # Beside the old ones, then swapped: a broker that runs from them is not left with half a folder.
    quietly mvn --batch-mode --no-transfer-progress --file deploy/broker/pom.xml package \
        -Dstyle.color=never -Djars="$PWD/$JARS.new"
    jars_sum > $JARS.new/setup.stamp
    rm -rf $JARS
    mv $JARS.new $JARS
}

# Java is asked for even when all is stamped: the broker needs it at run time too.
needs_packages=yes needs_jars=yes
if is_stamped .venv/setup.stamp "$(packages_sum)"; then needs_packages=""; fi
if is_stamped $JARS/setup.stamp "$(jars_sum)"; then needs_jars=""; fi
if [ -z "$needs_packages$needs_jars" ] && has_java; then exit 0; fi

python=$(find_python)
require_system
[ -z "$needs_packages" ] || bring_packages
[ -z "$needs_jars" ] || bring_jars
