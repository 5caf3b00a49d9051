/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Templates that fill a directory: busybox, scripts with LXC's contract, and what they all refuse.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/run.h"
#include "help.h"
#include "templates/template.h"

struct bed {
	int top, root;
	char *path; /* of root */
	char printed[4096];
};

static void bed_make(struct bed *b)
{
	struct zerr e = { 0 };
	char link[32];

	memset(b, 0, sizeof(*b));
	b->top = test_dir_make();
	b->root = fs_subdir(b->top, "rootfs", 0755, &e);
	b->path = realpath(fs_fd_path(b->root, link), NULL);
	assert_non_null(b->path);
}

static void bed_done(struct bed *b)
{
	own_close(b->root);
	free(b->path);
	test_dir_remove(b->top);
}

static void print(void *arg, const char *line)
{
	struct bed *b = arg;
	const size_t n = strlen(b->printed);

	(void)snprintf(b->printed + n, sizeof(b->printed) - n, "%s\n", line);
}

static int make(struct bed *b, const char *word, char *const *argv, struct template_result *ret,
		struct zerr *e)
{
	const struct template_ops *t;
	struct template_args a = {
		.zone = "web-1",
		.word = word,
		.argv = (char **)argv,
		.print = print,
		.print_arg = b,
	};
	int r;

	memset(e, 0, sizeof(*e));
	while (argv && argv[a.argc])
		a.argc++;
	t = template_find(word, e);
	if (!t)
		return -EINVAL;
	r = t->prepare(&a, ret, e);
	return r < 0 || ret->done || !t->build ? r : t->build(&a, b->root, b->path, ret, e);
}

static const char *config(const struct template_result *r, const char *key)
{
	for (size_t i = 0; i + 1 < r->config.n; i += 2)
		if (str_eq(r->config.v[i], key))
			return r->config.v[i + 1];
	return NULL;
}

static bool ignored(const struct template_result *r, const char *key)
{
	unsigned n = 0;

	for (size_t i = 0; i < r->ignored.n; i++)
		n += str_starts(r->ignored.v[i], key);
	return n == 1;
}

/* The new root's own shell, inside it. */
static int shell(void *arg)
{
	(void)execl("/bin/sh", "sh", "-c", (const char *)arg, NULL);
	return 99;
}

