#!/bin/bash
# Runs irqpilot from a checkout, in the foreground: sampler, FastCGI workers and a private nginx, all below run/.
# Called by make run, which built them. From the environment: PORT, INTERVAL, PROC, SYS, BIN (where the programs are).
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
PORT=${PORT:-8080} INTERVAL=${INTERVAL:-1s} PROC=${PROC:-} SYS=${SYS:-} BIN=${BIN:-build/bin}
url=http://127.0.0.1:$PORT
declare -A name=() # of our children, by process

say() { echo "irqpilot: $*"; }
fail() {
	say "$*" >&2
	exit 1
}

# Sleeps without a process of its own, so that a signal finds none to wait for.
exec 8<> <(:)
pause() { read -r -t "$1" -u 8; }

check_settings() {
	local given
	if ! [[ $PORT =~ ^[1-9][0-9]{0,4}$ ]] || ((PORT > 65535)); then
		fail "PORT=$PORT is no port: 1 to 65535"
	fi
	for given in "$PROC" "$SYS"; do
		[ -z "$given" ] || [ -d "$given" ] || fail "$given is no folder"
	done
	[ -z "$PROC" ] || [ -r "$PROC/interrupts" ] || fail "PROC=$PROC has no file interrupts"
}

check_port() {
	! { : <>"/dev/tcp/127.0.0.1/$PORT"; } 2>/dev/null ||
		fail "port $PORT is in use by another program: choose another one, as in: make run PORT=$((PORT % 65535 + 1))"
}

# Sets $dir, the folder for all that this run writes, and $kernel, where the programs find the kernel. The real machine's
# history stays in run/; a made one has a folder of its own, which is gone with it.
choose_folder() {
	local old
	dir=run kernel=()
	mkdir -p run
	for old in run/made.*/; do # left by a run that was killed
		[ -e "$old/lock" ] && flock -n "$old/lock" rm -rf "$old"
	done
	[ -n "$PROC$SYS" ] || return
	dir=$(mktemp -d run/made.XXXXXX) || exit 1
	if [ -z "$SYS" ]; then
		SYS=$dir/no-sys
		mkdir "$SYS"
	fi
	kernel=(--proc "${PROC:-/proc}" --sys "$SYS")
}

# Whoever has descriptor 9 open on the lock belongs to this run, or to the one before: set in $ours.
find_ours() {
	local process
	ours=()
	for process in /proc/[0-9]*; do
		[ "$process/fd/9" -ef "$dir/lock" ] && [ "${process#/proc/}" != $$ ] && ours+=("${process#/proc/}")
	done
}

