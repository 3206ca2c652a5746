/*
 * Tests of lib/irqtable: what it finds in the real and the made tables of
 * fixtures/ is written down in the form of their .tsv files and compared.
 */
#include "cpulist.h"
#include "irqtable.h"
#include "readall.h"

#include <ctype.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define REAL "interrupts"
#define MADE "made"
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Exactly as much memory as the file has bytes, so that reading past the end is seen. */
struct bytes {
	char *at;
	size_t length;
};

static char *path_of(const char *folder, const char *name, const char *suffix)
{
	const char *tests = getenv("IRQPILOT_TESTS");

	return readall_join("%s/fixtures/%s/%s%s", tests ? tests : "tests", folder, name, suffix);
}

static struct bytes read_file(const char *folder, const char *name, const char *suffix)
{
	char *path = path_of(folder, name, suffix);
	struct readall file = { NULL, 0, 0 };
	struct bytes bytes;

	if (readall_path(&file, path, 0) != 0)
		fail_msg("%s cannot be read; is IRQPILOT_TESTS the folder of the tests?", path);
	bytes.length = file.length;
	bytes.at = malloc(bytes.length);
	memcpy(bytes.at, file.text, bytes.length);
	readall_free(&file);
	free(path);
	return bytes;
}

/* Shows visit the NAME of each NAME.txt in the folder that matches one of the globs; returns how many. */
typedef void visit(const char *folder, const char *name);

static size_t each(const char *folder, const char *const *globs, visit *what)
{
	size_t visited = 0, i;

	for (; *globs; globs++) {
		char *pattern = path_of(folder, *globs, ".txt");
		glob_t found;

		if (glob(pattern, 0, NULL, &found) != 0)
			fail_msg("there is no %s; is IRQPILOT_TESTS the folder of the tests?", pattern);
		for (i = 0; i < found.gl_pathc; i++) {
			char *name = strrchr(found.gl_pathv[i], '/') + 1;

			name[strlen(name) - strlen(".txt")] = '\0';
			what(folder, name);
			visited++;
		}
		globfree(&found);
		free(pattern);
	}
	return visited;
}

static void write_text(FILE *out, struct irqtable_text text)
{
	size_t i;

	fputc('\t', out);
	if (text.length == 0)
		fputs("\\0", out);
	for (i = 0; i < text.length; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if (c == '\\')
			fputs("\\\\", out);
		else if (c < 0x20 || c > 0x7e)
			fprintf(out, "\\x%02x", c);
		else
			fputc(c, out);
	}
}

static void write_counts(FILE *out, const struct irqtable *table, size_t row)
{
	const uint64_t *counts = irqtable_counts(table, row);
	const char *between = "\t";
	size_t i;

	if (table->rows[row].kind == IRQTABLE_BARE) {
		fprintf(out, "\tvalue:%llu", (unsigned long long)table->rows[row].value);
		return;
	}
	for (i = 0; counts && i < table->cpu_count; i++) {
		if (counts[i] == 0)
			continue;
		fprintf(out, "%s%u:%llu", between, table->cpus[i], (unsigned long long)counts[i]);
		between = ",";
	}
	if (*between == '\t')
		fputs("\t-", out);
}

static void write_row(FILE *out, const struct irqtable *table, size_t i, bool splits)
{
	static const char *const kinds[] = { "COUNTER", "BARE", "GAUGE", "SUM", "EMPTY", "SHORT" };
	const struct irqtable_row *row = &table->rows[i];

	fprintf(out, "%.*s\t%u\t%s", (int)row->label.length, row->label.at, row->ordinal, kinds[row->kind]);
	write_counts(out, table, i);
	if (splits) {
		write_text(out, row->chip);
		write_text(out, row->hwirq);
		write_text(out, row->trigger);
		write_text(out, row->names);
	}
	fputc('\n', out);
}

static bool within(struct irqtable_text part, const char *from, const char *to)
{
	return part.length == 0 || (part.at >= from && part.at + part.length <= to);
}

