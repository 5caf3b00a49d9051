/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A token bucket filter (tc-tbf(8)) as the root queue of a link; linux/pkt_sched.h has its parts.
 */
#include "net/rate.h"

#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#define ETH_ROOM  18   /* header and tag of a frame */
#define BURST_MIN 4096 /* bytes that may leave at once, beside a whole packet */
#define QUEUE_MIN \
	65536	      /* bytes that wait before the first is dropped: a whole burst of offloading */
#define PER_SECOND 10 /* parts of a second that the queue holds; of the burst, a tenth of it */

static int parse(const char *text, uint64_t *ret)
{
	uint64_t bits = 0;
	const int r = text ? parse_rate(text, &bits) : 0;

	*ret = bits / 8;
	return r;
}

int rate_parse(const struct nic_spec *spec, uint64_t *ret_ingress, uint64_t *ret_egress,
	       struct zerr *e)
{
	if (parse(spec->ingress, ret_ingress) < 0 || parse(spec->egress, ret_egress) < 0)
		return zerr_as(e, ZERR_USAGE, "limits: not a rate");
	return 0;
}

static uint32_t bytes(uint64_t n, uint64_t least)
{
	n = n > least ? n : least;
	return n > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)n;
}

static void put_queue(struct nlm *m, const struct link_info *link, uint64_t rate)
{
	const uint64_t packet = link->mtu + ETH_ROOM;
	const uint32_t burst = bytes(rate / PER_SECOND / 10, packet + BURST_MIN);
	const struct tc_tbf_qopt q = {
		.rate = { .linklayer = TC_LINKLAYER_ETHERNET,
			  .rate = rate > UINT32_MAX ? UINT32_MAX : (uint32_t)rate },
		.limit = bytes(rate / PER_SECOND, burst + QUEUE_MIN),
	};
	struct nlattr *options = nlm_nest(m, TCA_OPTIONS | NLA_F_NESTED, NULL, 0);

	nlm_put(m, TCA_TBF_PARMS, &q, sizeof(q));
	nlm_put(m, TCA_TBF_BURST, &burst, sizeof(burst));
	if (rate > UINT32_MAX)
		nlm_put(m, TCA_TBF_RATE64, &rate, sizeof(rate));
	nlm_end(m, options);
}

static int call(struct nl *nl, const struct link_info *link, uint16_t type, uint64_t rate,
		struct zerr *e)
{
	const struct tcmsg tc = { .tcm_ifindex = (int)link->index, .tcm_parent = TC_H_ROOT };
	struct nlm m;

	nlm_begin(&m, type, rate ? NLM_F_CREATE | NLM_F_REPLACE : 0, &tc, sizeof(tc));
	if (rate) {
		nlm_str(&m, TCA_KIND, "tbf");
		put_queue(&m, link, rate);
	}
	return nl_call(nl, &m, NULL, NULL, e);
}

int rate_set(struct nl *nl, const struct link_info *link, uint64_t rate, struct zerr *e)
{
	/* Never changed in place: what waits may be larger than the burst of a lower rate, and
	 * would wait for ever, with all behind it. */
	int r = call(nl, link, RTM_DELQDISC, 0, e);

	if (r == -ENOENT || r == -EINVAL) /* there is none */
		r = 0;
	if (r == 0 && rate)
		r = call(nl, link, RTM_NEWQDISC, rate, e);
	if (r == -ENOENT || r == -EOPNOTSUPP)
		return zerr_as(e, ZERR_HOST, "the host's kernel cannot limit rates (sch_tbf)");
	return zerr_in(e, r, "rate of %s", link->name);
}
