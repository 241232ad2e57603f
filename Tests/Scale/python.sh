# shellcheck shell=bash
# Read after common.sh by the parts that run Python.

# python_with NAME PACKAGE...: puts a virtual environment with these packages from PyPI first in PATH, or exits with 77.
# The environment is kept for the next run, in the folder that FM_TOOLS_CACHE names, by default ~/.cache/fm-tools.
python_with() {
  local folder=${FM_TOOLS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/fm-tools}/python-$1
  shift
  # The file packages is written last, so an unfinished environment is made again.
  if [ "$(cat "$folder/packages" 2> /dev/null)" != "$*" ] || ! "$folder/bin/python" -c ''; then
    rm -rf "$folder"
    { python3 -m venv "$folder" && "$folder/bin/pip" install --quiet --disable-pip-version-check "$@"; } \
      > "$work/pip.log" 2>&1 || { cat "$work/pip.log" >&2; rm -rf "$folder"; exit 77; }
    printf '%s\n' "$*" > "$folder/packages"
  fi
  PATH=$folder/bin:$PATH
}
