/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks of names and values by their text, so that a mistake is found by `set` and not by the next
 * start. Limits have a file of their own. What is right in form may still not exist: that is for
 * those who use it.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <signal.h>
#include <string.h>

#include "base/utf8.h"
#include "conf/keys.h"

#define NAME_MAX_CHARS 255

int check_text(const char *v, size_t max, bool tabs, struct zerr *e)
{
	size_t len = 0;

	while (v[len]) {
		uint32_t code = 0;
		const size_t n = utf8_char(v + len, &code);

		if (n == 0 || (code < 0x20 && !(tabs && code == '\t')) ||
		    (code >= 0x7f && code < 0xa0))
			return zerr_as(
				e, ZERR_USAGE,
				"control characters and bytes that are not UTF-8 are not allowed");
		len += n;
	}
	return len <= max ? 0 : zerr_as(e, ZERR_USAGE, "longer than %zu bytes", max);
}

/* isalnum() goes by the locale. */
static bool alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* True when @v is not empty and made of letters, digits and @others. */
static bool made_of(const char *v, const char *others)
{
	size_t i = 0;

	while (alnum(v[i]) || (v[i] && strchr(others, v[i])))
		i++;
	return i > 0 && v[i] == '\0';
}

int check_free_name(const char *v, struct zerr *e)
{
	const int r = check_text(v, TEXT_MAX, false, e);

	if (r < 0)
		return r;
	if (!*v || strlen(v) > NAME_MAX_CHARS || strpbrk(v, " =|"))
		return zerr_as(e, ZERR_USAGE, "a name has 1 to %d bytes and no space, = or |",
			       NAME_MAX_CHARS);
	return 0;
}

int check_env_name(const char *v, struct zerr *e)
{
	return made_of(v, "_") && !isdigit((unsigned char)v[0])
		       ? 0
		       : zerr_as(e, ZERR_USAGE, "not the name of an environment variable: %.80s",
				 v);
}

int check_nic_name(const char *v, struct zerr *e)
{
	/* the last two would be taken for a part of a key: net.NIC.guard.mac */
	const bool ok = made_of(v, "_.-") && strlen(v) <= 15 && v[0] != '-' && v[0] != '.' &&
			!str_eq(v, "lo") && !str_eq(v, "all") && !str_eq(v, "default") &&
			!str_ends(v, ".guard") && !str_ends(v, ".limits");

	return ok ? 0 : zerr_as(e, ZERR_USAGE, "not a name for an interface: %.80s", v);
}

int check_block_name(const char *v, struct zerr *e)
{
	return made_of(v, "_.-") && strlen(v) <= 63 && alnum(v[0])
		       ? 0
		       : zerr_as(e, ZERR_USAGE,
				 "not a name (letters and digits, then also _ . -): %.80s", v);
}

int check_sysctl_name(const char *v, struct zerr *e)
{
	/* what each network, IPC and UTS namespace has of its own (sysctl(5), namespaces(7)) */
	static const char *const own[] = {
		"net.",	      "fs.mqueue.",	    "kernel.msg",	"kernel.sem",
		"kernel.shm", "kernel.auto_msgmni", "kernel.domainname"
	};
	bool ok = made_of(v, "_.-/:@") && alnum(v[0]) && alnum(v[strlen(v) - 1]) &&
		  strlen(v) <= NAME_MAX_CHARS;

	for (const char *p = v; ok && *p; p++)
		ok = !(strchr("./", p[0]) && p[1] && strchr("./", p[1]));
	if (!ok)
		return zerr_as(e, ZERR_USAGE, "not a kernel parameter: %.80s", v);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (str_starts(v, own[i]))
			return 0;
	return zerr_as(e, ZERR_USAGE, "a parameter of the whole host, not of a zone: %.80s", v);
}

/* The core's own files are zone's business. */
int check_cgroup_file(const char *v, struct zerr *e)
{
	const bool core = str_starts(v, "cgroup.") && !str_starts(v, "cgroup.max.");

	return made_of(v, "_.") && strchr(v, '.') && v[0] != '.' && !core
		       ? 0
		       : zerr_as(e, ZERR_USAGE,
				 "not a file of a control group that may be set: %.80s", v);
}

int check_device_name(const char *v, struct zerr *e)
{
	const size_t digits = strspn(v, "0123456789");
	const size_t more = v[digits] ? strspn(v + digits + 1, "0123456789") : 0;
	const bool numbers = digits > 0 && digits < 5 && v[digits] == ':' && more > 0 && more < 8 &&
			     !v[digits + 1 + more];

	if (numbers || (str_starts(v, "/dev/") && made_of(v, "/_.:-") && check_path(v, e) == 0))
		return 0;
	return zerr_as(e, ZERR_USAGE, "not a block device (/dev/… or MAJOR:MINOR): %.80s", v);
}

