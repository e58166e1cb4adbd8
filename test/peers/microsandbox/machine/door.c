/*
 * door PORT: the only way into the outer machine. Each TCP connection begins with one line:
 *   U PATH      the connection becomes one to the Unix socket at PATH
 *   X COMMAND   the command is run by the shell; its output comes back, then the end
 *   T NANOS     the clock is set to that many nanoseconds since the Unix epoch, and /run/clock says that it was
 * Nothing is checked: QEMU forwards the port from the loopback of the machine that runs the tests, and from nowhere else.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int send_all(int fd, const char *bytes, ssize_t count) {
    for (ssize_t sent; count > 0; bytes += sent, count -= sent)
        if ((sent = write(fd, bytes, (size_t)count)) <= 0) return -1;
    return 0;
}

/* Carries bytes both ways until either side has said all it had to say and the other has closed. */
static void join_streams(int left, int right) {
    struct pollfd ends[2] = {{.fd = left, .events = POLLIN}, {.fd = right, .events = POLLIN}};
    char bytes[65536];
    for (int talking = 2; talking > 0 && poll(ends, 2, -1) > 0;)
        for (int side = 0; side < 2; side++) {
            if (ends[side].fd < 0 || ends[side].revents == 0) continue;
            int other = side == 0 ? right : left;
            ssize_t count = read(ends[side].fd, bytes, sizeof bytes);
            if (count > 0) {
                if (send_all(other, bytes, count) != 0) return;
                continue;
            }
            shutdown(other, SHUT_WR);
            ends[side].fd = -1;
            talking--;
        }
}

static void set_clock(long long nanos) {
    struct timespec now = {.tv_sec = nanos / 1000000000, .tv_nsec = nanos % 1000000000};
    if (clock_settime(CLOCK_REALTIME, &now) == 0) close(open("/run/clock", O_CREAT | O_WRONLY, 0600));
}

static void serve(int client) {
    char line[8192];
    size_t length = 0;
    while (length < sizeof line - 1 && read(client, line + length, 1) == 1 && line[length] != '\n') length++;
    line[length] = 0;
    if (length < 3 || line[1] != ' ') return;
    if (line[0] == 'X') {
        dup2(client, 1);
        dup2(client, 2);
        close(client);
        execl("/bin/sh", "sh", "-c", line + 2, (char *)0);
        return;
    }
    if (line[0] == 'T') {
        set_clock(atoll(line + 2));
        return;
    }
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, line + 2, sizeof address.sun_path - 1);
    int inner = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(inner, (struct sockaddr *)&address, sizeof address) == 0) join_streams(client, inner);
}

int main(int argc, char **argv) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[argc - 1]))};
    int on = 1, door = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(door, (struct sockaddr *)&address, sizeof address) != 0 || listen(door, 128) != 0) return 1;
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        int client = accept(door, 0, 0);
        if (client < 0) continue;
        if (fork() == 0) {
            /* A command may wait for its own children, and daemons must not inherit the door. */
            signal(SIGCHLD, SIG_DFL);
            close(door);
            setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            serve(client);
            _exit(0);
        }
        close(client);
    }
}
