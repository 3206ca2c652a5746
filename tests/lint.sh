#!/bin/sh
# The rules of the code that no compiler knows, as TAP: which part may use which, what old systems lack, how files begin.
# Called by make lint and, beside the tests, by make check.
cd "$(dirname "$0")/.." || exit 1
number=0 failed=0

# check RULE: the function of that name prints what breaks it; its name is the sentence
check()
{
	number=$((number + 1))
	wrong=$($1)
	if [ -z "$wrong" ]; then
		echo "ok $number - $(echo "$1" | tr _ ' ')"
	else
		echo "not ok $number - $(echo "$1" | tr _ ' ')"
		echo "$wrong" | sed 's/^/# /'
		failed=$((failed + 1))
	fi
}

# Code without comments and texts would need a parser; these patterns only stand in code.
calls() { grep -nE "(^|[^_[:alnum:]])($1)[[:space:]]*\(" $2; }

sources=$(git ls-files -co --exclude-standard '*.c' '*.h' 2>/dev/null) && [ -n "$sources" ] || sources=$(find lib sampler fcgi client tests -name '*.[ch]')
lib=$(echo "$sources" | grep '^lib/')
programs=$(echo "$sources" | grep -E '^(sampler|fcgi|client)/')

every_header_compiles_alone()
{
	for header in $(echo "$sources" | grep '\.h$'); do
		printf '#include "%s"\n' "$(basename "$header")" |
			${CC:-cc} -std=gnu11 -D_GNU_SOURCE -Ilib -I"$(dirname "$header")" $(pkg-config --cflags json-c 2>/dev/null) \
				-fsyntax-only -Wall -Wextra -Werror -x c - 2>&1
	done
}
check every_header_compiles_alone

lib_knows_neither_curl_nor_fcgi()
{
	grep -nE '#include *[<"](curl/|fcgi|fcgiapp)' $lib
}
check lib_knows_neither_curl_nor_fcgi

one_file_knows_json_c()
{
	grep -lE '#include *<json-c/' $sources | grep -v '^lib/apijson_table.c$' | grep -v '^tests/'
}
check one_file_knows_json_c

one_file_knows_curl()
{
	grep -lE '#include *<curl/' $sources | grep -vx 'client/http.c' | grep -v '^tests/'
}
check one_file_knows_curl

one_file_knows_fastcgi()
{
	grep -lE '#include *[<"]fcgi(app|_stdio)' $sources | grep -vx 'fcgi/main.c'
}
check one_file_knows_fastcgi

lib_never_ends_the_process()
{
	calls 'exit|_exit|abort' "$lib"
}
check lib_never_ends_the_process

lib_knows_no_command_line()
{
	grep -nE '(^|[^_[:alnum:]])(argv|optarg)([^_[:alnum:]]|$)' $lib
}
check lib_knows_no_command_line

a_clock_is_read_in_one_place()
{
	calls 'clock_gettime|gettimeofday' "$lib $programs" | grep -v '^lib/clock.c:'
}
check a_clock_is_read_in_one_place

no_program_includes_another_s_header_lib_includes_none()
{
	for program in sampler fcgi client; do
		for header in $(cd $program && ls ./*.h 2>/dev/null); do
			header=$(basename "$header")
			[ -e "lib/$header" ] && echo "$program/$header has the name of lib/$header"
			for other in sampler fcgi client lib; do
				[ "$other" = "$program" ] || [ -e "$other/$header" ] || grep -nF "\"$header\"" $other/*.[ch]
			done
		done
	done
}
check no_program_includes_another_s_header_lib_includes_none

no_header_that_gcc_4_8_lacks()
{
	grep -nE '#include *<(stdatomic|threads|stdbit|stdckdint)\.h>' $sources
}
check no_header_that_gcc_4_8_lacks

nothing_of_the_language_that_gcc_4_8_lacks()
{
	grep -nE '(^|[^_[:alnum:]])(_Generic|_Thread_local|_Atomic|__auto_type|__has_include|__builtin_(add|sub|mul)_overflow)' $sources
}
check nothing_of_the_language_that_gcc_4_8_lacks

nothing_that_json_c_0_11_lacks()
{
	calls 'json_object_new_double_s|json_object_new_uint64|json_object_get_uint64|json_object_new_null|json_object_array_find|json_object_deep_copy|json_object_from_fd_ex|json_pointer_[a-z]+|json_object_new_array_ext|json_object_object_add_ex|json_c_visit|json_util_get_last_err' "$sources"
}
check nothing_that_json_c_0_11_lacks

nothing_that_libcurl_7_35_lacks()
{
	grep -nE 'CURLOPT_UNIX_SOCKET_PATH|CURLOPT_PROTOCOLS_STR|CURLOPT_REDIR_PROTOCOLS_STR|CURLINFO_[A-Z_]*_T([^A-Z_]|$)|curl_url|curl_mime|CURLOPT_CONNECT_TO|CURLOPT_TCP_FASTOPEN|curl_easy_header' $sources
}
check nothing_that_libcurl_7_35_lacks

nothing_that_glibc_2_19_lacks()
{
	calls 'reallocarray|explicit_bzero|getrandom|getentropy|memfd_create|copy_file_range|statx|strlcpy|strlcat|gettid|renameat2|close_range|pidfd_open|mallinfo2' "$lib $programs"
}
check nothing_that_glibc_2_19_lacks

every_c_file_begins_with_what_it_is_for()
{
	for file in $(echo "$sources" | grep '\.c$'); do
		case $(sed -n 1p "$file") in '/*'*) ;; *) echo "$file" ;; esac
	done
}
check every_c_file_begins_with_what_it_is_for

no_c_file_is_longer_than_500_lines()
{
	for file in $sources; do
		lines=$(wc -l <"$file")
		[ "$lines" -le 500 ] || echo "$file: $lines lines"
	done
}
check no_c_file_is_longer_than_500_lines

a_public_name_begins_with_its_file_s_name()
{
	for file in $(echo "$programs $lib" | tr ' ' '\n' | grep '\.c$' | grep -v '/main\.c$'); do
		stem=$(basename "$file" .c)
		awk -v stem="$stem" -v file="$file" '
			/^[a-z].*[ *]([a-z][a-z0-9_]*)\(/ && !/^static/ && !/;$/ && !/^(typedef|struct [a-z_]* \{|extern|else|enum)/ {
				name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name)
				prefix = stem; while (prefix != "" && index(name, prefix "_") != 1 && name != prefix) {
					if (!sub(/_[^_]*$/, "", prefix)) prefix = "" }
				if (prefix == "") print file ": " name
			}' "$file"
	done
}
check a_public_name_begins_with_its_file_s_name

echo "1..$number"
[ "$failed" = 0 ]
