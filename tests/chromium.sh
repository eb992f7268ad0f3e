#!/bin/sh
# A whole Chromium loads the pop-ups of its address bar, which no test types in, for each window: half its cost.
# Playwright says which features are off, and of two such switches the last one wins: they are added to its own.
for argument; do
  shift
  case $argument in
    --disable-features=*) argument="$argument,WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup" ;;
  esac
  set -- "$@" "$argument"
done
exec "$LIANHU_TESTS_CHROMIUM" "$@"