/* Each part of a row stands in the line that the row names, in order, and its tail goes from chip to names. */
static void check_places(const struct irqtable_row *row, const char *text, size_t length)
{
	const char *from = text, *to, *end = text + length;
	size_t line;

	for (line = 1; line < row->line; line++)
		from = (const char *)memchr(from, '\n', (size_t)(end - from)) + 1;
	to = memchr(from, '\n', (size_t)(end - from));
	if (!to)
		to = end;
	assert_true(within(row->label, from, to) && within(row->tail, row->label.at + row->label.length, to));
	to = row->tail.at + row->tail.length;
	assert_true(within(row->chip, row->tail.at, to) && within(row->names, row->tail.at, to));
	assert_true(within(row->hwirq, row->chip.at, to) && within(row->trigger, row->chip.at, to));
	assert_true(row->names.length == 0 || row->names.at + row->names.length == to);
	assert_int_equal(row->numbered, isdigit((unsigned char)row->label.at[0]) != 0);
}

static void write_cpus(FILE *out, const struct irqtable *table)
{
	struct cpulist cpus = { NULL, 0 };
	char *text;
	size_t i;

	for (i = 0; i < table->cpu_count; i++)
		assert_int_equal(cpulist_add(&cpus, table->cpus[i], table->cpus[i]), 0);
	text = cpulist_format(&cpus);
	fprintf(out, "cpus\t%s\n", text);
	free(text);
	cpulist_free(&cpus);
}

/* All that is found in a text, as the .tsv files have it; the caller frees it. */
static char *found_in(const char *text, size_t length, bool splits)
{
	static const char *const faults[] = { "OK", "NO_TEXT", "NO_HEADER", "BAD_HEADER", "NO_ROWS", "BAD_COUNT" };
	struct irqtable table = { 0 };
	struct irqtable_error error;
	struct irqtable_text last = { NULL, 0 };
	bool passed_over = false, passed_over_again;
	size_t line = 0, tables, size, i;
	char *result;
	FILE *out = open_memstream(&result, &size);

	tables = irqtable_last(text, length, &last, &line, &passed_over);
	if (tables == 0) {
		last.at = text;
		last.length = length;
	} else {
		struct irqtable_text again = last;

		assert_int_equal(irqtable_last(last.at, last.length, &again, &i, &passed_over_again), 1);
		assert_ptr_equal(again.at, last.at);
		assert_int_equal(again.length, last.length);
	}
	if (irqtable_parse(&table, last.at, last.length, &error) != 0) {
		assert_true(error.fault < COUNT(faults));
		assert_true(error.text[0] != '\0');
		assert_int_equal(table.row_count, 0);
		assert_int_equal(table.cpu_count, 0);
		fprintf(out, "fault\t%s\t%zu\n", faults[error.fault], error.line ? error.line + (line ? line - 1 : 0) : 0);
	} else {
		write_cpus(out, &table);
		if (tables > 1)
			fprintf(out, "tables\t%zu\n", tables);
		if (passed_over)
			fputs("passed over\t1\n", out);
		if (table.cut)
			fputs("cut\t1\n", out);
		for (i = 0; i < table.row_count; i++) {
			check_places(&table.rows[i], last.at, last.length);
			write_row(out, &table, i, splits);
		}
	}
	irqtable_free(&table);
	fclose(out);
	return result;
}

/* Ends an expected row after its counts, the fourth column. */
static void without_splits(char *line)
{
	int tabs = 0;

	for (; *line; line++)
		if (*line == '\t' && ++tabs == 4) {
			*line = '\0';
			return;
		}
}

