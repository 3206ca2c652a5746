/* Structs as JSON text and back, by a table of their fields; see apijson_table.h. The only file that knows json-c. */
#include "apijson_table.h"
#include "apijson_bytes.h"
#include "view.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>
#include <json-c/printbuf.h>

/* With as few digits as read back as the same number: 59.998, not 59.997999999999998. */
static int print_number(struct json_object *object, struct printbuf *to, int level, int flags)
{
	double number = json_object_get_double(object);
	char text[40];
	int digits = 15;

	(void)level;
	(void)flags;
	do
		snprintf(text, sizeof text, "%.*g", digits, number);
	while (strtod(text, NULL) != number && digits++ < 17);
	return printbuf_memappend(to, text, (int)strlen(text));
}

static struct json_object *new_text(const char *text)
{
	char *clean = apijson_bytes_clean(text);
	struct json_object *object = clean ? json_object_new_string(clean) : NULL;

	free(clean);
	return object;
}

static struct json_object *write_fields(const struct apijson_field *fields, const void *from);

static struct json_object *new_counts(const struct view_counts *counts)
{
	struct json_object *object = json_object_new_object();
	size_t i;

	for (i = 0; object && i < counts->count; i++) {
		char cpu[12];

		snprintf(cpu, sizeof cpu, "%u", counts->items[i].cpu);
		json_object_object_add(object, cpu, json_object_new_int64((int64_t)counts->items[i].count));
	}
	return object;
}

static struct json_object *new_list(const struct apijson_field *field, const void *from, size_t count)
{
	struct json_object *list = json_object_new_array();
	const char *items;
	size_t i;

	memcpy(&items, from, sizeof items);
	for (i = 0; list && i < count; i++) {
		const void *item = items + i * field->size;
		struct json_object *object;

		if (field->of)
			object = write_fields(field->of, item);
		else if (field->kind == UINTS)
			object = json_object_new_int64(*(const unsigned *)item);
		else
			object = new_text(*(const char *const *)item);
		if (!object) {
			json_object_put(list);
			return NULL;
		}
		json_object_array_add(list, object);
	}
	return list;
}

/* NULL is JSON's null; *failed tells it from no memory. */
static struct json_object *write_field(const struct apijson_field *field, const char *from, bool *failed)
{
	const void *at = from + field->at;
	struct json_object *object = NULL;
	const char *text;

	switch (field->kind) {
	case TEXT:
		memcpy(&text, at, sizeof text);
		if (!text)
			return NULL;
		object = new_text(text);
		break;
	case COUNT:
		if (*(const uint64_t *)at == VIEW_NONE)
			return NULL;
		object = json_object_new_int64((int64_t) * (const uint64_t *)at);
		break;
	case NUMBER:
	case NUMBER_MAYBE:
		if (!isfinite(*(const double *)at))
			return NULL;
		object = json_object_new_double(*(const double *)at);
		if (object)
			json_object_set_serializer(object, print_number, NULL, NULL);
		break;
	case UINT:
		object = json_object_new_int64(*(const unsigned *)at);
		break;
	case INT:
	case ERRNO:
	case ERRNO_MAYBE:
		if (*(const int *)at < (field->kind != INT))
			return NULL;
		object = json_object_new_int(*(const int *)at);
		break;
	case BOOL:
		if (*(const int *)at < 0)
			return NULL;
		object = json_object_new_boolean(*(const int *)at);
		break;
	case COUNTS:
		object = new_counts(at);
		break;
	case OBJECT:
		object = write_fields(field->of, at);
		break;
	case POINTER:
	case POINTER_MAYBE:
		memcpy(&text, at, sizeof text);
		if (!text)
			return NULL;
		object = write_fields(field->of, text);
		break;
	case TEXTS:
	case UINTS:
	case LIST:
	case LIST_MAYBE:
		object = new_list(field, at, *(const size_t *)(const void *)(from + field->count_at));
		break;
	}
	*failed |= !object;
	return object;
}

static bool is_maybe(enum apijson_kind kind)
{
	return kind == NUMBER_MAYBE || kind == ERRNO_MAYBE || kind == LIST_MAYBE || kind == POINTER_MAYBE;
}

static struct json_object *write_fields(const struct apijson_field *fields, const void *from)
{
	struct json_object *object = json_object_new_object();
	bool failed = !object;

	for (; fields->name && !failed; fields++) {
		struct json_object *value = write_field(fields, from, &failed);

		if (is_maybe(fields->kind) &&
		    (!value || (fields->kind == LIST_MAYBE && json_object_array_length(value) == 0)))
			json_object_put(value);
		else
			json_object_object_add(object, fields->name, value);
	}
	if (failed) {
		json_object_put(object);
		return NULL;
	}
	return object;
}

char *apijson_table_write(const struct apijson_field *fields, const void *from)
{
#ifdef JSON_C_TO_STRING_NOSLASHESCAPE
	const int flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;
#else
	const int flags = JSON_C_TO_STRING_PLAIN;
#endif
	struct json_object *object = write_fields(fields, from);
	const char *text = object ? json_object_to_json_string_ext(object, flags) : NULL;
	char *copy = text ? strdup(text) : NULL;

	json_object_put(object);
	return copy;
}

