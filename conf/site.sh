#!/bin/sh
# Prints the nginx site, conf/irqpilot.nginx filled in: site.sh LISTEN SOCKET WWW.
# Called by conf/run.sh and by make install.
set -eu
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# for the right side of sed's s|||
plain() { printf '%s' "$1" | sed 's/[\\&|]/\\&/g'; }

# nginx before 1.7.5 does not know add_header's "always": there, only good answers have the headers.
always=
case $(nginx -v 2>&1 || true) in
*nginx/0.* | *nginx/1.[0-6].* | *nginx/1.7.[0-4]*) always='s/ always;/;/' ;;
esac

sed -e "s|@LISTEN@|$(plain "$1")|; s|@SOCKET@|$(plain "$2")|; s|@WWW@|$(plain "$3")|; $always" \
	"$(dirname "$0")/irqpilot.nginx"
