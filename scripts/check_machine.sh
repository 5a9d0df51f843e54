#!/bin/sh
# Is everything here that set-up needs? Names all that is missing, each with the way to get it.
# `check_machine.sh lint` asks for what `make lint` needs on top. Run from the project's root.
set -eu

python=${PYTHON:-python3}
python_needed=$(sed -n 's/^requires-python = ">=\([0-9.]*\)".*/\1/p' pyproject.toml)
rust_needed=$(sed -n 's/^rust-version = "\([0-9.]*\)".*/\1/p' Cargo.toml)
status=0

missing() {
    printf '%s\n  hint: %s\n' "$1" "$2" >&2
    status=1
}

# Whether version $1 is $2 or newer; only the first two numbers count.
is_at_least() {
    echo "$1 $2" | awk '{ split($1, a, "."); split($2, b, ".")
        exit !(a[1] > b[1] || (a[1] == b[1] && a[2] + 0 >= b[2] + 0)) }'
}

check_python() {
    if ! version=$("$python" -c 'import platform; print(platform.python_version())' 2>/dev/null); then
        missing "$python does not run; Python $python_needed or newer is needed" \
            "apt-get install python3 python3-venv"
    elif ! is_at_least "$version" "$python_needed"; then
        missing "$python is Python $version; $python_needed or newer is needed" \
            "install a newer Python and name it, for example: make PYTHON=python3.12 demo"
    elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        missing "$python cannot make virtual environments" \
            "install python3-venv: apt-get install python3-venv"
    fi
}

check_rust() {
    if ! command -v cargo >/dev/null; then
        missing "cargo is missing; the Rust core needs Rust $rust_needed or newer" \
            "install Rust with rustup, see https://rustup.rs"
    elif ! version=$(cargo --version 2>/dev/null | awk '{ print $2 }') || [ -z "$version" ]; then
        missing "cargo is there but has no toolchain" "rustup default stable"
    elif ! is_at_least "$version" "$rust_needed"; then
        missing "cargo is version $version; the Rust core needs $rust_needed or newer" \
            "rustup update stable; without rustup see https://rustup.rs"
    fi
}

# A compiler without the C library is as good as none, so a program is really linked.
check_linker() {
    program=$(mktemp)
    if ! echo 'int main(void) { return 0; }' | cc -x c -o "$program" - 2>/dev/null; then
        missing "cc cannot link a program; the Rust core needs a C compiler and linker" \
            "apt-get install gcc libc6-dev"
    fi
    rm -f "$program"
}

check_rust_tools() {
    for tool in fmt clippy; do
        if ! cargo "$tool" --version >/dev/null 2>&1; then
            missing "cargo $tool is missing" "rustup component add rustfmt clippy"
        fi
    done
}

case "${1:-setup}" in
    setup) check_python; check_rust; check_linker ;;
    lint) check_rust_tools ;;
esac
exit $status