/* ---- reading ---- */

static const char no_memory[] = "not enough memory";

static size_t blanks(const char *text, size_t length, size_t from)
{
	while (from < length && text[from] && strchr(" \t\r\n", text[from]))
		from++;
	return from;
}

/* The object that text is, all of it; NULL with *error. json_object_put it. */
static struct json_object *parse(struct arena *arena, const char *text, size_t length, int strict, const char **error)
{
	struct json_tokener *tokener;
	struct json_object *object;
	enum json_tokener_error fault;
	size_t end = blanks(text, length, 0);

	if (end == length || text[end] != '{' || length >= INT32_MAX) {
		*error = end == length ? "it is empty; a JSON object was expected" :
			 text[end] != '{' ? "a JSON object was expected" : "it is too long";
		return NULL;
	}
	tokener = json_tokener_new();
	if (!tokener) {
		*error = no_memory;
		return NULL;
	}
#ifdef JSON_TOKENER_STRICT
	if (strict)
		json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
#else
	(void)strict;
#endif
	object = json_tokener_parse_ex(tokener, text, (int)length);
	fault = json_tokener_get_error(tokener);
#if defined(JSON_C_VERSION_NUM) && JSON_C_VERSION_NUM >= 0x000e00
	end = json_tokener_get_parse_end(tokener);
#else
	end = (size_t)tokener->char_offset;
#endif
	json_tokener_free(tokener);
	*error = NULL;
	if (fault == json_tokener_continue)
		*error = "the JSON ends too early";
	else if (fault != json_tokener_success)
		*error = arena_printf(arena, "%s, at byte %zu of the JSON", json_tokener_error_desc(fault), end + 1);
	else if (blanks(text, length, end) < length)
		*error = arena_printf(arena, "something stands behind the JSON object, at byte %zu", end + 1);
	else
		return object;
	if (!*error)
		*error = no_memory;
	json_object_put(object);
	return NULL;
}

static int read_fields(struct arena *arena, const struct apijson_field *fields, struct json_object *object, void *to);

/* {"0": n}, its CPUs ascending as they were written. */
static int read_counts(struct arena *arena, struct json_object *object, struct view_counts *counts)
{
	size_t n = (size_t)json_object_object_length(object);

	counts->items = arena_alloc(arena, n, sizeof *counts->items);
	if (!counts->items)
		return -1;
	json_object_object_foreach(object, cpu, value) {
		counts->items[counts->count].cpu = (unsigned)strtoul(cpu, NULL, 10);
		counts->items[counts->count++].count = (uint64_t)json_object_get_int64(value);
	}
	return 0;
}

static int read_list(struct arena *arena, const struct apijson_field *field, struct json_object *list, char *to)
{
	size_t n = (size_t)json_object_array_length(list), i;
	char *items = arena_alloc(arena, n, field->size);
	const char *text;

	if (!items)
		return -1;
	for (i = 0; i < n; i++) {
		char *item = items + i * field->size;
		/* json-c 0.11 counts with int, later ones with size_t */
		struct json_object *object = json_object_array_get_idx(list, (__typeof__(json_object_array_length(list)))i);

		if (field->of) {
			if (read_fields(arena, field->of, object, item))
				return -1;
		} else if (field->kind == UINTS) {
			*(unsigned *)(void *)item = (unsigned)json_object_get_int64(object);
		} else {
			text = arena_strdup(arena, object ? json_object_get_string(object) : "");
			if (!text)
				return -1;
			memcpy(item, &text, sizeof text);
		}
	}
	memcpy(to + field->at, &items, sizeof items);
	memcpy(to + field->count_at, &n, sizeof n);
	return 0;
}

/* What a field is when JSON says nothing or null. */
static int set_nothing(struct arena *arena, const struct apijson_field *field, void *at)
{
	switch (field->kind) {
	case COUNT:
		*(uint64_t *)at = VIEW_NONE;
		return 0;
	case NUMBER:
	case NUMBER_MAYBE:
		*(double *)at = NAN;
		return 0;
	case INT:
	case BOOL:
		*(int *)at = -1;
		return 0;
	case OBJECT:
		return read_fields(arena, field->of, NULL, at);
	default:
		return 0; /* all zero */
	}
}

static int read_field(struct arena *arena, const struct apijson_field *field, struct json_object *value, char *to)
{
	void *at = to + field->at, *pointer;
	const char *text;

	switch (field->kind) {
	case TEXT:
		text = arena_strdup(arena, json_object_get_string(value));
		memcpy(at, &text, sizeof text);
		return text ? 0 : -1;
	case COUNT:
		*(uint64_t *)at = (uint64_t)json_object_get_int64(value);
		return 0;
	case NUMBER:
	case NUMBER_MAYBE:
		*(double *)at = json_object_get_double(value);
		return 0;
	case UINT:
		*(unsigned *)at = (unsigned)json_object_get_int64(value);
		return 0;
	case INT:
	case ERRNO:
	case ERRNO_MAYBE:
		*(int *)at = json_object_get_int(value);
		return 0;
	case BOOL:
		*(int *)at = json_object_get_boolean(value);
		return 0;
	case COUNTS:
		return json_object_is_type(value, json_type_object) ? read_counts(arena, value, at) : 0;
	case OBJECT:
		return read_fields(arena, field->of, value, at);
	case POINTER:
	case POINTER_MAYBE:
		pointer = arena_alloc(arena, 1, field->size);
		memcpy(at, &pointer, sizeof pointer);
		return pointer ? read_fields(arena, field->of, value, pointer) : -1;
	default:
		return json_object_is_type(value, json_type_array) ? read_list(arena, field, value, to) : 0;
	}
}

