/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See unittext.h. */
#include "core/unittext.h"

#include <stdlib.h>

void unit_put_quoted(struct buf *out, const char *text)
{
	buf_char(out, '"');
	for (const char *p = text; *p; p++) {
		const unsigned char c = (unsigned char)*p;

		if (c == '"' || c == '\\')
			buf_fmt(out, "\\%c", c);
		else if (c == '%')
			buf_str(out, "%%");
		else if (c < ' ' || c == 127)
			buf_fmt(out, "\\x%02x", c);
		else
			buf_char(out, (char)c);
	}
	buf_char(out, '"');
}

/* ---- order ----------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	const int x = *(const int *)a, y = *(const int *)b;

	return x < y ? -1 : x > y;
}

int unit_orders_find(struct unit_orders *ret, const struct zone_plan *p)
{
	int *v = calloc(p->n + 1, sizeof(*v));
	size_t n = 0;

	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < p->n; i++)
		v[i] = p->v[i].order;
	qsort(v, p->n, sizeof(*v), compare);
	for (size_t i = 0; i < p->n; i++)
		if (i == 0 || v[i] != v[n - 1])
			v[n++] = v[i];
	*ret = (struct unit_orders){ v, n };
	return 0;
}

void unit_orders_done(struct unit_orders *o)
{
	free(o->v);
	*o = (struct unit_orders){ 0 };
}

void unit_put_order(struct buf *out, const struct unit_orders *o, size_t i)
{
	buf_fmt(out,
		UNIT_HEAD "Description=Zones with start.order up to %d have started\n"
			  "StopWhenUnneeded=yes\n",
		o->v[i - 1]);
	if (i > 1)
		buf_fmt(out, "After=zones-order-%zu.target\n", i - 1);
}

/* After the point before its own order, before that behind it. */
static void put_place(struct buf *out, const struct unit_orders *o, int order)
{
	size_t at = 0;

	while (at < o->n && o->v[at] != order)
		at++;
	if (at + 1 < o->n)
		buf_fmt(out, "Before=zones-order-%zu.target\n", at + 1);
	if (at > 0)
		buf_fmt(out, "Wants=zones-order-%zu.target\nAfter=zones-order-%zu.target\n", at,
			at);
}

/* ---- one zone -------------------------------------------------------------------------------- */

static void put_zones(struct buf *out, const char *key, const struct strv *names)
{
	for (size_t i = 0; i < names->n; i++)
		buf_fmt(out, "%s=zone@%s.service\n", key, names->v[i]);
}

static void put_networks(struct buf *out, const struct zone_spec *s)
{
	for (size_t i = 0; i < s->nics_n; i++)
		if (s->nics[i].network) /* the default one is not worth a unit */
			buf_fmt(out,
				"Wants=zone-network@%s.service\nAfter=zone-network@%s.service\n",
				s->nics[i].network, s->nics[i].network);
}

void unit_put_zone(struct buf *out, const char *dir, const struct zone_spec *s,
		   const struct unit_orders *o, int order)
{
	buf_str(out, UNIT_HEAD "RequiresMountsFor=");
	unit_put_quoted(out, dir);
	buf_char(out, '\n');
	put_zones(out, "After", &s->start_after);
	put_zones(out, "Requires", &s->start_requires);
	put_zones(out, "After", &s->start_requires);
	put_networks(out, s);
	put_place(out, o, order);
}
