#!/bin/sh
# Installs the Debian or Ubuntu packages that a make target lacks: need.sh SET,
# called by make before it builds. What is there is found without a process or
# the network; no service is started or left enabled by what is installed.
set -u
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# sets (separated by commas), how it is recognised (cmd: one of these commands; hdr: a C header), the package (one of
# these, the first that there is), what for
table='
run,check,bench,asan,fuzz,deb  cmd:cc            gcc                   compiler
check,asan                     cmd:gcc           gcc                   compiler
run,check,bench,asan,fuzz,deb  hdr:stdio.h       libc6-dev             C_headers
run,check,bench,asan,fuzz,deb  cmd:pkg-config    pkgconf|pkg-config    compiler_flags
run,check,bench,asan,fuzz,deb  hdr:fcgiapp.h     libfcgi-dev           FastCGI
run,check,bench,asan,fuzz,deb  hdr:json-c/json.h libjson-c-dev         JSON
run,check,bench,asan,deb       hdr:curl/curl.h   libcurl4-openssl-dev  HTTP_client
run,check,bench                cmd:nginx         nginx-light|nginx     web_server
run,check,bench                cmd:spawn-fcgi    spawn-fcgi            FastCGI_socket
run,check,bench                cmd:multiwatch    multiwatch            FastCGI_workers
check,asan                     hdr:cmocka.h      libcmocka-dev         unit_tests
check,fuzz                     cmd:clang         clang                 second_compiler
check                          cmd:valgrind      valgrind              memory_checks
check,bench                    cmd:python3       python3               test_programs
check                          cmd:curl          curl                  HTTP_tests
check,bench                    cmd:ps            procps                process_tests
bare                           cmd:debootstrap   debootstrap           bare_machine
'

say() { echo "irqpilot: $*" >&2; }

# cmd:NAME or hdr:FILE: is it there?
has() {
	name=${1#*:}
	case $1 in
	cmd:*) command -v "$name" >/dev/null ;;
	hdr:*) for dir in /usr/include /usr/local/include /usr/include/*-linux-*; do
			[ ! -e "$dir/$name" ] || return 0
		done
		return 1 ;;
	esac
}

# Sets missing (table's packages) and why for the set $1; false when nothing is missing.
look() {
	missing='' why='' known=''
	while read -r sets probe package reason; do
		case ",$sets," in *",$1,"*) known=yes ;; *) continue ;; esac
		has "$probe" && continue
		case " $missing " in *" $package "*) continue ;; esac
		missing="$missing $package"
		why="$why, $(echo "$reason" | tr _ ' ')"
	done <<-END
	$table
	END
	missing=${missing# } why=${why#, }
	[ -n "$known" ] || { say "need.sh knows no set named '$1'"; exit 2; }
	[ -n "$missing" ]
}

# The first of a|b|c that apt can install, else the last.
available() {
	IFS='|'
	for one in $1; do
		apt-cache policy "$one" 2>/dev/null | grep -q 'Candidate: [^(]' && break
	done
	unset IFS
	echo "$one"
}

apt() {
	DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -y -q -o DPkg::Lock::Timeout=600 \
		-o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
		"$@" >>"$scratch/log" 2>&1 </dev/null 9>&-
}

install_missing() {
	packages=
	for one in $missing; do
		packages="$packages $(available "$one")"
	done
	# shellcheck disable=SC2086 # a list
	apt install --no-install-recommends $packages
}

installed() { dpkg-query -W -f '${Status} ${Package}\n' 2>/dev/null | sed -n 's/^install ok installed //p' | sort; }

# Disables the services of packages that were not there before: whoever asked for a build did not ask for a web server
# at each boot. An upgrade of the package keeps it so.
disable_new_services() {
	installed >"$scratch/after"
	comm -13 "$scratch/before" "$scratch/after" | xargs -r dpkg -L 2>/dev/null | sort -u >"$scratch/files"
	while read -r file; do
		name=${file##*/}
		case $file in
		/etc/init.d/*)
			update-rc.d "$name" disable ;;
		/lib/systemd/system/*.target.wants/* | /usr/lib/systemd/system/*.target.wants/*)
			;;
		*/systemd/system/*.service | */systemd/system/*.socket | */systemd/system/*.timer)
			! command -v deb-systemd-helper || DPKG_MAINTSCRIPT_PACKAGE=irqpilot deb-systemd-helper disable "$name" ;;
		/etc/init/*.conf)
			echo manual >"${file%.conf}.override" ;;
		esac
	done <"$scratch/files" >>"$scratch/log" 2>&1
}

policy=/usr/sbin/policy-rc.d
mark='irqpilot: no service is started while make installs packages'

# The administrator's own policy, where there is one, decides. One of ours that a killed run left is taken over.
hold_services() {
	[ ! -e $policy ] && [ ! -L $policy ] || grep -q "$mark" $policy 2>/dev/null || return 0
	ours=yes
	printf '#!/bin/sh\n# %s\nexit 101\n' "$mark" >$policy && chmod 755 $policy
}

clean() {
	[ -z "$ours" ] || rm -f $policy
	rm -rf "$scratch"
}

set="${1:?which set of packages? (run, check, …)}"
look "$set" || exit 0

if ! command -v apt-get >/dev/null; then
	say "this needs what Debian calls: $missing ($why)." "There is no apt-get here: install them your system's way, then try again."
	exit 1
fi
first=$(echo "$missing" | sed 's/|[^ ]*//g')
if [ "$(id -u)" != 0 ]; then
	say "missing: $first ($why). Only root can install them:"
	say "    apt-get update && apt-get install --no-install-recommends $first"
	exit 1
fi

# One at a time: make run and make check may be asked at once.
exec 9>/run/irqpilot-need.lock
flock 9
look "$set" || exit 0

ours='' scratch=$(mktemp -d) || exit 1
trap clean EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
say "installing $first with apt-get ($why; see packaging/need.sh)"
installed >"$scratch/before"
hold_services
ls /var/lib/apt/lists/*Packages* >/dev/null 2>&1 || apt update
if ! install_missing; then
	# lists that are older than the archive name versions that are gone
	apt update
	install_missing
fi || {
	disable_new_services
	tail -n 12 "$scratch/log" >&2
	say "apt-get could not install $first: see above. No network? On Ubuntu they also need the component universe."
	exit 1
}
disable_new_services
if look "$set"; then
	say "installed, but still not found: $missing ($why)"
	exit 1
fi