/* Into a struct that is all zero; what the object has not is nothing. -1: no memory */
static int read_fields(struct arena *arena, const struct apijson_field *fields, struct json_object *object, void *to)
{
	int err = 0;

	for (; fields->name && !err; fields++) {
		struct json_object *value = NULL;

		if (json_object_is_type(object, json_type_object))
			json_object_object_get_ex(object, fields->name, &value);
		if (value)
			err = read_field(arena, fields, value, to);
		else
			err = set_nothing(arena, fields, (char *)to + fields->at);
	}
	return err;
}

/* The first list or object that an answer must have and lacks, or NULL. */
static const char *missing(const struct apijson_field *fields, struct json_object *object)
{
	for (; fields->name; fields++) {
		enum json_type type = fields->kind == OBJECT ? json_type_object : json_type_array;
		struct json_object *value = NULL;

		if (fields->kind != OBJECT && fields->kind != LIST && fields->kind != UINTS)
			continue;
		json_object_object_get_ex(object, fields->name, &value);
		if (!json_object_is_type(value, type))
			return fields->name;
	}
	return NULL;
}

/* ---- strictly: what users send ---- */

/* Fields that json-c kept: of those named twice only one. */
static size_t kept_fields(struct json_object *object)
{
	size_t n = 0, i, length;

	if (json_object_is_type(object, json_type_object)) {
		json_object_object_foreach(object, name, value) {
			(void)name;
			n += 1 + kept_fields(value);
		}
	} else if (json_object_is_type(object, json_type_array)) {
		length = (size_t)json_object_array_length(object);
		for (i = 0; i < length; i++)
			n += kept_fields(json_object_array_get_idx(object,
								   (__typeof__(json_object_array_length(object)))i));
	}
	return n;
}

/* NULL if the value is of the field's kind; else what was expected. */
static const char *type_fault(const struct apijson_field *field, struct json_object *value)
{
	switch (field->kind) {
	case TEXT:
		return json_object_is_type(value, json_type_string) ? NULL : "a text";
	case COUNT:
		if (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 0)
			return "a whole number from 0 on";
		return NULL;
	case NUMBER:
	case NUMBER_MAYBE:
		if (!json_object_is_type(value, json_type_int) &&
		    (!json_object_is_type(value, json_type_double) || !isfinite(json_object_get_double(value))))
			return "a number";
		return NULL;
	case BOOL:
		return json_object_is_type(value, json_type_boolean) ? NULL : "true or false";
	default:
		return json_object_is_type(value, json_type_array) ? NULL : "a list";
	}
}

/* Whether all fields are known and of their type; else *error says which is not. */
static bool check_fields(struct arena *arena, const struct apijson_field *fields, struct json_object *object,
			 const char **error)
{
	const struct apijson_field *field;
	const char *fault;
	size_t i, n;

	if (!json_object_is_type(object, json_type_object)) {
		*error = "an object was expected in the list";
		return false;
	}
	json_object_object_foreach(object, name, value) {
		for (field = fields; field->name && strcmp(field->name, name) != 0; field++)
			;
		if (!field->name) {
			*error = arena_printf(arena, "unknown field \"%.60s\"", name);
			return false;
		}
		fault = type_fault(field, value);
		if (fault) {
			*error = arena_printf(arena, "field \"%s\": %s was expected", name, fault);
			return false;
		}
		n = field->kind == LIST ? (size_t)json_object_array_length(value) : 0;
		for (i = 0; i < n; i++)
			if (!check_fields(arena, field->of,
					  json_object_array_get_idx(value, (__typeof__(json_object_array_length(value)))i),
					  error))
				return false;
	}
	return true;
}

int apijson_table_read(struct arena *arena, const struct apijson_field *fields, const char *text, size_t length,
		       int strict, void *to, const char **error)
{
	size_t named = 0;
	const char *fault = strict ? apijson_bytes_fault(text, length, &named) : NULL, *lacks;
	struct json_object *object;
	int err = -1;

	*error = fault;
	object = fault ? NULL : parse(arena, text, length, strict, error);
	if (!object)
		return -1;
	lacks = strict ? NULL : missing(fields, object);
	if (lacks)
		*error = arena_printf(arena, "it lacks \"%s\"", lacks);
	else if (strict && named != kept_fields(object))
		*error = "a field is named twice";
	else if (!strict || check_fields(arena, fields, object, error))
		err = read_fields(arena, fields, object, to);
	if (err && !*error)
		*error = no_memory;
	json_object_put(object);
	return err;
}
