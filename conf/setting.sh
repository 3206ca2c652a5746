#!/bin/sh
# Installs a file of settings, or takes it away again, and keeps what the administrator changed:
# setting.sh put|take FILE PLACE. Called by make install and make uninstall.
set -eu
file=$2 place=$3

case $1 in
put)
	if [ ! -e "$place" ]; then
		install -D -m 644 "$file" "$place"
	elif ! cmp -s "$file" "$place"; then
		install -m 644 "$file" "$place.new"
		echo "kept $place as it is; today's is $place.new"
	fi
	;;
take)
	if cmp -s "$file" "$place"; then
		rm -f "$place"
	elif [ -e "$place" ]; then
		echo "kept $place, which was changed"
	fi
	rm -f "$place.new"
	;;
esac
