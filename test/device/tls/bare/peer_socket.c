/* peer.h on the host: a TCP socket to 127.0.0.1:PORT; settings as name=value arguments. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "hardware/timer.h"
#include "peer.h"

static int settings;
static char **setting;
static int connection = -1;
static uint8_t root[8192];
static size_t root_bytes;
static uint64_t passed_us;

uint64_t time_us_64(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return passed_us + (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void peer_pass(uint32_t ms)
{
	passed_us += (uint64_t)ms * 1000;
}

const char *peer_setting(const char *name)
{
	size_t length = strlen(name);

	for (int i = 1; i < settings; i++) {
		if (strncmp(setting[i], name, length) == 0 && setting[i][length] == '=')
			return setting[i] + length + 1;
	}
	return NULL;
}

void peer_start(int argc, char **argv)
{
	FILE *file;

	settings = argc;
	setting = argv;
	file = peer_setting("root") ? fopen(peer_setting("root"), "rb") : NULL;
	if (file) {
		root_bytes = fread(root, 1, sizeof root, file);
		fclose(file);
	}
}

const uint8_t *peer_root(size_t *length_bytes)
{
	*length_bytes = root_bytes;
	return root_bytes ? root : NULL;
}

const uint8_t *peer_file(const char *name, size_t *length_bytes)
{
	const char *path = peer_setting(name);
	FILE *file = path ? fopen(path, "rb") : NULL;
	uint8_t *bytes = NULL;

	*length_bytes = 0;
	if (!file)
		return NULL;
	bytes = malloc(65536);
	*length_bytes = fread(bytes, 1, 65536, file);
	fclose(file);
	return bytes;
}

/* What the other side has sent and nobody read would make close() a reset, in which our last bytes are lost. */
static void hang_up(void)
{
	struct pollfd wait = {.fd = connection, .events = POLLIN};
	uint8_t rest[4096];

	if (connection < 0)
		return;
	shutdown(connection, SHUT_WR);
	while (poll(&wait, 1, 300) > 0 && recv(connection, rest, sizeof rest, MSG_DONTWAIT) > 0)
		;
	close(connection);
}

bool peer_connect(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(peer_setting("port")))};

	inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
	hang_up();
	connection = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	return connect(connection, (struct sockaddr *)&to, sizeof to) == 0;
}

int peer_receive(uint8_t *to, size_t room)
{
	struct pollfd wait = {.fd = connection, .events = POLLIN};
	ssize_t count;

	if (poll(&wait, 1, 1) == 0)
		return 0;
	count = recv(connection, to, room, MSG_DONTWAIT);
	if (count > 0)
		return (int)count;
	if (count == 0)
		return -1;
	return errno == EAGAIN ? 0 : -2;
}

void peer_send(const uint8_t *from, size_t length_bytes)
{
	while (length_bytes > 0) {
		ssize_t count = send(connection, from, length_bytes, MSG_NOSIGNAL);
		if (count <= 0)
			return;
		from += count;
		length_bytes -= (size_t)count;
	}
}

void peer_finish(void)
{
	shutdown(connection, SHUT_WR);
}

void peer_print(const char *text)
{
	fputs(text, stdout);
	fflush(stdout);
}

uint32_t peer_cycles(void)
{
	return (uint32_t)time_us_64();
}

uint32_t peer_stack_peak(void)
{
	return 0;
}

void peer_exit(int status)
{
	hang_up();
	exit(status);
}
