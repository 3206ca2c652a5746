# irqpilot: builds the three programs into build/bin, runs, tests and installs them.
# "make" alone builds; "make run" and "make check" install what they lack first.

CC ?= cc
CFLAGS ?= -O2 -g
PREFIX ?= /usr/local
DESTDIR ?=
VERSION := 0.1.0

WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
# Our own flags; CFLAGS, CPPFLAGS and LDFLAGS stay the user's.
OUR := -std=gnu11 -D_GNU_SOURCE -DIRQPILOT_VERSION='"$(VERSION)"' -Ilib $(WARN) -fno-strict-overflow
JSON_CFLAGS = $(shell pkg-config --cflags json-c 2>/dev/null)
JSON_LIBS = $(shell pkg-config --libs json-c 2>/dev/null || echo -ljson-c)
CURL_LIBS = $(shell pkg-config --libs libcurl 2>/dev/null || echo -lcurl)

LIB := $(wildcard lib/*.c)
PROGRAMS := irqsampler irqapi.fcgi irqclient
irqsampler_SRC := $(wildcard sampler/*.c)
irqapi.fcgi_SRC := $(wildcard fcgi/*.c)
irqclient_SRC := $(wildcard client/*.c)
irqsampler_LIBS =
irqapi.fcgi_LIBS = -lfcgi $(JSON_LIBS)
irqclient_LIBS = $(CURL_LIBS) $(JSON_LIBS)
TESTS := $(patsubst tests/%.c,%,$(wildcard tests/test_*.c))
# What a test needs from a program, which it is linked with: everything but its main; by how the test's name begins.
sampler_MORE := $(filter-out sampler/main.c,$(irqsampler_SRC))
fcgi_MORE := $(filter-out fcgi/main.c,$(irqapi.fcgi_SRC)) tests/fcgi_fake.c
client_MORE := $(filter-out client/main.c client/http.c,$(irqclient_SRC)) tests/client_fake.c
balance_MORE := $(client_MORE)
$(foreach p,sampler fcgi client balance,$(foreach t,$(filter test_$(p)%,$(TESTS)),$(eval $(t)_MORE := $($(p)_MORE))))

# What these goals lack is installed before the first file is compiled (order-only: it never makes anything out of date).
NEED := $(patsubst %,need-%,$(filter run check bench asan fuzz,$(MAKECMDGOALS)))

all: $(PROGRAMS:%=build/bin/%)

# Each way to build: its folder, its compiler, its flags.
build_CC = $(CC)
build_FLAGS = $(CFLAGS)
build/strict-gcc_CC = gcc
build/strict-gcc_FLAGS = -O2 -g -Werror
build/strict-clang_CC = clang
build/strict-clang_FLAGS = -O2 -g -Werror
build/asan_CC = gcc
build/asan_FLAGS = -O1 -g -Werror -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
VARIANTS := build build/strict-gcc build/strict-clang build/asan

define variant
$(1)/obj/%.o: %.c | $(NEED)
	@mkdir -p $$(@D)
	$$($(1)_CC) $$(OUR) $$(JSON_CFLAGS) $$(CPPFLAGS) $$($(1)_FLAGS) -MMD -MP -c -o $$@ $$<
$(1)/lib.a: $$(LIB:%.c=$(1)/obj/%.o)
	@rm -f $$@
	$$(AR) rcs $$@ $$^
-include $$(shell find $(1)/obj -name '*.d' 2>/dev/null)
endef
define program
$(1)/bin/$(2): $($(2)_SRC:%.c=$(1)/obj/%.o) $(1)/lib.a
	@mkdir -p $$(@D)
	$$($(1)_CC) $$($(1)_FLAGS) $$(LDFLAGS) -o $$@ $$^ $$($(2)_LIBS) -lm $$(LIBS)
endef
define test
$(1)/test/$(2): $(1)/obj/tests/$(2).o $($(2)_MORE:%.c=$(1)/obj/%.o) $(1)/lib.a
	@mkdir -p $$(@D)
	$$($(1)_CC) $$($(1)_FLAGS) $$(LDFLAGS) -o $$@ $$^ -lcmocka $$(JSON_LIBS) -lm $$(LIBS)
endef
$(foreach v,$(VARIANTS),$(eval $(call variant,$(v))))
$(foreach v,$(VARIANTS),$(foreach p,$(PROGRAMS),$(eval $(call program,$(v),$(p)))))
$(foreach v,$(VARIANTS),$(foreach t,$(TESTS),$(eval $(call test,$(v),$(t)))))

$(NEED):
	@packaging/need.sh $(@:need-%=%)

# PORT, INTERVAL, PROC and SYS reach it by the environment; exec, so that make's SIGTERM does too.
run: $(NEED) all
	@exec conf/run.sh

OBJECTS = $(LIB:.c=.o) $(foreach p,$(PROGRAMS),$($(p)_SRC:.c=.o)) $(TESTS:%=tests/%.o)
STRICT = $(addprefix build/strict-gcc/obj/,$(OBJECTS)) $(addprefix build/strict-clang/obj/,$(OBJECTS))
E2E := $(wildcard tests/e2e/test_*.py)

# The tests of the modules, of the rules of the code, and of the programs end to end, on what a user's build made; no
# warning of either compiler is left.
check: $(NEED) all $(STRICT) $(TESTS:%=build/test/%)
	@tests/run.py tests/lint.sh $(TESTS:%=build/test/%) $(E2E)

# The same tests under the address and undefined behaviour sanitizers.
asan: $(NEED) $(PROGRAMS:%=build/asan/bin/%) $(TESTS:%=build/asan/test/%)
	@IRQPILOT_BIN=build/asan/bin tests/run.py $(TESTS:%=build/asan/test/%) $(E2E)

lint:
	@tests/lint.sh

# What it costs, as ratios to peers and limits within one run.
BENCH := $(patsubst tests/bench/%.c,build/bench/%,$(wildcard tests/bench/*.c))
$(BENCH): build/bench/%: build/obj/tests/bench/%.o build/lib.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lm $(LIBS)
bench: $(NEED) $(BENCH)
	@for b in $(BENCH); do $$b || exit; done

D := $(DESTDIR)$(PREFIX)
ETC := $(DESTDIR)/etc
MAN := $(wildcard sampler/*.[158] fcgi/*.[158] client/*.[158])
PAGES = $(foreach m,$(MAN),$(D)/share/man/man$(subst .,,$(suffix $(m)))/$(notdir $(m)))
SITE = conf/site.sh 127.0.0.1:8080 /run/irqpilot/api.sock $(PREFIX)/share/irqpilot/www

install: all
	install -D -m 755 build/bin/irqclient $(D)/bin/irqclient
	install -D -m 755 build/bin/irqsampler $(D)/sbin/irqsampler
	install -D -m 755 build/bin/irqapi.fcgi $(D)/lib/irqpilot/irqapi.fcgi
	install -d -m 755 $(D)/share/irqpilot/www
	cp -R www/. $(D)/share/irqpilot/www/ && chmod -R u=rwX,go=rX $(D)/share/irqpilot/www
	$(foreach p,$(PAGES),install -D -m 644 $(filter %/$(notdir $(p)),$(MAN)) $(p) &&) :
	$(SITE) >build/irqpilot.nginx
	conf/setting.sh put conf/irqpilot.default $(ETC)/default/irqpilot
	conf/setting.sh put build/irqpilot.nginx $(ETC)/nginx/sites-available/irqpilot

# What was recorded (/var/lib/irqpilot) and settings that were changed stay.
uninstall:
	rm -f $(D)/bin/irqclient $(D)/sbin/irqsampler $(PAGES)
	rm -rf $(D)/lib/irqpilot $(D)/share/irqpilot
	mkdir -p build
	$(SITE) >build/irqpilot.nginx
	conf/setting.sh take conf/irqpilot.default $(ETC)/default/irqpilot
	conf/setting.sh take build/irqpilot.nginx $(ETC)/nginx/sites-available/irqpilot

clean:
	rm -rf build

.PHONY: $(NEED) all run check asan lint bench install uninstall clean
.DELETE_ON_ERROR:
