/* The yardstick of performance.md: a blocking UDP echo, one recvfrom and one sendto per datagram. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void) {
    char octets[4096];
    struct sockaddr_in own = {.sin_family = AF_INET}, peer;
    socklen_t size = sizeof own;
    int port = socket(AF_INET, SOCK_DGRAM, 0);
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (port < 0 || bind(port, (struct sockaddr *)&own, sizeof own) || getsockname(port, (struct sockaddr *)&own, &size))
        return 1;
    printf("ready udp 127.0.0.1:%d\n", ntohs(own.sin_port));
    fflush(stdout);
    for (;;) {
        socklen_t length = sizeof peer;
        ssize_t count = recvfrom(port, octets, sizeof octets, 0, (struct sockaddr *)&peer, &length);
        if (count >= 0)
            sendto(port, octets, count, 0, (struct sockaddr *)&peer, length);
    }
}