/* Below /dev, so that nothing else of the root is ever hidden by a node. */
int check_device_path(const char *v, struct zerr *e)
{
	const int r = check_path(v, e);

	if (r < 0)
		return r;
	return str_starts(v, "/dev/") && v[5]
		       ? 0
		       : zerr_as(e, ZERR_USAGE, "not a path below /dev: %.200s", v);
}

int check_access(const char *v, struct zerr *e)
{
	bool ok = *v != '\0';

	for (const char *p = v; ok && *p; p++)
		ok = strchr("rwm", *p) && !strchr(p + 1, *p);
	return ok ? 0 : zerr_as(e, ZERR_USAGE, "not made of r, w and m, each once: %.80s", v);
}

int check_mode(const char *v, struct zerr *e)
{
	const size_t len = strspn(v, "01234567");

	return len >= 3 && len <= 4 && !v[len] && (len == 3 || v[0] == '0')
		       ? 0
		       : zerr_as(e, ZERR_USAGE, "not permissions in octal (0660): %.80s", v);
}

int check_inner_id(const char *v, struct zerr *e)
{
	uint64_t id;

	return parse_u64(v, 65535, &id) == 0
		       ? 0
		       : zerr_as(e, ZERR_USAGE, "not an id from 0 to 65535: %.80s", v);
}

int check_hostname(const char *v, struct zerr *e)
{
	size_t label = 0;
	bool ok = made_of(v, ".-") && strlen(v) <= 64; /* the kernel's limit */

	for (const char *p = v; ok; p++) {
		if (*p && *p != '.') {
			ok = !(*p == '-' && label == 0) && ++label <= 63;
			continue;
		}
		ok = label > 0 && p[-1] != '-';
		label = 0;
		if (!*p)
			break;
	}
	return ok ? 0 : zerr_as(e, ZERR_USAGE, "not a host name: %.80s", v);
}

int check_word(const char *v, struct zerr *e)
{
	return made_of(v, "_.-") && alnum(v[0]) && strlen(v) <= 63
		       ? 0
		       : zerr_as(e, ZERR_USAGE,
				 "not a word of letters, digits, '.', '_' and '-': %.80s", v);
}

int check_zone_name(const char *v, struct zerr *e)
{
	return name_check_zone(v, e);
}

int check_network(const char *v, struct zerr *e)
{
	return strlen(v) <= 15 && check_word(v, e) == 0
		       ? 0
		       : zerr_as(e, ZERR_USAGE, "not the name of a network: %.80s", v);
}

int check_filled(const char *v, struct zerr *e)
{
	return *v ? 0 : zerr_as(e, ZERR_USAGE, "empty");
}

int check_positive(const char *v, struct zerr *e)
{
	return v[strspn(v, "0")] ? 0 : zerr_as(e, ZERR_USAGE, "has to be at least 1: %.80s", v);
}

int check_path(const char *v, struct zerr *e)
{
	const char *part = v;

	if (v[0] != '/' || v[1] == '\0')
		return zerr_as(e, ZERR_USAGE, "not an absolute path below /: %.80s", v);
	while (*part) {
		const size_t n = strcspn(++part, "/");

		if ((n == 1 && part[0] == '.') || (n == 2 && strncmp(part, "..", 2) == 0))
			return zerr_as(e, ZERR_USAGE, "a path may not have . or .. in it: %.80s",
				       v);
		part += n;
	}
	return 0;
}

int check_hook_name(const char *v, struct zerr *e)
{
	static const char names[] = "prestart|created|start|poststart|prestop|stop|poststop";

	return check_enum(names, v) >= 0
		       ? 0
		       : zerr_as(e, ZERR_USAGE, "not the name of a hook (%s): %.80s", names, v);
}

/* A program by its absolute path, and words. */
int check_command(const char *v, struct zerr *e)
{
	AUTO_STRV struct strv words = { 0 };

	if (strv_split(&words, v, " ") < 0)
		return zerr_code(e, ENOMEM, "command");
	return v[0] == '/' ? check_path(words.v[0], e)
			   : zerr_as(e, ZERR_USAGE, "not the absolute path of a program: %.80s", v);
}

int check_source(const char *v, struct zerr *e)
{
	if (str_eq(v, "tmpfs"))
		return 0;
	return zerr_hint(e, check_path(v, e), "a source is an absolute path or the word tmpfs");
}

int check_options(const char *v, struct zerr *e)
{
	return !*v || made_of(v, ",=_-")
		       ? 0
		       : zerr_as(e, ZERR_USAGE, "not a list of mount options: %.80s", v);
}

static int realtime_signal(const char *text)
{
	const bool up = str_starts(text, "RTMIN"), down = str_starts(text, "RTMAX");
	uint64_t n = 0;

	if (!up && !down)
		return -EINVAL;
	if (text[5] && (text[5] != (up ? '+' : '-') || parse_u64(text + 6, 30, &n) < 0))
		return -EINVAL;
	return up ? SIGRTMIN + (int)n : SIGRTMAX - (int)n;
}