# Ends them: first our children, who end theirs; after a second whoever is left, after five seconds not politely.
end_ours() {
	local tenths
	find_ours
	for ((tenths = 0; ${#ours[@]} && tenths < 60; tenths++)); do
		if ((tenths == 50)); then
			kill -KILL "${ours[@]}"
		elif ((tenths == 0 && ${#name[@]})); then
			kill -TERM "${!name[@]}"
		elif ((tenths % 10 == 0)); then
			kill -TERM "${ours[@]}"
		fi
		pause 0.1
		find_ours
	done 2>/dev/null
}

take_lock() {
	local holder
	exec 9>>"$dir/lock" || fail "cannot write below run/: made by another user? Then remove it"
	if ! flock -n 9; then
		read -r holder <"$dir/lock"
		[ ! "/proc/$holder/fd/9" -ef "$dir/lock" ] ||
			fail "another make run (process $holder) works in this checkout: end it first"
		say "ending what a killed run (process $holder) left behind"
		end_ours
		flock -n 9 || fail "$dir is in use by processes that this user cannot end"
	fi
	echo $$ >"$dir/lock"
}

stop() {
	trap '' HUP INT TERM
	end_ours
	rm -f "$dir/api.sock"
	[ "$dir" = run ] || rm -rf "$dir"
}

# make hands SIGTERM on, but keeps a SIGINT or SIGHUP that was sent to it alone (its handler is gone then) and cannot
# hand a SIGKILL on (it is gone itself): in both cases $waits changes.
look_at_make() {
	local key value
	waits=
	[ -n "${MAKELEVEL:-}" ] || return
	while read -r key value; do
		[ "$key" = SigCgt: ] && waits=$value
	done 2>/dev/null <"/proc/$PPID/status"
}

# Ends all when one of ours died, or make does not wait for us any more.
look_after() {
	local process
	for process in "${!name[@]}"; do
		kill -0 "$process" 2>/dev/null && continue
		wait "$process"
		say "${name[$process]} ended (exit status $?). Its last words, from $dir/${name[$process]}.log:" >&2
		tail -n 8 "$dir/${name[$process]}.log" | cut -c1-300 >&2
		exit 1
	done
	look_at_make
	[ "$waits" = "$waited" ] || exit 0
}

write_nginx_conf() {
	local up=../.. module build
	[ "$dir" = run ] || up=../../..
	build=$(nginx -V 2>&1)
	mkdir -p "$dir/nginx"
	conf/site.sh "127.0.0.1:$PORT" "$dir/api.sock" "$up/www" >"$dir/nginx/site.conf"
	{
		# As root the checkout may lie where only root can read.
		[ "$(id -u)" != 0 ] || echo 'user root;'
		echo 'daemon off; worker_processes 1; pid nginx.pid; error_log stderr; events { worker_connections 512; }'
		echo 'http {'
		echo 'client_body_temp_path body;'
		for module in proxy fastcgi uwsgi scgi; do
			[[ $build == *--without-http_${module}_module* ]] || echo "${module}_temp_path $module;"
		done
		echo 'include site.conf;'
		echo '}'
	} >"$dir/nginx/nginx.conf"
}

start() { # NAME COMMAND…: its words go to NAME.log
	local called=$1
	shift
	"$@" >"$dir/$called.log" 2>&1 </dev/null 8>&- &
	name[$!]=$called
}

start_all() {
	local early_log=() history=(--history "$dir/history" --state "$dir")
	[[ $(nginx -h 2>&1) != *'-e filename'* ]] || early_log=(-e stderr)
	write_nginx_conf
	rm -f "$dir/api.sock"
	start irqsampler "$BIN/irqsampler" "${history[@]}" --interval "$INTERVAL" "${kernel[@]}"
	# A worker that crashes is replaced; one that cannot live ends it all.
	start irqapi.fcgi spawn-fcgi -n -s "$dir/api.sock" -M 0600 -- \
		"$(command -v multiwatch)" -f 2 -r 10 -t 1000 -s TERM -- "$BIN/irqapi.fcgi" "${history[@]}" "${kernel[@]}"
	start nginx nginx -p "$dir/nginx/" -c nginx.conf "${early_log[@]}"
}

# Sets $answer to what GET $1 brings.
ask() {
	answer=
	{ exec 7<>"/dev/tcp/127.0.0.1/$PORT"; } 2>/dev/null || return
	printf 'GET %s HTTP/1.0\r\nHost: 127.0.0.1:%s\r\n\r\n' "$1" "$PORT" >&7
	IFS= read -r -d '' -t 5 -u 7 answer
	exec 7>&-
}

await_answer() {
	local tenths
	for ((tenths = 0; ; tenths++)); do
		look_after
		ask /api/v1/health
		[[ $answer != *'"status"'* ]] || return
		((tenths < 200)) || fail "nothing answers at $url: see $dir/*.log"
		pause 0.1
	done
}

# A window needs two samples.
await_samples() {
	until [[ $answer =~ \"samples\":\ *([0-9]+) && ${BASH_REMATCH[1]} -gt 1 && $answer =~ \"status\":\ *\"ok\" ]]; do
		pause 0.2
		look_after
		ask /api/v1/health
	done
}

show_overview() {
	local to='' root=''
	# Not in the foreground: a signal is not kept waiting until it ends.
	"$BIN/irqclient" --url "$url" overview 8>&- &
	wait $!
	[ "$PORT" = 8080 ] || to=" --url $url"
	[ "$(id -u)" = 0 ] || root=' (only when root ran make run)'
	say "to set an affinity: $BIN/irqclient$to set IRQ CPU$root"
	say "to stop: Ctrl-C"
}

check_settings
[ -z "$PROC" ] || PROC=$(cd "$PROC" && pwd)
[ -z "$SYS" ] || SYS=$(cd "$SYS" && pwd)
# All paths from here are relative to the checkout: a socket's has room for 107 bytes, and the checkout's may be longer.
cd "$(dirname "$0")/.." || exit 1
choose_folder
take_lock
trap stop EXIT
trap 'exit 0' HUP INT TERM
look_at_make
waited=$waits
check_port
start_all
await_answer
say "$url/ is the dashboard; the API is below $url/api/v1/"
await_samples
show_overview
while :; do
	look_after
	pause 0.5
done