static void check_text(const char *folder, const char *name, const char *text, size_t length, bool splits)
{
	char *found, *was, *is, *was_line, *is_line, *was_end = NULL, *is_end = NULL;
	struct bytes expected = read_file(strcmp(folder, REAL) == 0 ? "expected" : "made/expected", name, ".tsv");
	int number = 0;

	was = strndup(expected.at, expected.length);
	is = found = found_in(text, length, splits);
	was_line = strtok_r(was, "\n", &was_end);
	is_line = strtok_r(is, "\n", &is_end);
	while (was_line || is_line) {
		number++;
		if (was_line && !splits)
			without_splits(was_line);
		if (!was_line || !is_line || strcmp(was_line, is_line) != 0)
			fail_msg("%s, line %d of its expectation:\nexpected %s\nfound    %s", name, number,
				 was_line ? was_line : "no more", is_line ? is_line : "no more");
		was_line = strtok_r(NULL, "\n", &was_end);
		is_line = strtok_r(NULL, "\n", &is_end);
	}
	free(expected.at);
	free(was);
	free(found);
}

static void check(const char *folder, const char *name)
{
	struct bytes file = read_file(folder, name, ".txt");

	check_text(folder, name, file.at, file.length, true);
	free(file.at);
}

/* One test a family of captures, and one a group of made tables. */
#define FAMILIES(real, made)                                                                                     \
	real(x86_rows_have_chip_hwirq_and_flow, "coreos-*", "goproc*", "guest32-*", "hotsos-*", "insights-*",    \
	     "kernelmeasure-*", "laptop-*", "pcp-x86_64-*", "pcp-i686-*", "procfs-*", "stc-*-before",            \
	     "stc-*-after", "syslogs-*", "sysstat-*", "xserver-*")                                               \
	real(x86_rows_before_linux_4_have_no_hwirq, "det-*", "irqcli-*", "liblnxproc-*", "netutils-*",           \
	     "nodeexp-*", "ubuntu*")                                                                             \
	real(hyper_v_rows_belong_to_cpus_of_the_header_not_to_columns, "hyperv-*")                               \
	real(the_old_pic_has_neither_hwirq_nor_flow, "xtpic-*")                                                  \
	real(xen_rows_have_a_flow_without_hwirq, "xen-*")                                                        \
	real(of_a_series_the_last_whole_table_is_taken, "stc-bdwup0-cut", "stc-bdwup0-series*")                  \
	real(arm_rows_have_a_level_or_edge_word, "am62p-*", "apple-*", "exynos4-*", "renesas-*", "zynq-*")       \
	real(an_old_android_counts_ipis_of_cpus_that_its_header_lacks, "mt6589-*")                               \
	real(riscv_chips_have_blanks_in_their_names, "starfive-*")                                               \
	real(powerpc_prints_the_label_loc_twice, "power9-*", "ppc44x-*")                                         \
	real(mips_rows_have_no_flow_at_all, "ath79-*")                                                           \
	real(loongarch_ipis_have_chip_and_hwirq, "loongson-*")                                                   \
	real(parisc_stack_usage_is_a_gauge, "parisc-*")                                                          \
	real(old_s390_has_two_rows_that_count, "pcp-s390x-*")                                                    \
	made(linux_7_2_aligns_chips_left_and_counts_errors_per_cpu, "layout-7.2-*")                              \
	made(s390_sums_are_known_by_their_listed_parts, "layout-s390")                                           \
	made(a_vendor_kernel_without_chips_has_names_that_begin_with_a_digit, "vendor-*")                        \
	made(a_pasted_table_is_the_table, "pasted-*")                                                            \
	made(an_hwirq_may_be_negative_or_of_20_digits, "hwirq-*")                                                \
	made(a_name_is_any_bytes, "names-*")                                                                     \
	made(an_irq_number_may_have_10_digits, "irq-10-*")                                                       \
	made(one_value_without_text_is_no_cpus_on_one_cpu_too, "one-cpu-*", "powerpc-bad")                       \
	made(a_fault_is_told_with_its_line, "fault-*")                                                           \
	made(counts_go_to_2_to_the_63_less_1, "count-*")                                                         \
	made(a_row_with_too_few_counts_has_none, "torn-*")                                                       \
	made(the_end_of_a_text_may_be_within_a_number, "cut-*")                                                  \
	made(the_last_table_of_a_made_series_is_whole, "series-*")                                               \
	made(stack_usage_is_a_gauge_for_both_stacks_of_parisc, "gauge-*")                                        \
	made(a_repeated_label_has_an_ordinal, "labels-*")

