#!/bin/sh
# on-terminal COMMAND: runs it on a terminal of its own, and types one line of standard input at
# each question: whenever the screen has grown and stands at a space.
: > screen; rm -f ended
{
  size=0
  while IFS= read -r answer; do
    until [ "$(stat -c %s screen)" -gt "$size" ] && [ "$(tail -c 1 screen)" = ' ' ]; do
      [ ! -e ended ] || exit
      sleep 0.02
    done
    size=$(stat -c %s screen)
    printf '%s\n' "$answer"
  done
  until [ -e ended ]; do sleep 0.02; done
} | { script --quiet --return --command "$1" /dev/null > screen; echo $? > ended; }
tr -d '\r' < screen
status=$(cat ended); rm screen ended
exit "$status"
