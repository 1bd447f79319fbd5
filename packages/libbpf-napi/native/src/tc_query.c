/* The filters of traffic control that run programs, which libbpf finds only one by one. */
#include <errno.h>
#include <linux/netlink.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "exports.h"
#include "job.h"
#include "value.h"

/* As JavaScript is given them: three numbers for each filter. */
struct filter {
	uint32_t priority, handle, program_id;
};

struct tc_query {
	struct job job;
	int32_t ifindex;
	bool egress;
	struct filter *filters;
	size_t count;
};

/* The attribute of a type among `length` bytes of attributes, or NULL. */
static const struct rtattr *find_attribute(const struct rtattr *attribute, int length, int type)
{
	for (; RTA_OK(attribute, length); attribute = RTA_NEXT(attribute, length))
		if ((attribute->rta_type & NLA_TYPE_MASK) == type)
			return attribute;
	return NULL;
}

static const struct rtattr *find_nested(const struct rtattr *outer, int type)
{
	return find_attribute(RTA_DATA(outer), RTA_PAYLOAD(outer), type);
}

/* A filter without an id is a classic one, or one whose handle does not stand in this message. */
static int take_filter(struct tc_query *query, const struct nlmsghdr *message)
{
	const struct tcmsg *tc = NLMSG_DATA(message);
	const struct rtattr *first = TCA_RTA(tc), *kind, *options, *id;
	int length = TCA_PAYLOAD(message);
	struct filter *grown;

	kind = find_attribute(first, length, TCA_KIND);
	options = find_attribute(first, length, TCA_OPTIONS);
	if (!kind || !options || strcmp(RTA_DATA(kind), "bpf"))
		return 0;
	id = find_nested(options, TCA_BPF_ID);
	if (!id)
		return 0;
	grown = reallocarray(query->filters, query->count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	query->filters = grown;
	grown[query->count].priority = TC_H_MAJ(tc->tcm_info) >> 16;
	grown[query->count].handle = tc->tcm_handle;
	memcpy(&grown[query->count].program_id, RTA_DATA(id), sizeof(uint32_t));
	query->count++;
	return 0;
}

static int ask(int fd, const struct tc_query *query)
{
	struct {
		struct nlmsghdr header;
		struct tcmsg tc;
	} request = {
		.header = {.nlmsg_len = sizeof(request),
			   .nlmsg_type = RTM_GETTFILTER,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.tc = {.tcm_family = AF_UNSPEC,
		       .tcm_ifindex = query->ifindex,
		       .tcm_parent = TC_H_MAKE(TC_H_CLSACT,
					       query->egress ? TC_H_MIN_EGRESS : TC_H_MIN_INGRESS)},
	};

	return send(fd, &request, sizeof(request), 0) < 0 ? -errno : 0;
}

/* Reads one datagram of the answer. 1 says that it was the last, -EINTR that the filters changed meanwhile. */
static int take_answer(int fd, struct tc_query *query)
{
	/* As large as the kernel makes one of a dump (NLMSG_GOODSIZE and up to 32 KiB, since Linux 4.7). */
	static __thread char buffer[32768] __attribute__((aligned(NLMSG_ALIGNTO)));
	ssize_t size = recv(fd, buffer, sizeof(buffer), 0);
	const struct nlmsghdr *message = (const struct nlmsghdr *)buffer;
	int length = size, error;

	if (size < 0)
		return -errno;
	for (; NLMSG_OK(message, length); message = NLMSG_NEXT(message, length)) {
		if (message->nlmsg_flags & NLM_F_DUMP_INTR)
			return -EINTR;
		if (message->nlmsg_type == NLMSG_DONE)
			return 1;
		if (message->nlmsg_type == NLMSG_ERROR)
			return ((const struct nlmsgerr *)NLMSG_DATA(message))->error;
		error = take_filter(query, message);
		if (error)
			return error;
	}
	return 0;
}

static int dump(struct tc_query *query)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), done;

	if (fd < 0)
		return -errno;
	query->count = 0;
	done = ask(fd, query);
	while (!done)
		done = take_answer(fd, query);
	close(fd);
	return done > 0 ? 0 : done;
}

/* The kernel answers for a device that is not there as for one without filters. */
static int tc_query_run(struct job *job)
{
	struct tc_query *query = (struct tc_query *)job;
	char name[IF_NAMESIZE];
	int error;

	if (!if_indextoname(query->ifindex, name))
		return -ENODEV;
	do
		error = dump(query);
	while (error == -EINTR);
	return error;
}

static void tc_query_report(napi_env env, struct job *job, napi_value result)
{
	struct tc_query *query = (struct tc_query *)job;
	size_t numbers = query->count * sizeof(*query->filters) / sizeof(uint32_t);

	set_value(env, result, "filters",
		  make_u32_array(env, (const uint32_t *)query->filters, numbers));
}

static void tc_query_release(struct job *job)
{
	free(((struct tc_query *)job)->filters);
}

/* tcQuery(ifindex, egress, netns?): Promise<{ filters }>: priority, handle and program id of each */
napi_value tc_query(napi_env env, napi_callback_info info)
{
	struct tc_query *query = calloc(1, sizeof(*query));

	if (!query)
		return NULL;
	if (!read_arguments(env, info, "itS", &query->ifindex, &query->egress, &query->job.netns)) {
		free(query);
		return NULL;
	}
	query->job.run = tc_query_run;
	query->job.report = tc_query_report;
	query->job.release = tc_query_release;
	return job_start(env, &query->job);
}
