# Shared by scripts/run and scripts/test: one-sentence errors, Python, .venv.

die() {
    echo "$1" >&2
    exit 1
}

# Prints the first Python of version 3.11 or newer.
find_python() {
    local name
    for name in "${PYTHON:-}" python3 python3.13 python3.12 python3.11 python; do
        [ -n "$name" ] || continue
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

# make_environment FOLDER REQUIREMENTS...: a virtual environment with exactly these
# packages; pip runs only when one of the files has changed.
make_environment() {
    local folder=$1 python stamp log
    shift
    if ! "$folder/bin/python" -c '' 2>/dev/null; then
        python=$(find_python) || die "mailadmin needs Python 3.11 or newer; install python3 and python3-venv."
        echo "Making $folder ..." >&2
        rm -rf "$folder"
        if ! log=$("$python" -m venv "$folder" 2>&1); then
            rm -rf "$folder"
            if "$python" -c 'import ensurepip' 2>/dev/null; then
                die "The folder $PWD/$folder cannot be made: $(printf '%s' "$log" | tail -n 1)"
            fi
            die "Python's venv module is missing; install it (Debian and Ubuntu: apt install python3-venv)."
        fi
    fi
    stamp=$(cat "$@" | "$folder/bin/python" -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())')
    if [ "$(cat "$folder/installed-$(basename "$1")" 2>/dev/null)" != "$stamp" ]; then
        echo "Installing packages ..." >&2
        local files=()
        for name in "$@"; do files+=(-r "$name"); done
        if ! log=$("$folder/bin/python" -m pip install --quiet --disable-pip-version-check \
            --require-hashes "${files[@]}" 2>&1); then
            log=$(printf '%s\n' "$log" | grep -v '^WARNING' | tail -n 1)
            die "The packages of $* could not be installed: ${log#ERROR: }"
        fi
        echo "$stamp" >"$folder/installed-$(basename "$1")"
    fi
}
