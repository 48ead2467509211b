# shellcheck shell=sh
# Sourced by scripts/start and scripts/test: finds Node and npm, and installs the packages that the lock file names.

need_node() {
  if ! command -v node >/dev/null 2>&1; then
    echo "Tellyport needs Node.js 20.19 or later, and there is no \"node\" on this machine: install it from nodejs.org or your distribution." >&2
    exit 69
  fi
  if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; then
    echo "Tellyport needs Node.js 20.19 or later, and this is $(node --version): install a newer one from nodejs.org or your distribution." >&2
    exit 69
  fi
  if ! command -v npm >/dev/null 2>&1; then
    echo "Tellyport needs npm to fetch its packages, and there is no \"npm\" on this machine: install it beside Node.js." >&2
    exit 69
  fi
}

# Installs when the lock file is not the one that was installed last.
install_packages() {
  stamp=node_modules/.tellyport-lock
  if [ ! -f "$stamp" ] || ! cmp -s package-lock.json "$stamp"; then
    echo "Fetching packages (once) ..." >&2
    npm ci --no-audit --no-fund --loglevel=error >&2
    cp package-lock.json "$stamp"
  fi
}