#define TEST(folder, name, ...)                                                                                  \
	static const char *const name##_globs[] = { __VA_ARGS__, NULL };                                         \
	static void name(void **state)                                                                           \
	{                                                                                                        \
		(void)state;                                                                                     \
		assert_true(each(folder, name##_globs, check) > 0);                                              \
	}
#define REAL_TEST(name, ...) TEST(REAL, name, __VA_ARGS__)
#define MADE_TEST(name, ...) TEST(MADE, name, __VA_ARGS__)
FAMILIES(REAL_TEST, MADE_TEST)

static const char *const all[] = { "*", NULL };
static const char *wanted, *wanted_in;
static size_t times;

static void count_wanted(const char *folder, const char *name)
{
	if (strcmp(folder, wanted_in) == 0 && strcmp(name, wanted) == 0)
		times++;
}

#define COUNT_REAL(name, ...) each(REAL, name##_globs, count_wanted);
#define COUNT_MADE(name, ...) each(MADE, name##_globs, count_wanted);

static void check_in_one_family(const char *folder, const char *name)
{
	wanted_in = folder;
	wanted = name;
	times = 0;
	FAMILIES(COUNT_REAL, COUNT_MADE)
	if (times != 1)
		fail_msg("%s is in %zu families, not in one: see FAMILIES", name, times);
}

static void every_fixture_belongs_to_one_family(void **state)
{
	(void)state;
	assert_int_equal(each(REAL, all, check_in_one_family), 87);
	assert_true(each(MADE, all, check_in_one_family) > 0);
}

/*
 * The text with each run of at least so many blanks replaced by one c, and each newline by that one. Memory is of
 * the exact size.
 */
static struct bytes changed(struct bytes text, size_t blanks, char c, const char *newline)
{
	struct bytes out = { malloc(text.length * 2), 0 };
	size_t i = 0, run;

	while (i < text.length) {
		for (run = 0; i + run < text.length && text.at[i + run] == ' '; run++)
			;
		if (run >= blanks) {
			out.at[out.length++] = c;
			i += run;
		} else if (text.at[i] == '\n') {
			memcpy(out.at + out.length, newline, strlen(newline));
			out.length += strlen(newline);
			i++;
		} else {
			out.at[out.length++] = text.at[i++];
		}
	}
	out.at = realloc(out.at, out.length);
	return out;
}

static void check_changed(const char *folder, const char *name, size_t blanks, char c, const char *newline,
			  bool splits)
{
	struct bytes file = read_file(folder, name, ".txt"), other = changed(file, blanks, c, newline);

	check_text(folder, name, other.at, other.length, splits);
	free(file.at);
	free(other.at);
}

static void check_crlf(const char *folder, const char *name)
{
	check_changed(folder, name, SIZE_MAX, ' ', "\r\n", true);
	check_changed(folder, name, SIZE_MAX, ' ', "^M\n", true);
}

static void check_squeezed(const char *folder, const char *name)
{
	check_changed(folder, name, 1, ' ', "\n", false);
}

static void check_tabs(const char *folder, const char *name)
{
	check_changed(folder, name, 2, '\t', "\n", true);
	check_changed(folder, name, 1, '\t', "\n", false);
}

static void every_capture_is_the_same_with_dos_line_ends(void **state)
{
	(void)state;
	each(REAL, all, check_crlf);
}

static void every_capture_counts_the_same_with_squeezed_blanks(void **state)
{
	(void)state;
	each(REAL, all, check_squeezed);
}

static void every_capture_is_the_same_with_tabs(void **state)
{
	(void)state;
	each(REAL, all, check_tabs);
}

#define RUN(name, ...) cmocka_unit_test(name),

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAMILIES(RUN, RUN)
		RUN(every_fixture_belongs_to_one_family)
		RUN(every_capture_is_the_same_with_dos_line_ends)
		RUN(every_capture_counts_the_same_with_squeezed_blanks)
		RUN(every_capture_is_the_same_with_tabs)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