int conf_signal(const char *text)
{
	uint64_t n;

	if (parse_u64(text, 64, &n) == 0)
		return n > 0 ? (int)n : -EINVAL;
	if (str_starts(text, "SIG"))
		text += 3;
	for (int sig = 1; sig < 32; sig++) {
		if (str_eq(sigabbrev_np(sig), text))
			return sig;
	}
	return realtime_signal(text);
}

int check_signal(const char *v, struct zerr *e)
{
	return conf_signal(v) > 0 ? 0
				  : zerr_hint(e, zerr_as(e, ZERR_USAGE, "not a signal: %.80s", v),
					      "signals are written TERM, SIGTERM, RTMIN+3 or 15");
}

int check_ttys(const char *v, struct zerr *e)
{
	uint64_t n;

	return parse_u64(v, 15, &n) == 0
		       ? 0
		       : zerr_as(e, ZERR_USAGE, "not a number up to 15: %.80s", v);
}

int check_cap(const char *v, struct zerr *e)
{
	static const char names[] =
		" chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap"
		" linux_immutable net_bind_service net_broadcast net_admin net_raw ipc_lock"
		" ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin sys_boot"
		" sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write"
		" audit_control setfcap mac_override mac_admin syslog wake_alarm block_suspend"
		" audit_read perfmon bpf checkpoint_restore ";
	char word[32] = " ";
	size_t n = 1;

	for (const char *p = strncasecmp(v, "CAP_", 4) == 0 ? v + 4 : v; *p && n < 30; p++)
		word[n++] = (char)tolower((unsigned char)*p);
	word[n] = ' ';
	return made_of(v, "_") && strstr(names, word)
		       ? 0
		       : zerr_as(e, ZERR_USAGE, "not a capability: %.80s", v);
}

int check_mac(const char *v, struct zerr *e)
{
	unsigned any = 0;
	bool ok = strlen(v) == 17;

	for (size_t i = 0; ok && i < 17; i++) {
		ok = i % 3 == 2 ? v[i] == ':' : isxdigit((unsigned char)v[i]) != 0;
		any |= i % 3 != 2 && v[i] != '0';
	}
	if (!ok || !any)
		return zerr_as(e, ZERR_USAGE, "not a hardware address (02:00:00:00:00:01): %.80s",
			       v);
	if (strchr("13579bdfBDF", v[1]))
		return zerr_as(e, ZERR_USAGE,
			       "the hardware address of a group, not of an interface: %s", v);
	return 0;
}

/* AF_INET, AF_INET6 or 0. */
static int address_family(const char *v)
{
	unsigned char raw[16];

	return inet_pton(AF_INET, v, raw) == 1	  ? AF_INET
	       : inet_pton(AF_INET6, v, raw) == 1 ? AF_INET6
						  : 0;
}

int check_address(const char *v, struct zerr *e)
{
	return address_family(v) ? 0 : zerr_as(e, ZERR_USAGE, "not an address: %.80s", v);
}

int check_gateway(const char *v, struct zerr *e)
{
	return str_eq(v, "none") ? 0 : check_address(v, e);
}

int check_cidr(const char *v, struct zerr *e)
{
	const char *slash = strchr(v, '/');
	char address[INET6_ADDRSTRLEN] = "";
	uint64_t bits;
	int family;

	if (!slash)
		return zerr_as(e, ZERR_USAGE,
			       "an address needs its prefix length (10.77.0.5/16): %.80s", v);
	if ((size_t)(slash - v) < sizeof(address))
		memcpy(address, v, (size_t)(slash - v));
	family = address_family(address);
	if (!family || parse_u64(slash + 1, family == AF_INET ? 32 : 128, &bits) < 0 || bits == 0)
		return zerr_as(e, ZERR_USAGE, "not an address with prefix length: %.80s", v);
	return 0;
}

int check_mtu(const char *v, struct zerr *e)
{
	uint64_t n;

	return parse_u64(v, 65535, &n) == 0 && n >= 68
		       ? 0
		       : zerr_as(e, ZERR_USAGE, "not a number of bytes from 68 to 65535: %.80s", v);
}

int check_vlan(const char *v, struct zerr *e)
{
	uint64_t n;

	return parse_u64(v, 4094, &n) == 0 && n > 0
		       ? 0
		       : zerr_as(e, ZERR_USAGE, "not a VLAN from 1 to 4094: %.80s", v);
}

int check_rate(const char *v, struct zerr *e)
{
	uint64_t n;

	return parse_rate(v, &n) == 0 && n >= 8000
		       ? 0
		       : zerr_as(e, ZERR_USAGE,
				 "not a rate of 8k bits per second or more (10M, 1Gbit): %.80s", v);
}
