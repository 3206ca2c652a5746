#!/bin/bash
# Tries README's first commands on a bare machine: a minimal Debian in a chroot of its own, this tree below a 0700 folder,
# make run, the same again without a network. Needs root, debootstrap (packaging/need.sh bare) and a mirror.
# bare.sh [check]: then make check there, too. SUITE=trixie: another release. BASE=DIR: a minimal system made before.
# shellcheck disable=SC1091,SC2016,SC2317 # expect calls the functions
set -u
tree=$(cd "$(dirname "$0")/.." && pwd)
failed=0 port=18473

fatal() {
	echo "bare.sh: $*" >&2
	exit 2
}

if [ "${1:-}" != inside ]; then
	[ "$(id -u)" = 0 ] || fatal "needs root, to make a chroot"
	command -v ip >/dev/null || fatal "needs the command ip (package iproute2)"
	[ -n "${BASE:-}" ] || "$tree/packaging/need.sh" bare || exit 2
	where=$(mktemp -d /var/tmp/irqpilot-bare.XXXXXX) || exit 2
	trap 'rm -rf --one-file-system "$where"' EXIT
	trap 'exit 143' TERM INT HUP
	# With namespaces of its own nothing can stay behind, neither processes nor mounts.
	where=$where unshare --mount --pid --mount-proc --fork --kill-child -- "$0" inside "$@" &
	wait $!
	exit
fi
shift
root=$where/root

expect() { # SENTENCE COMMAND…
	local sentence=$1
	shift
	if "$@"; then
		echo "ok: $sentence"
	else
		echo "FAILED: $sentence"
		failed=1
	fi
}

logged() { # NAME COMMAND…
	local name=$1
	shift
	"$@" >"$where/$name.log" 2>&1
}

make_root() {
	local suite mirror
	suite=${SUITE:-$(. /etc/os-release && echo "$VERSION_CODENAME")}
	if [ -n "${BASE:-}" ]; then
		cp -a "$BASE" "$root"
	else
		mirror=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT) $(CREATED_BY)' |
			sed -n 's/ main Packages$//p' | head -n 1)
		[ -n "$mirror" ] || fatal "apt names no mirror"
		debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$where/debootstrap.log" 2>&1 ||
			fatal "debootstrap $suite failed: $(tail -n 3 "$where/debootstrap.log")"
	fi
	cp /etc/resolv.conf "$root/etc/"
	# Packages start their services only where they find an init, a runlevel and no chroot.
	ln -sf /bin/false "$root/usr/bin/ischroot"
	ln -sf /bin/false "$root/sbin/init"
	printf '#!/bin/sh\necho N 2\n' >"$root/sbin/runlevel"
	chmod 755 "$root/sbin/runlevel"
	if ! mount -t proc proc "$root/proc" || ! mount -t sysfs sysfs "$root/sys" || ! mount --rbind /dev "$root/dev"; then
		fatal "cannot mount /proc, /sys and /dev there"
	fi
	clone=/root/private/irqpilot
	mkdir -p "$root$clone"
	chmod 700 "$root/root/private"
	tar -C "$tree" -c --exclude=./build --exclude=./run --exclude=./dist . | tar -C "$root$clone" -x --no-same-owner
}

# Its process is the command's own, so that a signal reaches that.
inside() {
	exec chroot "$root" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
		TERM=dumb sh -c "cd $clone 2>/dev/null; $1"
}
in_root() { (inside "$1"); }

# Processes of the chroot, set in $processes.
find_processes() {
	local process
	processes=()
	for process in /proc/[0-9]*; do
		[ "$process/root" -ef "$root" ] && processes+=("$(tr '\0' ' ' <"$process/cmdline" 2>/dev/null)")
	done
	true
}

is_bare() { ! in_root 'command -v cc || command -v nginx || command -v spawn-fcgi' >/dev/null; }

refuses_without_root() {
	local said
	said=$(in_root "cp packaging/need.sh /tmp && setpriv --reuid=65534 --clear-groups sh /tmp/need.sh run" 2>&1) && return 1
	[[ $said == *'Only root'*'apt-get install'*'gcc'*'spawn-fcgi'* ]]
}

waits_for_overview() { # SECONDS
	local tenths
	for ((tenths = 0; tenths < $1 * 10; tenths++)); do
		! grep -q 'to stop: Ctrl-C' "$log" || return 0
		kill -0 "$make" 2>/dev/null || return 1
		sleep 0.1
	done
	return 1
}

answers() {
	in_root "build/bin/irqclient --url http://127.0.0.1:$port overview -a" >"$where/overview" && grep -q CPU0 "$where/overview"
}

has_dashboard() {
	in_root "bash -c 'exec 3<>/dev/tcp/127.0.0.1/$port; printf \"GET / HTTP/1.0\\r\\n\\r\\n\" >&3; cat <&3'" >"$where/page"
	grep -q '^HTTP/1.1 200' "$where/page" && grep -qi '^Content-Type: text/html' "$where/page"
}

starts_no_service() {
	local links
	links=$(find "$root"/etc/rc?.d "$root"/etc/systemd/system -name 'S*nginx' -o -path '*.wants/nginx.service')
	[ -z "$links" ] && [ ! -e "$root/usr/sbin/policy-rc.d" ] && [ ! -e "$root/run/nginx.pid" ]
}

runs_one_nginx() {
	find_processes
	[ "$(printf '%s\n' "${processes[@]}" | grep -c 'nginx: master')" = 1 ]
}

installs() { [ "$(grep -c 'irqpilot: installing' "$log")" = "$1" ]; }

ends_on_sigterm() {
	local tenths
	kill -TERM "$make"
	for ((tenths = 0; tenths < 100; tenths++)); do
		kill -0 "$make" 2>/dev/null || return 0
		sleep 0.1
	done
	return 1
}

leaves_no_process() {
	find_processes
	((${#processes[@]} == 0)) || printf '  left: %s\n' "${processes[@]}"
	((${#processes[@]} == 0))
}

make_run() { # LOG SECONDS INSTALLS
	log=$where/$1.log
	inside "exec make run PORT=$port" >"$log" 2>&1 </dev/null &
	make=$!
	expect "make run shows an overview within $2 seconds" waits_for_overview "$2"
	expect "it said $3 times that it installs packages" installs "$3"
	expect "irqclient is answered" answers
	expect "the dashboard is served" has_dashboard
	expect "no service was enabled or started, and no policy file is left" starts_no_service
	expect "the only nginx is ours" runs_one_nginx
	expect "SIGTERM to make ends it within ten seconds" ends_on_sigterm
	expect "no process is left" leaves_no_process
	((!failed)) || sed 's/^/  | /' "$log"
}

if [ "${1:-}" != offline ]; then
	make_root
	expect "the machine is bare: no compiler, no web server" is_bare
	expect "make and git can be installed" logged git in_root 'apt-get update && apt-get install -y make git'
	expect "without root what is missing is named, with the command" refuses_without_root
	make_run first 300 1
	echo "again, without a network:"
	unshare --net -- "$0" inside offline || failed=1
	if [ "${1:-}" = check ]; then
		expect "make check passes there" logged check in_root 'timeout 1800 make check'
		tail -n 20 "$where/check.log"
	fi
else
	clone=/root/private/irqpilot
	ip link set lo up
	make_run second 20 0
fi
exit $failed
