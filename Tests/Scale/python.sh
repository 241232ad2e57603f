# shellcheck shell=bash
# For parts that run Python, after common.sh.

# python_with NAME PACKAGE...: puts a virtual environment with these packages of PyPI at the head of PATH, or ends with
# status 77. It stays for the next run, in the folder that FM_TOOLS_CACHE names, by default ~/.cache/fm-tools.
python_with() {
  local folder=${FM_TOOLS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/fm-tools}/python-$1
  shift
  # Written last: an environment that was begun and not finished is none.
  if [ "$(cat "$folder/packages" 2> /dev/null)" != "$*" ] || ! "$folder/bin/python" -c ''; then
    rm -rf "$folder"
    { python3 -m venv "$folder" && "$folder/bin/pip" install --quiet --disable-pip-version-check "$@"; } \
      > "$work/pip.log" 2>&1 || { cat "$work/pip.log" >&2; rm -rf "$folder"; exit 77; }
    printf '%s\n' "$*" > "$folder/packages"
  fi
  PATH=$folder/bin:$PATH
}