static void busybox_has_a_system(void **state)
{
	struct template_result r = { 0 };
	AUTO_CLOSE int etc = -1;
	struct bed b;
	struct stat st;
	struct zerr e;

	(void)state;
	bed_make(&b);
	if (make(&b, "busybox", NULL, &r, &e) < 0) {
		bed_done(&b);
		if (e.status == ZERR_HOST)
			skip();
		fail_msg("%s", e.msg);
	}
	etc = openat(b.root, "etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_string_equal(config(&r, "arch"), image_host_arch());
	assert_string_equal(config(&r, "stop.signal"), "SIGUSR2");
	assert_true(test_is(etc, "hostname", "web-1\n"));
	assert_true(test_exists(b.root, "sbin/init") && test_exists(b.root, "etc/inittab"));
	assert_int_equal(fstatat(b.root, "tmp", &st, 0), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 01777);
	assert_int_equal(fstatat(b.root, "etc/init.d/rcS", &st, 0), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0755);
	assert_int_equal(test_run_in(-1, open_tree(b.root, "", OPEN_TREE_CLONE | AT_EMPTY_PATH),
				     shell,
				     (char *)"ls / >/tmp/out && grep -q etc /tmp/out && id -u root "
					     "| grep -qx 0"),
			 0);
	template_result_done(&r);
	bed_done(&b);
}

static void script(const struct bed *b, const char *name, const char *text)
{
	assert_int_equal(test_put(b->top, name, text, 0755), 0);
}

static char *script_path(const struct bed *b, const char *name)
{
	return str_fmt("%.*s/%s", (int)(strlen(b->path) - strlen("/rootfs")), b->path, name);
}

static void script_contract(void **state)
{
	AUTO_FREE char *path = NULL;
	struct template_result r = { 0 };
	struct bed b;
	struct zerr e;

	(void)state;
	bed_make(&b);
	script(&b, "lxc-test",
	       "#!/bin/sh\nset -e\n"
	       "for a; do case $a in --name=*) n=${a#*=};; --path=*) p=${a#*=};; --rootfs=*) "
	       "r=${a#*=};;\n"
	       "  *) last=$a;; esac; done\n"
	       "[ \"$n\" = web-1 ] && [ \"$last\" = 'two words' ] && [ \"$r\" = \"$p/rootfs\" ]\n"
	       "grep -q \"^lxc.rootfs.path = dir:$r$\" $p/config\n"
	       "echo filled > $r/file\n"
	       "cat >> $p/config <<E\n"
	       "# a comment\n"
	       "lxc.include = /usr/share/lxc/config/common.conf\n"
	       "lxc.signal.halt = SIGUSR1\nlxc.signal.reboot=SIGTERM\nlxc.signal.stop = SIGKILL\n"
	       "lxc.uts.name = \"name-of-it\"\nlxc.tty.max = 4\nlxc.arch = x86_64\n"
	       "lxc.environment = A=b c=d\n"
	       "lxc.cap.drop = sys_module mac_admin\nlxc.cap.drop = sys_time\n"
	       "lxc.mount.entry = /srv/data srv/data none bind,ro,create=dir,optional,nosuid 0 0\n"
	       "lxc.mount.entry = tmpfs var/tmp tmpfs defaults,nodev 0 0\n"
	       "lxc.mount.entry = proc proc proc defaults 0 0\n"
	       "lxc.mount.entry = /dev/sda mnt ext4 defaults 0 0\n"
	       "lxc.hook.start = /bin/evil\nlxc.hook.start = /bin/evil\n"
	       "lxc.apparmor.profile = unconfined\n"
	       "E\n");
	path = script_path(&b, "lxc-test");
	if (make(&b, path, (char *[]){ (char *)"two words", NULL }, &r, &e) < 0)
		fail_msg("%s", e.msg);
	assert_true(test_is(b.root, "file", "filled\n"));
	assert_false(test_exists(b.top, "config"));
	assert_string_equal(config(&r, "stop.signal"), "SIGUSR1");
	assert_string_equal(config(&r, "reboot.signal"), "SIGTERM");
	assert_string_equal(config(&r, "hostname"), "name-of-it");
	assert_string_equal(config(&r, "console.ttys"), "4");
	assert_string_equal(config(&r, "arch"), "amd64");
	assert_string_equal(config(&r, "init.env.A"), "b c=d");
	assert_string_equal(config(&r, "security.caps_drop"), "sys_module,mac_admin,sys_time");
	assert_string_equal(config(&r, "mount.lxc0.source"), "/srv/data");
	assert_string_equal(config(&r, "mount.lxc0.target"), "/srv/data");
	assert_string_equal(config(&r, "mount.lxc0.readonly"), "true");
	assert_string_equal(config(&r, "mount.lxc0.optional"), "true");
	assert_string_equal(config(&r, "mount.lxc0.options"), "nosuid");
	assert_string_equal(config(&r, "mount.lxc1.source"), "tmpfs");
	assert_string_equal(config(&r, "mount.lxc1.options"), "nodev");
	assert_null(config(&r, "mount.lxc2.source"));
	assert_int_equal(r.ignored.n, 5);
	assert_true(ignored(&r, "lxc.include") && ignored(&r, "lxc.hook.start") &&
		    ignored(&r, "lxc.apparmor.profile") && ignored(&r, "lxc.mount.entry = proc") &&
		    ignored(&r, "lxc.mount.entry = /dev/sda"));
	template_result_done(&r);
	bed_done(&b);
}

static void script_that_fails(void **state)
{
	AUTO_FREE char *path = NULL;
	AUTO_FREE char *plain = NULL;
	struct template_result r = { 0 };
	struct bed b;
	struct zerr e;

	(void)state;
	bed_make(&b);
	script(&b, "bad", "#!/bin/sh\necho 'the mirror is gone' >&2\nexit 3\n");
	path = script_path(&b, "bad");
	assert_true(make(&b, path, NULL, &r, &e) < 0);
	assert_int_equal(e.status, ZERR_FAILED);
	assert_non_null(strstr(e.msg, "the mirror is gone"));
	assert_false(test_exists(b.top, "config"));
	assert_int_equal(test_put(b.top, "plain", "x", 0644), 0);
	plain = script_path(&b, "plain");
	assert_true(make(&b, plain, NULL, &r, &e) < 0);
	assert_int_equal(e.status, ZERR_USAGE);
	template_result_done(&r);
	bed_done(&b);
}

/* The template of Debian's package, unchanged. Skipped without network. */
static void debians_busybox(void **state)
{
	AUTO_FREE char *dir = NULL;
	AUTO_FREE char *path = NULL;
	struct template_result r = { 0 };
	struct bed b;
	struct zerr e = { 0 };
	const char *const get[] = {
		"/bin/sh", "-c",
		"cd \"$0\" && { apt-get download liblxc-common || apt-get download lxc; } &&"
		" for d in *.deb; do dpkg -x $d x; done; test -x "
		"x/usr/share/lxc/templates/lxc-busybox",
		NULL, NULL
	};
	const char *argv[5];

	(void)state;
	bed_make(&b);
	dir = script_path(&b, "");
	memcpy(argv, get, sizeof(argv));
	argv[3] = dir;
	if (run_program(&(struct run_args){ .argv = argv, .timeout_ms = 30000 }, NULL, &e) < 0) {
		bed_done(&b);
		skip();
	}
	path = script_path(&b, "x/usr/share/lxc/templates/lxc-busybox");
	if (make(&b, path, NULL, &r, &e) < 0)
		fail_msg("%s", e.msg);
	assert_true(test_exists(b.root, "bin/busybox") && test_exists(b.root, "sbin/init"));
	assert_string_equal(config(&r, "stop.signal"), "SIGUSR1");
	assert_string_equal(config(&r, "hostname"), "web-1");
	assert_string_equal(config(&r, "console.ttys"), "5");
	assert_non_null(config(&r, "security.caps_drop"));
	assert_string_equal(config(&r, "mount.lxc0.target"), "/lib");
	assert_true(ignored(&r, "lxc.autodev"));
	template_result_done(&r);
	bed_done(&b);
}

static void usage(struct bed *b, const char *word, char *const *argv, const char *says)
{
	struct template_result r = { 0 };
	struct zerr e;

	if (make(b, word, argv, &r, &e) >= 0 || e.status != ZERR_USAGE || !strstr(e.msg, says))
		fail_msg("%s: wanted %s, got %s (%d)", word, says, e.msg, e.status);
	template_result_done(&r);
}

#define ARGV(...) ((char *[]){ __VA_ARGS__, NULL })

static void refuses_bad_arguments(void **state)
{
	struct template_result r = { 0 };
	struct bed b;
	struct zerr e;

	(void)state;
	bed_make(&b);
	usage(&b, "dwonload", NULL, "busybox");
	assert_null(template_find("busibox", &e));
	assert_string_equal(e.hint, "did you mean busybox?");
	usage(&b, "/nonexistent/script", NULL, "No such file");
	usage(&b, "none", ARGV((char *)"operand"), "operand");
	usage(&b, "busybox", ARGV((char *)"--nosuch"), "nosuch");
	usage(&b, "local", NULL, "not named");
	usage(&b, "oci", NULL, "not named");
	usage(&b, "download", NULL, "not named");
	usage(&b, "download", ARGV((char *)"-d", (char *)"../x", (char *)"-r", (char *)"1"),
	      "image");
	usage(&b, "debootstrap", NULL, "not named");
	usage(&b, "debootstrap", ARGV((char *)"-r", (char *)"a b"), "not possible");
	usage(&b, "debootstrap", ARGV((char *)"-r", (char *)"--option"), "");
	usage(&b, "debootstrap",
	      ARGV((char *)"-r", (char *)"sid", (char *)"--mirror", (char *)"file:///; rm"),
	      "not possible");
	usage(&b, "debootstrap",
	      ARGV((char *)"-r", (char *)"sid", (char *)"--include", (char *)"a b"),
	      "not possible");
	assert_int_equal(make(&b, "none", NULL, &r, &e), 0);
	assert_int_equal(r.config.n, 0);
	assert_int_equal(make(&b, "download", ARGV((char *)"--help"), &r, &e), 0);
	assert_true(r.done);
	assert_non_null(strstr(b.printed, "--require-signature"));
	template_result_done(&r);
	bed_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(busybox_has_a_system),	 cmocka_unit_test(script_contract),
		cmocka_unit_test(script_that_fails),	 cmocka_unit_test(debians_busybox),
		cmocka_unit_test(refuses_bad_arguments),
	};

	test_need_root();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
