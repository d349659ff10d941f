#!/bin/sh
# Stands in for ssh: runs the command, ssh's last argument, here, as sshd would have a login shell
# do. What a test wants to see is left in $STAND_IN_LOG.
for command; do :; done
[ -z "$STAND_IN_LOG" ] || printf '%s\n' "$@" >>"$STAND_IN_LOG"
[ -z "$STAND_IN_PATH" ] || PATH=$STAND_IN_PATH
[ -z "$STAND_IN_CD" ] || cd "$STAND_IN_CD" || exit
echo "a login shell's greeting"
SSH_CONNECTION="127.0.0.1 40000 ${STAND_IN_ADDRESS:-127.0.0.1} 22"
export SSH_CONNECTION PATH
exec sh -c "$command"
